'use strict';

// What a connection has read and not told yet is bounded, however fast its peer sends and however long its messages are at
// work elsewhere: inflated, in the hands of an extension, or of a draft. A peer that sends for as long as it likes has no
// more memory than one that sends for a moment.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');

const { passing, passOnLater } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { binary, frame } = require('../testing/wire');

const MB = 1024 * 1024;
/** What a connection may have read ahead: a few reads of the largest kind. */
const MOST = MB;

const deflated = zlib.deflateRawSync(Buffer.alloc(MB, 'a'), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
/** A thousand bytes that inflate to a MiB. */
const bomb = frame({ opcode: 1, payload: deflated.subarray(0, -4), rsv: 4 });
const deflate = ['Sec-WebSocket-Extensions: permessage-deflate'];
const slow = passing('x-slow', passOnLater);

/** What is sent without a pause: the head of the handshake, one message, how many of it, and what the server has for it. */
const PEERS = {
  'messages that inflate to a MiB': [request(deflate), bomb, 1500, [WebSocket.deflate]],
  'messages that inflate to a MiB, for several extensions': [
    request(['Sec-WebSocket-Extensions: permessage-deflate, x-slow']),
    bomb,
    1500,
    [WebSocket.deflate, slow]
  ],
  'messages of 20 KB for an extension that answers later': [
    request(['Sec-WebSocket-Extensions: x-slow']),
    binary(Buffer.alloc(20_000)),
    400,
    [slow]
  ],
  'messages of hixie-75': [
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://x\r\n\r\n',
    Buffer.concat([Buffer.of(0), Buffer.alloc(100, 'a'), Buffer.of(255)]),
    60_000,
    []
  ]
};

/** A peer that does not wait for the thread of the server: what it sends is there whenever that reads. */
const PEER = `
  const { workerData: { port, secure, head, message, count } } = require('node:worker_threads');
  const target = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket = secure ? require('node:tls').connect(target) : require('node:net').connect(target);
  socket.on('error', () => {}).resume().write(head);
  const some = Math.ceil(65536 / message.length);
  const send = (left) => {
    if (left > 0) socket.write(Buffer.concat(Array(Math.min(some, left)).fill(message)), () => send(left - some));
  };
  socket.once('data', () => send(count));
`;

for (const { name, secure, options } of WAYS) {
  describe(`a connection that is sent to without a pause (${name})`, () => {
    for (const [what, [head, message, count, extensions]] of Object.entries(PEERS)) {
      test(`reads no more than a MiB ahead of what it tells: ${what}`, { timeout: 120_000 }, async (t) => {
        let told = 0;
        let most = 0;
        let [done, fail] = [];
        const all = new Promise((...both) => ([done, fail] = both));
        const onWebSocket = (ws, _request, socket) => {
          const before = socket.bytesRead;
          const look = () => (most = Math.max(most, socket.bytesRead - before - told * message.length));
          const timer = setInterval(look, 5);
          t.after(() => clearInterval(timer));
          ws.onmessage = () => {
            look();
            if (++told === count) done();
          };
          ws.onclose = ({ code }) => fail(new Error(`closed with ${code} behind ${told} messages`));
        };
        const server = await serve(t, onWebSocket, { secure, options: { ...options, extensions } });
        const workerData = { port: server.port, secure, head, message, count };
        const peer = new Worker(PEER, { eval: true, workerData });
        t.after(() => peer.terminate());
        await all;
        t.diagnostic(`${most} of ${count * message.length} bytes`);
        assert.ok(most < MOST, `${most} of ${count * message.length} bytes were read ahead`);
      });
    }
  });
}
