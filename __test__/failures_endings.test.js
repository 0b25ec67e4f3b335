'use strict';

// Failures of ours while a connection is ending: the peer gets one close frame, the owner one `close`, and the process no
// exception.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { failing } = require('./failures/build');
const { injectOnce, serving } = require('./failures/opening');
const { TRANSPORTS } = require('../testing/peers/engines');
const { uncaught } = require('../testing/peers/watch');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket } = built || {};

/** A text that is compressed elsewhere. */
const LARGE = 'much that is compressed elsewhere. '.repeat(20_000);

/** The close frames that the peer gets up to the end. */
async function closes(client) {
  const all = [];
  for (;;) {
    const frame = await client.frame().catch(() => null);
    if (frame === null) return all;
    if (frame.opcode === 8) all.push(`${frame.payload.readUInt16BE(0)} ${frame.payload.subarray(2)}`);
  }
}

for (const transport of TRANSPORTS) {
  describe(`while a connection ends (${transport} transport)`, { skip }, () => {
    const open = (t) =>
      serving(
        t,
        { transport, extensions: [WebSocket.deflate] },
        { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] }
      );

    test('a message that cannot be compressed behind the end of the peer leads to one close frame', async (t) => {
      const { client, ws, events, closed } = await open(t);
      injectOnce(t, 'deflate');
      ws.send(LARGE);
      client.socket.end();
      assert.deepStrictEqual(await closes(client), ['1011 Internal error']);
      await closed;
      assert.deepStrictEqual(events, ['error Internal error', 'close 1011']);
    });

    test('a message that cannot be compressed in front of a close frame that cannot be made ends it', async (t) => {
      const thrown = uncaught(t);
      const { client, ws, events, closed } = await open(t);
      injectOnce(t, 'deflate');
      ws.send(LARGE);
      ws.close(3000);
      injectOnce(t, 'frame', 2);
      await closes(client);
      await closed;
      assert.deepStrictEqual(events.slice(-1), [events.find((event) => event.startsWith('close'))]);
      assert.deepStrictEqual(thrown, []);
    });

    test('a message behind a Blob that cannot be framed ends it with 1011', async (t) => {
      const thrown = uncaught(t);
      const { client, ws, events, closed } = await open(t);
      ws.send(new Blob(['blob']));
      injectOnce(t, 'frame');
      ws.send('behind');
      assert.strictEqual((await closes(client)).length, 1);
      await closed;
      assert.strictEqual(events.length, 2);
      assert.match(events[0], /^error /);
      assert.strictEqual(events[1], 'close 1011');
      assert.deepStrictEqual(thrown, []);
    });
  });
}
