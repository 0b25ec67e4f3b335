'use strict';

// What was sent leaves although its sender goes on, or ends without asking anybody: everything but WebSockets of RFC 6455
// over a socket, for which see prompt_sends.test.js, and WebSockets in worker threads that are ended.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { ask, connect: connectHttp2 } = require('../testing/peers/http2');
const { connect, dial } = require('../testing/peers/raw_client');
const { agree, listen } = require('../testing/peers/raw_server');
const { startSender, startSenderThread } = require('../testing/peers/sender');
const { fromServer, text } = require('../testing/wire');

/** What a sender does when it has sent. */
const NEXT = {
  'an endless loop': () => {
    for (;;);
  },
  'process.abort': () => process.abort(),
  'process.exit': () => process.exit(),
  'a signal': () => process.kill(process.pid, 'SIGKILL'),
  'an endless execSync': ({ require }) => require('node:child_process').execSync('sleep 1000'),
  'an endless Atomics.wait': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
};
/** Those that are enough for what is written as everything else is. */
const { 'an endless loop': loop, 'a signal': signal } = NEXT;
const FEW = { 'an endless loop': loop, 'a signal': signal };

const HIXIE_75 = [
  'GET / HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: WebSocket',
  'Origin: http://a'
];
const HIXIE_76 = [
  ...HIXIE_75,
  'Sec-WebSocket-Key2: 12998 5 Y3 1  .P00',
  'Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5'
];
const GET = ['GET / HTTP/1.1', 'Host: a', 'Accept: text/event-stream'];

/** Sends a head, and once that was answered what follows it. */
async function request(t, port, lines, { secure, body = '', message = '' } = {}) {
  const peer = await dial(t, port, { secure });
  peer.send(Buffer.from([...lines, '', body].join('\r\n'), 'latin1'));
  await peer.head();
  peer.send(Buffer.from(message, 'latin1'));
  return peer;
}

/** Asks for the message, by the name of what sends it. */
const PEERS = {
  eventSource: (t, port, settings) => request(t, port, GET, settings),
  driver: async (t, port, settings) => {
    const peer = await connect(t, port, settings);
    peer.send(text('go'));
    return peer;
  },
  'hixie-75': (t, port) => request(t, port, HIXIE_75, { message: '\0go\xff' }),
  'hixie-76': (t, port) => request(t, port, HIXIE_76, { body: '^n:ds[4U', message: '\0go\xff' }),
  websocket: (t, port, settings) => PEERS.driver(t, port, settings)
};

/** Resolves once `working` has arrived; rejects if the connection ends before. */
async function receivesIt(peer) {
  await peer.wait(() => (peer.bytes.includes('working') ? true : undefined));
}

describe('what was sent leaves before its sender has returned', () => {
  for (const [name, way, ends] of [
    ['an EventSource', { kind: 'eventSource' }, NEXT],
    ['an EventSource over TLS', { kind: 'eventSource', secure: true }, FEW],
    ['a driver', { kind: 'driver' }, NEXT],
    ['a driver over TLS', { kind: 'driver', secure: true }, FEW],
    ['a WebSocket of hixie-75', { kind: 'websocket', peer: 'hixie-75' }, FEW],
    ['a WebSocket of hixie-76', { kind: 'websocket', peer: 'hixie-76' }, FEW]
  ]) {
    for (const [what, then] of Object.entries(ends)) {
      test(`${name}, before ${what}`, async (t) => {
        const { port } = await startSender(t, { ...way, then });
        await receivesIt(await PEERS[way.peer || way.kind](t, port, way));
      });
    }
  }

  test("a client's driver, before an endless loop", async (t) => {
    const server = await listen(t);
    await startSender(t, { kind: 'driverClient', url: server.url, then: loop });
    const peer = await server.next();
    await agree(peer);
    peer.send(fromServer.text('go'));
    assert.strictEqual(String((await peer.frame()).payload), 'working');
  });

  test('over HTTP/2 as soon as Node.js writes its own streams there: once the turn is over', async (t) => {
    const first = {};
    for (const kind of ['http2', 'http2Stream']) {
      const then = ({ tell }) => {
        for (const end = Date.now() + 200; Date.now() < end;);
        tell('computed');
      };
      const { sender, port } = await startSender(t, { kind, then });
      const session = await connectHttp2(`http://127.0.0.1:${port}`);
      t.after(() => session.destroy());
      const stream = ask(session);
      await once(stream, 'response');
      stream.write(text('go'));
      const computed = once(sender, 'message').then(() => 'computed');
      const arrived = once(stream, 'data').then(() => 'arrived');
      first[kind] = await Promise.race([computed, arrived]);
      await arrived;
    }
    assert.strictEqual(first.http2, first.http2Stream);
  });
});

describe('what a worker thread has sent leaves before the thread ends', () => {
  for (const [name, way] of Object.entries({
    'the direct transport': { kind: 'websocket', options: { transport: 'direct' } },
    'the stream transport': { kind: 'websocket', options: { transport: 'stream' } },
    TLS: { kind: 'websocket', secure: true },
    'a driver': { kind: 'driver' },
    'an EventSource': { kind: 'eventSource' },
    'hixie-75': { kind: 'websocket', peer: 'hixie-75' }
  })) {
    const peer = PEERS[way.peer || way.kind];

    test(`${name}: it is terminated while it computes`, async (t) => {
      const then = ({ tell }) => {
        tell('sent');
        for (;;);
      };
      const { sender, port } = await startSenderThread(t, { ...way, then });
      sender.once('message', () => sender.terminate());
      await receivesIt(await peer(t, port, way));
    });

    test(`${name}: it calls process.exit`, async (t) => {
      const { port } = await startSenderThread(t, { ...way, then: () => process.exit() });
      await receivesIt(await peer(t, port, way));
    });

    test(`${name}: its handler throws`, async (t) => {
      const then = () => {
        throw new Error('planned');
      };
      const { sender, port } = await startSenderThread(t, { ...way, then });
      const failed = once(sender, 'error');
      await receivesIt(await peer(t, port, way));
      assert.strictEqual((await failed)[0].message, 'planned');
    });
  }
});
