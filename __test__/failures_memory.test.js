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
  'a message for a plugin': ['/plugin', BOTH, compressed(LETTERS), SIZE]
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

// In the stream transport it is Node that reads, and V8 may find no memory for itself.
test(
  'a process at its limit of memory ends connections and not itself',
  {
    skip: unlimited
  },
  async (t) => {
    const env = { FAYE_WEBSOCKET_TRANSPORT: 'direct' };
    const subject = await startSubject(t, {
      behaviour: (ws) => (ws.onmessage = () => ws.send('here')),
      env
    });
    const steady = await connect(t, subject.port);
    steady.send(text('a'));
    await steady.frames(1);
    const { pid } = subject.child;
    const [, size] = /VmSize:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    const limit = Number(size) * 1024 + (400 << 20);
    execFileSync('prlimit', ['--pid', String(pid), `--as=${limit}:${limit}`]);
    // Twice as much as there is, of messages that do not end. Node may have no memory to read into either, and say so.
    const clients = [steady];
    for (let i = 0; i < 14; i++) {
      const client = await connect(t, subject.port).catch(() => null);
      if (client === null) continue;
      clients.push(client);
      client.send(frame({ opcode: 2, length: (1 << 26) - 1, mask: Buffer.alloc(4) }));
      await flood(client, repeated(Buffer.alloc(1 << 20), 60));
    }
    const { state } = await subject.until('close');
    const told = state.closes.filter(([code]) => code !== 1006);
    assert.ok(told.length > 0 && told.every(([code, reason]) => code === 1011 && reason === 'Out of memory'));
    for (const client of clients) client.socket.destroy();
    await subject.until('close', state.open);
    const client = await connect(t, subject.port);
    client.send(text('b'));
    assert.deepStrictEqual(await client.frames(1), ['1:here']);
    t.diagnostic(`${state.closes.length} of 14 connections have ended`);
  }
);
