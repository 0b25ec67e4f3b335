'use strict';

// Handlers may take longer than messages do. Beside a connection whose handlers are slow another one is answered in between.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { text } = require('../testing/wire');

/** Messages that come in one write, and how long the handler of each takes. */
const COUNT = 150;
const EACH = 1;
/** More messages than this are not told before another connection's, of which the kernel hands over the bytes in its own time. */
const MOST = COUNT / 2;

function work() {
  const end = performance.now() + EACH;
  while (performance.now() < end);
}

const HIXIE_75 = Buffer.from(
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://x\r\n\r\n'
);
const SPEECHES = {
  'RFC 6455': [request(), text('x')],
  'RFC 6455 with permessage-deflate': [request(['Sec-WebSocket-Extensions: permessage-deflate']), text('x')],
  'hixie-75': [HIXIE_75, Buffer.from([0x00, 0x78, 0xff])]
};

for (const { name, secure, options } of WAYS) {
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
