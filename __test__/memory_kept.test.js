'use strict';

// Who taps a socket, or brings a stream of his own, may keep what passes through it: that stays as it was, and holds
// nothing of other connections. Who transfers it takes nothing away from anybody.

const assert = require('node:assert');
const net = require('node:net');
const { describe, test } = require('node:test');
const tls = require('node:tls');

const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { tryTransfer, ways } = require('../testing/peers/transfers');
const { binary, readFrame, text } = require('../testing/wire');

/** Small and large for the slab and for memory of their own, in bytes. */
const SIZES = [5, 100, 2000, 15000, 20000, 70000, 300000];

/** What was kept of writes, with a copy of what it was then. */
class Tape {
  constructor() {
    this.kept = [];
  }

  keep(chunk) {
    if (Buffer.isBuffer(chunk)) this.kept.push({ chunk, then: Buffer.from(chunk) });
  }

  /** Checks that nothing was written over, and that nothing of `others` is in reach. */
  check(others) {
    for (const { chunk, then } of this.kept) {
      assert.deepStrictEqual(chunk, then);
      assert.ok(!Buffer.from(chunk.buffer).includes(others), 'holds bytes of another connection');
    }
  }
}

/** Keeps the chunks that `name` gets, in front of what it is in `target`; a function that ends that. */
function tap(target, name, keep) {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const original = target[name];
  target[name] = function (...args) {
    for (const chunk of chunksOf(args)) keep(chunk, this);
    return original.apply(this, args);
  };
  return () => (own ? Object.defineProperty(target, name, own) : delete target[name]);
}

/** The chunks among the arguments of a method of a socket's or a handle's. */
function* chunksOf(args) {
  for (const arg of args.flat()) {
    if (Buffer.isBuffer(arg)) yield arg;
    else if (arg && Buffer.isBuffer(arg.chunk)) yield arg.chunk;
  }
}

/** A function that keeps what `name` of `target` gets, if the socket is the one. */
const wrapping = (name, target) => (socket, keep) => {
  const end = tap(target || socket, name, (chunk, self) => (!target || self === socket) && keep(chunk));
  return target ? end : () => {};
};

/** A function that makes a socket one of a subclass whose instances keep what is written to them. */
function subclassing(socket, keep) {
  class Tapped extends (socket.encrypted ? tls.TLSSocket : net.Socket) {
    write(chunk, encoding, callback) {
      keep(chunk);
      return super.write(chunk, encoding, callback);
    }
  }
  delete socket.write;
  Object.setPrototypeOf(socket, Tapped.prototype);
  return () => {};
}

/** The ways in which somebody sees what is written to a socket. Each returns a function that ends it. */
const TAPS = {
  'wraps write': wrapping('write'),
  'wraps _write and _writev': (socket, keep) =>
    [wrapping('_write'), wrapping('_writev')].map((f) => f(socket, keep))[0],
  'wraps _writeGeneric': wrapping('_writeGeneric'),
  'wraps writeBuffer of the handle': (socket, keep) => wrapping('writeBuffer')(socket._handle, keep),
  'wraps write of all sockets': wrapping('write', net.Socket.prototype),
  'wraps _writeGeneric of all sockets': wrapping('_writeGeneric', net.Socket.prototype),
  'makes it one of a subclass': subclassing
};

const WORDS = ['mine ', 'theirs '];

