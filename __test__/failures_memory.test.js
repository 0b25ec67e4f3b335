'use strict';

// Memory that is refused, from a size up: a message for which there is none ends its connection with 1011, or comes all
// the same; one that cannot be sent is an error of its caller's or ends its connection; the process goes on.

const assert = require('node:assert');
const { execFileSync, fork, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { flood, repeated } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { RawClient, connect, dial, request } = require('../testing/peers/raw_client');
const { random } = require('../testing/peers/random');
const { startSubject } = require('../testing/peers/subject');
const { binary, frame, text } = require('../testing/wire');

const built = failing();
const skip = built && built.folder ? false : 'there is no binary whose memory can be refused';

const SIZE = 3 << 20;
const REFUSED = [16 << 10, 64 << 10, 256 << 10, 1 << 20];
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const BOTH = ['Sec-WebSocket-Extensions: permessage-deflate, x-idle'];

/** Bytes that compress to about three quarters: letters of 64. */
const roll = random(5);
const LETTERS = Buffer.from(Array.from({ length: SIZE }, () => 48 + roll(64)));

/** What one read brings. */
const SOME = LETTERS.subarray(0, 20_000);

const compressed = (bytes, opcode = 2) =>
  frame({
    opcode,
    rsv: 4,
    payload: deflateRawSync(bytes, { finishFlush: 2, level: 1 }).subarray(0, -4)
  });

/** Messages of a peer: the path, the headers, the bytes, and how long the message is for the application. */
const INCOMING = {
  'a binary frame': ['/', [], binary(LETTERS), SIZE],
  'a text of ASCII': ['/', [], text(LETTERS), SIZE],
  'a text of others': ['/', [], text('é水'.repeat(500_000)), 1_000_000],
  'a text of Latin-1': ['/', [], text('é'.repeat(500_000)), 500_000],
  fragments: [
    '/',
    [],
    Buffer.concat([binary(LETTERS, { fin: false }), frame({ opcode: 0, payload: 'x' })]),
    SIZE + 1
  ],
  'a bomb in one chunk': ['/deflate', OFFER, compressed(Buffer.alloc(SIZE)), SIZE],
  'a compressed message': ['/deflate', OFFER, compressed(LETTERS), SIZE],
  'a compressed text': ['/deflate', OFFER, compressed('é水'.repeat(500_000), 1), 1_000_000],
  'a message for a plugin': ['/plugin', BOTH, compressed(LETTERS), SIZE],
  'a binary frame within a chunk': ['/', [], binary(SOME), SOME.length],
  'a text within a chunk': ['/', [], text('é水'.repeat(4000)), 8000],
  'a compressed message within a chunk': ['/deflate', OFFER, compressed(SOME), SOME.length],
  'a message within a chunk for a plugin': ['/plugin', BOTH, compressed(SOME), SOME.length]
};

for (const transport of ['direct', 'stream']) {
  describe(`without memory (${transport} transport)`, { skip }, () => {
    let child, port, answer;
    /** What the child has told since it was last asked, and who waits for more. */
    let told = [];
    let wake = () => {};

    before(async () => {
      const file = path.join(__dirname, 'failures/short_of_memory.js');
      child = fork(file, [built.folder, transport], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      [{ port }] = await once(child, 'message');
      child.on('message', (message) => {
        if (message.event) told.push(message);
        else answer = message;
        wake();
      });
      child.on('exit', () => wake());
    });
    after(() => child.kill());

    /** Waits until `find` has found something. */
    async function until(find) {
      for (;;) {
        const found = find();
        if (found) return found;
        assert.ok(child.exitCode === null && child.signalCode === null, 'the process has ended');
        await new Promise((resolve) => (wake = resolve));
      }
    }

    /** Asks the child for something; its answer. */
    function ask(question) {
      told = [];
      answer = null;
      child.send(question);
      return until(() => answer);
    }

    /** What the child tells first of an event. */
    const toldOf = (...events) => until(() => told.find(({ event }) => events.includes(event)));

    async function enter(t, url, headers) {
      const socket = net.connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      const client = new RawClient(socket);
      client.send(Buffer.from(String(request(headers)).replace('GET / ', `GET ${url} `)));
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);
      return client;
    }

    /** Whether the process still serves another connection. */
    async function serves(bystander) {
      bystander.send(text('still here'));
      assert.deepStrictEqual(await bystander.frames(1), ['1:still here']);
    }

    for (const [what, [url, headers, bytes, length]] of Object.entries(INCOMING)) {
      test(`${what} ends its connection with 1011, or comes all the same`, async (t) => {
        let ended = 0;
        for (const refuse of REFUSED) {
          const bystander = await enter(t, '/bystander', []);
          const client = await enter(t, url, headers);
          const { refusals } = await ask({ refuse });
          client.send(bytes);
          const first = await toldOf('message', 'error');
          if (first.event === 'message') {
            assert.strictEqual(first.length, length);
          } else {
            // The library that inflates panics when it cannot be set up, which is a fault like any other.
            assert.match(first.message, /Out of memory|Internal error/);
            assert.strictEqual((await toldOf('close')).code, 1011);
            ended += 1;
          }
          const { refusals: now } = await ask({ refuse: 0 });
          assert.ok(first.event === 'message' || now > refusals);
          client.socket.destroy();
          await serves(bystander);
          bystander.socket.destroy();
        }
        t.diagnostic(`${ended} of ${REFUSED.length} ended`);
      });
    }

    for (const [what, opcode, part] of [
      ['bytes', 2, Buffer.alloc(1 << 20, 'x')],
      ['a text', 1, Buffer.from('水'.repeat(1 << 18))]
    ]) {
      test(`${what} of nearly maxLength, for whose last part there is no memory, end with 1011`, async (t) => {
        const bystander = await enter(t, '/bystander', []);
        const client = await enter(t, '/', []);
        await ask({ refuse: 40 << 20 });
        const count = Math.floor(((1 << 26) - 1) / part.length);
        client.send(frame({ opcode, length: part.length * count, mask: Buffer.alloc(4) }));
        for (let i = 0; i < count && !client.socket.destroyed; i++) client.send(part);
        const first = await toldOf('message', 'error');
        if (first.event === 'error') {
          assert.match(first.message, /Out of memory/);
          assert.strictEqual((await toldOf('close')).code, 1011);
        }
        await ask({ refuse: 0 });
        await serves(bystander);
      });
    }

    test('a message of a draft ends its connection', async (t) => {
      const bystander = await enter(t, '/bystander', []);
      const client = await dial(t, port);
      client.send(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: b\r\n\r\n'
      );
      await client.head();
      await ask({ refuse: REFUSED[2] });
      client.send(Buffer.from([0]), LETTERS, Buffer.from([0xff]));
      assert.strictEqual((await toldOf('message', 'close')).event, 'close');
      await ask({ refuse: 0 });
      await serves(bystander);
    });

    const OUTCOMES = [true, false, 'ERR_MEMORY_ALLOCATION_FAILED', 'Array buffer allocation failed'];

    for (const kind of ['binary', 'ascii', 'unicode']) {
      for (const [url, headers] of Object.entries({ '/': [], '/deflate': OFFER, '/plugin': BOTH })) {
        for (const reads of [true, false]) {
          const peer = reads ? 'a peer that reads' : 'one that does not';
          test(`${kind} that is sent to ${peer} is an error or the end of its connection (${url})`, async (t) => {
            for (const refuse of REFUSED) {
              const bystander = await enter(t, '/bystander', []);
              const client = await enter(t, url, headers);
              if (reads) client.drop();
              else client.socket.pause();
              const { outcome } = await ask({ refuse, send: kind, size: SIZE });
              assert.ok(OUTCOMES.includes(outcome), outcome);
              await serves(bystander);
              await ask({ refuse: 0 });
              await serves(bystander);
              client.socket.destroy();
              bystander.socket.destroy();
            }
          });
        }
      }
    }
  });
}

/** Why the system's own limit cannot be tried here, or false. */
const unlimited =
  WebSocket.engine !== 'native'
    ? 'there is no direct transport'
    : process.platform !== 'linux'
      ? 'only Linux has prlimit'
      : spawnSync('prlimit', ['--version']).error
        ? 'there is no prlimit'
        : false;

/** What messages take that do not end: a power of two that 60 MB fit into, and how many of them there is room for. */
const TAKEN = 64 << 20;
const HELD = 6;
/** What is left beside them, which the next one cannot have, and V8 needs none of it to go on. */
const LEFT = 60 << 20;
const PART = Buffer.alloc(1 << 20);

// In the stream transport it is Node that reads, and V8 may find no memory for itself.
test(
  'a process at its limit of memory ends connections and not itself',
  {
    skip: unlimited
  },
  async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws) => (ws.onmessage = () => ws.send('here')),
      // Each thread that allocates would take 64 MB of addresses at a time that nobody knows.
      env: { FAYE_WEBSOCKET_TRANSPORT: 'direct', MALLOC_ARENA_MAX: '1' }
    });
    const steady = await connect(t, subject.port);
    steady.send(text('a'));
    await steady.frames(1);
    const { pid } = subject.child;
    const [, size] = /VmSize:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    const limit = Number(size) * 1024 + HELD * TAKEN + LEFT;
    execFileSync('prlimit', ['--pid', String(pid), `--as=${limit}:${limit}`]);
    // Twice as much as there is, one after the other: a ping among the fragments is answered when all of them have been read.
    const ends = [];
    for (let i = 0; i < 2 * HELD; i++) {
      const client = await connect(t, subject.port);
      client.send(frame({ opcode: 2, payload: PART, fin: false }));
      await flood(client, repeated(frame({ opcode: 0, payload: PART, fin: false }), 59));
      client.send(frame({ opcode: 9, payload: 'all' }));
      // The kernel resets a connection that ends with unread bytes, and then the close frame may not arrive.
      const got = await client.frame().catch(() => ({ opcode: 8 }));
      ends.push(got.opcode === 8 ? 'refused' : String(got.payload));
    }
    steady.send(text('b'));
    assert.deepStrictEqual(await steady.frames(1), ['1:here']);
    const refused = ends.filter((end) => end === 'refused');
    assert.ok(refused.length >= HELD - 1, ends.join(', '));
    const { state } = await subject.until('close', refused.length);
    assert.ok(state.closes.every(([code, reason]) => code === 1011 && reason === 'Out of memory'));
    t.diagnostic(`${refused.length} of ${ends.length} connections have ended`);
  }
);
