'use strict';

// The owner of a socket may pipe it elsewhere, as recorders do, and take the pipe off again. Node stops a stream that has no pipe
// left; that is no pause of the owner's, since the connection reads it as well.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { PassThrough } = require('node:stream');
const { setImmediate: turn } = require('node:timers/promises');

const { ROLES } = require('../testing/peers/roles');
const { WAYS } = require('../testing/peers/ways');
const { text } = require('../testing/wire');

/** Ways in which a pipe ends. */
const ENDS = {
  'is taken off': (socket, to) => socket.unpipe(to),
  'leads to what is destroyed': (socket, to) => to.destroy(),
  'leads to what ends': (socket, to) => to.end(),
  'leads to what fails': (socket, to) => to.on('error', () => {}).destroy(new Error('planned'))
};

/** Turns of the loop in which what has left would arrive. */
async function turns() {
  for (let i = 0; i < 20; i++) await turn();
}

for (const { name, secure, options } of WAYS) {
  for (const [role, make] of Object.entries(ROLES)) {
    describe(`a socket that is piped elsewhere (${name}, ${role})`, () => {
      for (const [how, end] of Object.entries(ENDS)) {
        test(`is read on by its connection when the pipe ${how}`, async (t) => {
          const { ws, peer, mask } = await make(t, options, secure);
          const to = new PassThrough().resume();
          ws._stream.pipe(to);
          for (const data of ['a', 'b']) {
            const heard = once(ws, 'message');
            peer.send(text(data, { mask }));
            const [event] = await heard;
            assert.strictEqual(event.data, data);
          }
          end(ws._stream, to);
          await turns();
          const heard = once(ws, 'message');
          peer.send(text('c', { mask }));
          assert.strictEqual((await heard)[0].data, 'c');
        });
      }

      test('is read on when a pipe is taken off that takes no more, and behind pauses of the connection', async (t) => {
        const { ws, peer, mask } = await make(t, options, secure);
        const to = new PassThrough({ highWaterMark: 1 });
        ws._stream.pipe(to);
        const heard = once(ws, 'message');
        peer.send(text('a', { mask }));
        await heard;
        ws._stream.unpipe(to);
        const next = once(ws, 'message');
        peer.send(text('b', { mask }));
        assert.strictEqual((await next)[0].data, 'b');
        ws.pause();
        for (const data of ['c', 'd']) {
          peer.send(text(data, { mask }));
          await turns();
        }
        const told = [];
        ws.on('message', ({ data }) => told.push(data));
        ws.resume();
        while (!told.includes('d')) await once(ws, 'message');
      });

      test('stays paused when its owner has paused it besides, or the connection', async (t) => {
        const { ws, peer, mask } = await make(t, options, secure);
        for (const owned of [ws._stream, ws]) {
          const told = [];
          const listen = ({ data }) => told.push(data);
          const to = new PassThrough().resume();
          ws._stream.pipe(to);
          await turns();
          owned.pause();
          // What comes first behind a pause of the connection may still be told.
          peer.send(text('first', { mask }));
          await turns();
          ws.on('message', listen);
          ws._stream.unpipe(to);
          peer.send(text('late', { mask }));
          await turns();
          assert.deepStrictEqual(told, []);
          owned.resume();
          while (!told.includes('late')) await once(ws, 'message');
          ws.removeListener('message', listen);
        }
      });
    });
  }
}
