'use strict';

// Messages that were at work elsewhere before they are told: inflated by another thread, made a string or copied in parts, or
// in the hands of an extension. Whatever brings them back to the loop, they are told in the context of their connection.

const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const zlib = require('node:zlib');

const { passing, passOnLater } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { WAYS, connectAll, serveScoped, store } = require('../testing/peers/scoped');
const { binary, frame, text } = require('../testing/wire');

const MB = 1024 * 1024;
/** What is copied, or made a string, in parts. */
const LARGE = 9 * MB;
const noise = randomBytes(200_000);
const deflated = zlib.deflateRawSync(noise, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
const offer = (names) => [`Sec-WebSocket-Extensions: ${names}`];

/** What peers send, the headers of their requests, and the extensions of the server. */
const MESSAGES = {
  'inflated by another thread': [
    frame({ opcode: 2, payload: deflated.subarray(0, -4), rsv: 4 }),
    offer('permessage-deflate'),
    [WebSocket.deflate]
  ],
  'inflated by another thread, for several extensions': [
    frame({ opcode: 2, payload: deflated.subarray(0, -4), rsv: 4 }),
    offer('permessage-deflate, x-slow'),
    [WebSocket.deflate, passing('x-slow', passOnLater)]
  ],
  'kept by an extension for a turn': [text('x'), offer('x-slow'), [passing('x-slow', passOnLater)]],
  'converted to a string by another thread': [text('水'.repeat(MB)), [], []],
  'made a string in parts, for an extension': [
    text('水'.repeat(LARGE / 3)),
    offer('x-slow'),
    [passing('x-slow', passOnLater)]
  ],
  'copied in parts': [binary(Buffer.alloc(LARGE)), [], []],
  'copied in parts for an extension': [
    binary(Buffer.alloc(LARGE)),
    offer('x-slow'),
    [passing('x-slow', passOnLater)]
  ]
};

for (const [name, way] of Object.entries(WAYS)) {
  describe(`what comes back to the loop (${name})`, () => {
    for (const [what, [message, headers, extensions]] of Object.entries(MESSAGES)) {
      test(`is told in the context of its connection: ${what}`, { timeout: 60_000 }, async (t) => {
        const log = [];
        const server = await serveScoped(t, { ...way, more: { extensions } }, (ws, id) => {
          const note = (event) => log.push([event, id, store.getStore()]);
          const noteAll = (event) => () => {
            note(event);
            process.nextTick(note, `${event}, tick`);
            Promise.resolve().then(() => note(`${event}, promise`));
          };
          ws.on('message', noteAll('message'));
          // Compressed by another thread, where there is compression; a pong behind it.
          ws.once('message', () => {
            ws.on('drain', noteAll('drain'));
            ws.ping('p', noteAll('pong'));
            while (ws.send(noise));
          });
          ws.on('close', noteAll('close'));
        });
        const clients = await connectAll(t, server, { ...way, headers }, 3);
        for (const client of clients) {
          client.drop();
          client.send(message, message, text('behind'));
        }
        const count = (event) => log.filter(([one]) => one === event).length;
        while (count('message') < 9 || count('drain') < 3) await turn();
        for (const client of clients) client.send(frame({ opcode: 10, payload: 'p' }));
        while (count('pong') < 3) await turn();
        for (const client of clients) client.socket.destroy();
        while (count('close, promise') < 3) await turn();
        for (const [event, id, seen] of log) assert.strictEqual(seen, id, event);
        assert.strictEqual(count('message, tick') + count('message, promise'), 18);
      });
    }
  });
}
