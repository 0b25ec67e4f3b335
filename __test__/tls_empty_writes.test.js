'use strict';

// An owner may write nothing to its stream. Node takes time for that as for any write, and keeps what is written meanwhile, though
// no byte waits: over TLS, too, frames are given to it then in memory that nobody writes over.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { alsoWithWebAssembly } = require('../testing/peers/engines');
const { ROLES } = require('../testing/peers/roles');
const { WAYS } = require('../testing/peers/ways');

/** What an owner writes. */
const NOTHING = {
  'an empty string': (socket) => socket.write(''),
  'an empty Buffer': (socket) => socket.write(Buffer.alloc(0)),
  'nothing twice': (socket) => socket.write('') && socket.write(''),
  'nothing while corked': (socket) => {
    socket.cork();
    socket.write('');
    socket.uncork();
  }
};

for (const { name, secure, options } of WAYS) {
  for (const [role, make] of Object.entries(ROLES)) {
    describe(`frames behind an empty write (${name}, ${role})`, () => {
      for (const [what, write] of Object.entries(NOTHING)) {
        test(`arrive as they were sent when the owner writes ${what}, and nobody else's do`, async (t) => {
          const ends = [];
          for (let i = 0; i < 3; i++) ends.push(await make(t, options, secure));
          const expected = ends.map(() => []);
          for (let round = 0; round < 10; round++) {
            write(ends[round % 3].ws._stream);
            for (const [i, { ws }] of ends.entries()) {
              for (const data of [`${round} of ${i}`, `long ${round} of ${i} `.repeat(100)]) {
                ws.send(data);
                expected[i].push(`1:${data}`);
              }
            }
            if (round % 2) await turn();
          }
          for (const [i, { peer }] of ends.entries()) {
            assert.deepStrictEqual(await peer.frames(20), expected[i]);
          }
        });
      }
    });
  }
}

alsoWithWebAssembly(__filename);