/** Has two servers send by turns, and several messages in one turn; checks that each peer gets its own. */
async function converse(servers, clients) {
  const expected = WORDS.map(() => []);
  const send = (i, data) => {
    servers[i].send(data);
    expected[i].push(`${typeof data === 'string' ? 1 : 2}:${data}`);
  };
  for (const size of SIZES) {
    WORDS.forEach((word, i) => send(i, word.repeat(Math.ceil(size / word.length))));
    await new Promise((resolve) => setImmediate(resolve));
    for (let k = 0; k < 3; k++) WORDS.forEach((word, i) => send(i, Buffer.alloc(size, word)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const received = await Promise.all(clients.map((client, i) => client.frames(expected[i].length)));
  received.forEach((list, i) => assert.ok(list.every((frame, k) => frame === expected[i][k])));
}

/** Two connections, of which the first is tapped; what was kept of it. */
async function tapped(t, install, when, settings) {
  const tape = new Tape();
  const servers = [];
  const { port } = await serve(t, undefined, {
    secure: settings.secure,
    upgrade(request, socket, head) {
      const tapping = servers.length === 0;
      if (tapping && when === 'before') t.after(install(socket, (chunk) => tape.keep(chunk)));
      servers.push(new WebSocket(request, socket, head, null, settings.options));
    }
  });
  const clients = [];
  for (let i = 0; i < WORDS.length; i++) clients.push(await connect(t, port, settings));
  if (when === 'later') {
    for (const ws of servers) ws.send('warm');
    for (const client of clients) await client.frames(1);
    t.after(install(servers[0]._stream, (chunk) => tape.keep(chunk)));
  }
  await converse(servers, clients);
  tape.check(WORDS[1]);
  if (servers[0].transport === 'stream' && when === 'before') assert.ok(tape.kept.length > 0);
}

for (const transport of ['stream', 'direct']) {
  for (const secure of transport === 'stream' ? [false, true] : [false]) {
    describe(`over the ${transport} transport${secure ? ' and TLS' : ''}`, () => {
      for (const [name, install] of Object.entries(TAPS)) {
        for (const when of ['before', 'later']) {
          test(`what is kept by who ${name} (${when}) stays as it was`, async (t) => {
            await tapped(t, install, when, { secure, options: { transport } });
          });
        }
      }
    });
  }
}

describe('streams of an owner', () => {
  /** A connection over a stream of its own, which is open. */
  async function open() {
    const stream = new MemorySocket();
    const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
    await new Promise((resolve) => ws.on('open', resolve));
    return { stream, ws };
  }

  test('get memory that nobody writes to later, and that holds nothing of others', async () => {
    const tape = new Tape();
    const ends = [await open(), await open()];
    ends[0].stream.onWrite = (chunk) => tape.keep(chunk);
    for (const size of SIZES) {
      for (let k = 0; k < 3; k++) ends.forEach(({ ws }, i) => ws.send(Buffer.alloc(size, WORDS[i])));
      ends.forEach(({ ws }, i) => ws.send(WORDS[i].repeat(size / 5)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    tape.check(WORDS[1]);
    assert.ok(tape.kept.length > SIZES.length);
  });

  for (const way of ways) {
    test(`may transfer what they are given by ${way}, and every frame arrives`, async (t) => {
      const pieces = [];
      const { stream, ws } = await open();
      stream.onWrite = (chunk) => {
        pieces.push(Buffer.from(chunk));
        assert.ok(tryTransfer(way, chunk));
      };
      const { port, next } = await serve(t);
      const client = await connect(t, port);
      const bystander = await next();

      const expected = [];
      for (const size of SIZES) {
        for (let k = 0; k < 3; k++) {
          ws.send('a'.repeat(size));
          ws.send(Buffer.alloc(size, 'b'));
          bystander.send(`untouched ${size}`);
          expected.push(`1:${'a'.repeat(size)}`, `2:${'b'.repeat(size)}`);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      const frames = [];
      let rest = Buffer.concat(pieces);
      for (let frame = readFrame(rest); frame; frame = readFrame(rest)) {
        frames.push(`${frame.opcode}:${frame.payload}`);
        rest = rest.subarray(frame.size);
      }
      assert.ok(frames.length === expected.length && frames.every((frame, i) => frame === expected[i]));
      const untouched = await client.frames(expected.length / 2);
      assert.ok(untouched.every((frame) => frame.startsWith('1:untouched ')));
    });
  }
});

/** The ways in which somebody sees what is read from a socket, as above. */
const READERS = {
  'wraps push': wrapping('push'),
  'wraps emit': wrapping('emit'),
  'wraps emit of all sockets': wrapping('emit', net.Socket.prototype),
  'wraps push of all sockets': wrapping('push', net.Socket.prototype),
  'listens, too': (socket, keep) => void socket.on('data', keep),
  'listens once, before': (socket, keep) => void socket.once('data', keep),
  'takes his listener off': (socket, keep) => {
    let count = 0;
    socket.on('data', function listener(chunk) {
      keep(chunk);
      if (++count === 2) socket.removeListener('data', listener);
    });
  },
  'puts bytes back': (socket, keep) => {
    const bytes = [text('put back'), text('again')];
    for (const one of bytes.reverse()) {
      keep(one);
      socket.unshift(one);
    }
  }
};

for (const transport of ['stream', 'direct']) {
  for (const secure of transport === 'stream' ? [false, true] : [false]) {
    describe(`reading over the ${transport} transport${secure ? ' and TLS' : ''}`, () => {
      for (const [name, install] of Object.entries(READERS)) {
        test(`what is kept by who ${name} stays as it was`, async (t) => {
          const tape = new Tape();
          const received = [];
          const { port } = await serve(t, undefined, {
            secure,
            upgrade(request, socket, head) {
              const end = install(socket, (chunk) => tape.keep(chunk));
              if (end) t.after(end);
              const ws = new WebSocket(request, socket, head, null, { transport });
              ws.on('message', ({ data }) => received.push(String(data)));
            }
          });
          const client = await connect(t, port, { secure });
          const sent = name === 'puts bytes back' ? ['put back', 'again'] : [];
          for (const size of SIZES) {
            sent.push('x'.repeat(size), 'y'.repeat(size));
            client.send(text('x'.repeat(size)), binary('y'.repeat(size)));
            while (received.length < sent.length) await new Promise((resolve) => setImmediate(resolve));
          }
          assert.ok(received.every((data, i) => data === sent[i]));
          if (transport === 'stream') assert.ok(tape.kept.length > 0);
          tape.check('nothing of others');
        });
      }
    });
  }
}
