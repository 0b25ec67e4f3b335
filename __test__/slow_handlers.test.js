'use strict';

// Handlers may take longer than messages do. Beside a connection whose handlers are slow another one is answered in between.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { connectionOf } = require('../lib/faye/connection_of');
const { FLOODS } = require('../testing/peers/floods');
const WebSocket = require('../testing/peers/implementation');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { text } = require('../testing/wire');

/** Messages that come in one write, and how long the handler of each takes. */
const COUNT = 80;
const EACH = 0.5;
/** Chunks of one message that a stream brings at once. */
const CHUNKS = 20;
/** Packets of a few messages each, with pauses between them. */
const PACKETS = 20;
/** More messages than this are not told before another connection's, of which the kernel hands over the bytes in its own time. */
const MOST = COUNT * 0.75;

function work() {
  const end = performance.now() + EACH;
  while (performance.now() < end);
}

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';
const DEAR = FLOODS['answers that are dear to compress'].chunk();
const HIXIE_75 = Buffer.from(
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://x\r\n\r\n'
);
const SPEECHES = {
  'RFC 6455': [request(), text('x')],
  'RFC 6455 with permessage-deflate': [request([DEFLATE]), text('x')],
  'hixie-75': [HIXIE_75, Buffer.from([0x00, 0x78, 0xff])]
};

/** What the handler of a message of a whole chunk does, which a stream may bring many of in one turn of the loop. */
const HANDLERS = {
  'take long': work,
  'send answers that are dear to compress': (ws, { data }) => ws.send(data)
};

for (const secure of [false, true]) {
  describe(`chunks of one message each that a ${secure ? 'TLS' : 'plain'} stream brings at once`, () => {
    for (const [what, handler] of Object.entries(HANDLERS)) {
      test(`have turns of their own if their handlers ${what}`, { timeout: 60_000 }, async (t) => {
        const options = { transport: 'stream', extensions: [WebSocket.deflate] };
        const { port, next } = await serve(t, () => {}, { secure, options });
        const client = await connect(t, port, { secure, headers: [DEFLATE] });
        const ws = await next();
        let messages = 0;
        const all = new Promise((resolve) => {
          ws.onmessage = (event) => {
            handler(ws, event);
            if (++messages === CHUNKS) resolve();
          };
        });
        client.drop();
        // As one read of Node's may do.
        for (let i = 0; i < CHUNKS; i++) connectionOf(ws)._stream.emit('data', Buffer.from(DEAR));
        assert.ok(messages <= 8, `${messages} messages in one turn`);
        await all;
      });
    }
  });
}

for (const { name, secure, options } of WAYS) {
  test(`the messages of one small packet are told in one turn, however many packets there were: ${name}`, async (t) => {
    const { port, next } = await serve(t, () => {}, { secure, options });
    const client = await connect(t, port, { secure });
    const ws = await next();
    const PACKET = [text('a'), text('b'), text('c')];
    let turns = 0;
    for (let packet = 0; packet < PACKETS; packet++) {
      const told = new Set();
      const all = new Promise((resolve) => {
        let messages = 0;
        ws.onmessage = () => {
          if (++messages === 1) setImmediate(() => turns++);
          told.add(turns);
          if (messages === PACKET.length) resolve();
        };
      });
      client.send(...PACKET);
      await all;
      assert.strictEqual(told.size, 1, `packet ${packet}`);
      // Longer than the handlers of one turn may take.
      await sleep(3);
    }
  });

  describe(`a connection whose handlers are slow: ${name}`, { timeout: 60_000 }, () => {
    for (const [speech, [head, message]] of Object.entries(SPEECHES)) {
      test(`holds up another one for few of its messages, and none is lost, in ${speech}`, async (t) => {
        const extensions = [WebSocket.deflate];
        const { port, next } = await serve(t, () => {}, { secure, options: { ...options, extensions } });
        const slow = await dial(t, port, { secure });
        slow.send(head);
        await slow.head();
        const attacked = await next();
        const bystander = await dial(t, port, { secure });
        bystander.send(request());
        await bystander.head();
        const visited = await next();
        let messages = 0;
        const all = new Promise((resolve) => {
          attacked.onmessage = () => {
            work();
            if (++messages === 1) bystander.send(text('x'));
            if (messages === COUNT) resolve();
          };
        });
        slow.send(...Array(COUNT).fill(message));
        await once(visited, 'message');
        assert.ok(messages <= MOST, `${messages} messages before it`);
        await all;
      });
    }
  });
}
