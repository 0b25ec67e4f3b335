'use strict';

// An EventSource tells its close whoever has ended what it writes to, over HTTP/1 and HTTP/2.

const assert = require('node:assert');
const { once } = require('node:events');
const http2 = require('node:http2');
const { describe, test } = require('node:test');

const { EventSource } = require('..');
const { connect } = require('../testing/peers/eventsource');

/** Over HTTP/1. */
const overHttp1 = (t) => connect(t, {});

/** Over HTTP/2, where `socket` is the client's stream. */
async function overHttp2(t) {
  const server = http2.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  const socket = session.request({ ':path': '/', accept: 'text/event-stream' });
  socket.on('error', () => {}).resume();
  const [request, response] = await once(server, 'request');
  return { request, response, socket, source: new EventSource(request, response) };
}

const ENDINGS = {
  'its response is ended': ({ response }) => response.end(),
  'its response is destroyed': ({ response }) => response.destroy(),
  'its request is destroyed': ({ request }) => request.destroy(),
  'its stream is ended': ({ source }) => source._stream.end(),
  'its stream is destroyed': ({ source }) => source._stream.destroy(),
  'its client ends': ({ socket }) => socket.destroy()
};

for (const [way, make] of Object.entries({ 'HTTP/1': overHttp1, 'HTTP/2': overHttp2 })) {
  describe(`an EventSource over ${way}`, { timeout: 60_000 }, () => {
    for (const [what, end] of Object.entries(ENDINGS)) {
      test(`tells its close once when ${what}`, async (t) => {
        const peer = await make(t);
        const { source } = peer;
        if (source.readyState === 0) await once(source, 'open');
        let closes = 0;
        source.on('close', () => closes++);
        const closed = once(source, 'close');
        source.send('a message');
        end(peer);

        await closed;
        await new Promise(setImmediate);
        assert.deepStrictEqual([closes, source.readyState, source.send('another')], [1, 3, false]);
      });
    }

    test('tells its close when it finds its stream ended, though what waits in that never leaves', async (t) => {
      const { source, socket } = await make(t);
      if (source.readyState === 0) await once(source, 'open');
      socket.pause();
      while (source.send('x'.repeat(1 << 20)) || source._stream.writableLength < 1 << 24);
      source._stream.end();
      const closed = once(source, 'close');

      assert.strictEqual(source.ping(), false);
      await closed;
      assert.strictEqual(source.readyState, 3);
    });
  });
}
