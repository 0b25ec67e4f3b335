'use strict';

// An end that answers a close frame does not close its socket before the other end has read all that was sent. The other end
// answers the pings among it, and a system that finds no socket for such a pong resets the connection, whereupon the rest is
// lost, and the answer with it (RFC 6455 sections 5.5.2 and 7.1.1).

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { closing } = require('../testing/peers/server');
const { random } = require('../testing/peers/random');
const { CODINGS, WAYS, meet } = require('../testing/peers/ways');

const ROUNDS = 12;
/** Compression does not make it shorter than what a connection reads at a time. */
const TEXT = random(1).bytes(60_000).toString('latin1');

for (const way of WAYS) {
  for (const { coding, more } of CODINGS) {
    describe(`a close frame that is answered behind pings: ${way.name}, ${coding}`, () => {
      for (const closer of ['server', 'client']) {
        test(`the ${closer}, which closes and reads later, hears of the answer`, async (t) => {
          const ends = await meet(t, way, more);
          const [closes, answers] = closer === 'server' ? ends : [...ends].reverse();
          const errors = [];
          for (const ws of ends) ws.on('error', ({ message }) => errors.push(message));
          const [answered, closed] = [closing(answers), closing(closes)];
          closes.pause();
          closes.close(4000, 'enough');
          for (let i = 0; i < ROUNDS; i++) {
            answers.ping(`${i}`);
            answers.send(TEXT);
          }
          assert.strictEqual((await answered).code, 4000);
          closes.resume();
          assert.strictEqual((await closed).code, 4000);
          assert.deepStrictEqual(errors, []);
        });
      }
    });
  }
}
