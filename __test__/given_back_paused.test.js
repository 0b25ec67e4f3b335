'use strict';

// A socket that is given back to Node while its owner has paused it: it flows again when the owner wants that, in whatever
// way.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { PassThrough } = require('node:stream');

const { TRANSPORTS } = require('../testing/peers/engines');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

/** What gives a socket back to Node. */
const GIVES_BACK = {
  'a listener of its bytes': (socket) => socket.on('data', () => {}),
  'bytes of its owner': (socket) => socket.write(Buffer.from([0x8a, 0]))
};

/** How the owner has it flow again. */
const RESUMES = {
  'resume()': (socket) => socket.resume(),
  'pipe()': (socket) => socket.pipe(new PassThrough().resume()),
  'a listener of readable, and read()': (socket) => socket.on('readable', () => socket.read())
};

for (const transport of TRANSPORTS) {
  describe(`a paused socket (${transport} transport)`, () => {
    for (const [way, giveBack] of Object.entries(GIVES_BACK)) {
      for (const [name, resume] of Object.entries(RESUMES)) {
        test(`that ${way} have given back to Node is read from ${name} on`, async (t) => {
          const server = await serve(t, undefined, { options: { transport } });
          const client = await connect(t, server.port);
          const ws = await server.next();
          client.send(text('first'));
          await once(ws, 'message');
          const socket = ws._stream;
          socket.pause();
          giveBack(socket);
          await new Promise(setImmediate);
          const second = once(ws, 'message');
          resume(socket);
          client.send(text('second'));
          const [{ data }] = await second;
          assert.strictEqual(data, 'second');
        });
      }
    }
  });
}
