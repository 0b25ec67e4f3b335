'use strict';

// A peer that takes no answers is held up, and so is its end. When it has ended its half it is waited for as long as it takes
// something; when it takes nothing for closeTimeout, what it has sent is told, and the connection ends.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const { connectionOf } = require('../lib/faye/connection_of');
const native = require('../lib/native');
const { settled } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { closing } = require('../testing/peers/server');
const { ROLES } = require('../testing/peers/roles');
const { WAYS } = require('../testing/peers/ways');
const { close, frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
/**
 * Messages that inflate to half a MiB each, and others behind them, as many as the system takes from a peer that is not read from.
 * Now and then another one is tried (`lib/transport/brake.js`), which happens more often on a slow machine.
 */
const BOMBS = 40;
const SIZE = MB / 2;
const MORE = 16;
/** Of the bytes of all bombs, so many may wait at once. */
const MOST = BOMBS * SIZE * 0.7;
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const bomb = zlib
  .deflateRawSync(Buffer.alloc(SIZE, 'a'), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
  .subarray(0, -4);
/** Answers are sent as they are, and so the peer must read them all. */
const extensions = [WebSocket.deflate.configure({ threshold: 2 * MB })];

/** An end that echoes, and its peer, which does not read. */
async function begin(t, role, { secure, options }, more) {
  const made = await ROLES[role](t, { ...options, extensions, ...more }, secure, OFFER);
  const state = { told: 0, highest: 0 };
  const { ws, peer, mask } = made;
  ws.onerror = () => {};
  ws.onmessage = ({ data }) => {
    state.told++;
    ws.send(data);
    state.highest = Math.max(state.highest, ws.bufferedAmount);
  };
  peer.socket.pause();
  const bombs = Buffer.concat(
    Array(BOMBS).fill(frame({ opcode: OPCODES.text, payload: bomb, rsv: 4, mask }))
  );
  const rest = Buffer.concat(
    Array(MORE).fill(frame({ opcode: OPCODES.binary, payload: Buffer.alloc(2 * 1024), mask }))
  );
  return { ...made, state, bombs, rest, closed: closing(ws) };
}

/** Waits until the connection is held up. */
const holds = ({ ws, state }) =>
  settled(
    () => state.told + ws.bufferedAmount,
    () => sleep(10)
  );

const skip = native.peerState === undefined && 'the system cannot be asked';

// Who takes nothing is waited for: two groups of these tests wait at a time.
describe('the end of a peer', { concurrency: 2 }, () => {
  for (const role of Object.keys(ROLES)) {
    for (const way of WAYS) {
      describe(`a peer of a ${role} that takes no answers: ${way.name}`, { skip, concurrency: true }, () => {
        const times = { closeTimeout: 0.2 };

        test('is given up behind its end, and all that it has sent is told', async (t) => {
          const all = await begin(t, role, way, times);
          all.peer.socket.write(all.bombs);
          await holds(all);
          assert.ok(all.state.told < BOMBS);
          all.peer.socket.end(all.rest);
          const { code } = await all.closed;
          assert.deepStrictEqual([code, all.state.told], [1006, BOMBS + MORE]);
          assert.ok(all.state.highest < MOST, `${all.state.highest} bytes have waited`);
          assert.ok(connectionOf(all.ws)._stream.destroyed);
        });

        test('is given up if its end comes at once', async (t) => {
          const all = await begin(t, role, way, times);
          all.peer.socket.end(all.bombs);
          const { code } = await all.closed;
          assert.deepStrictEqual([code, all.state.told], [1006, BOMBS]);
          assert.ok(all.state.highest < MOST, `${all.state.highest} bytes have waited`);
          assert.ok(connectionOf(all.ws)._stream.destroyed);
        });

        test('is given up with the code of its close frame', async (t) => {
          const all = await begin(t, role, way, times);
          all.peer.socket.write(all.bombs);
          await holds(all);
          all.peer.socket.end(Buffer.concat([all.rest, close(4001, '', { mask: all.mask })]));
          const { code } = await all.closed;
          assert.deepStrictEqual([code, all.state.told], [4001, BOMBS + MORE]);
          assert.ok(connectionOf(all.ws)._stream.destroyed);
        });

        test('and then takes them slowly gets all of them, behind its end', async (t) => {
          const all = await begin(t, role, way, times);
          const { peer, state } = all;
          peer.socket.write(all.bombs);
          await holds(all);
          peer.socket.end(all.rest);
          let got = 0;
          peer.socket.removeAllListeners('data');
          const begun = process.uptime();
          peer.socket.on('data', (chunk) => {
            got += chunk.length;
            if (process.uptime() - begun > 2 * times.closeTimeout) return;
            peer.socket.pause();
            setTimeout(() => peer.socket.resume(), 1);
          });
          peer.socket.resume();
          const { code } = await all.closed;
          assert.deepStrictEqual([code, state.told], [1006, BOMBS + MORE]);
          await peer.closed;
          // With their headers.
          assert.ok(got > BOMBS * SIZE + MORE * 2 * 1024, `${got} bytes have come`);
          assert.ok(process.uptime() - begun > times.closeTimeout);
        });

        test('does not keep our close from ending', async (t) => {
          const all = await begin(t, role, way, times);
          all.peer.socket.write(all.bombs);
          await holds(all);
          all.peer.socket.write(all.rest);
          all.ws.close(4000, 'enough');
          assert.strictEqual((await all.closed).code, 1006);
          assert.ok(connectionOf(all.ws)._stream.destroyed);
        });

        test('is missed at once if it is gone, and all that it has sent is told', async (t) => {
          const all = await begin(t, role, way);
          all.peer.socket.write(all.bombs);
          await holds(all);
          all.peer.socket.destroy();
          const { code } = await all.closed;
          assert.strictEqual(code, 1006);
          // Over TLS Node drops what it has not read.
          if (!way.secure) assert.strictEqual(all.state.told, BOMBS);
        });

        test('is given up where the owner has it paused for what waits', async (t) => {
          const limits = { maxBufferedAmount: MB, onFull: 'pause' };
          const all = await begin(t, role, way, { ...times, ...limits });
          all.peer.socket.write(all.bombs);
          await holds(all);
          all.peer.socket.end(all.rest);
          const { code } = await all.closed;
          assert.deepStrictEqual([code, all.state.told], [1006, BOMBS + MORE]);
        });

        test('does not keep what has been told as over', async (t) => {
          const all = await begin(t, role, way, times);
          const stream = connectionOf(all.ws)._stream;
          while (all.ws.bufferedAmount < MB / 4) all.ws.send(Buffer.alloc(MB / 8));
          all.peer.socket.end();
          assert.strictEqual((await all.closed).code, 1006);
          if (!stream.destroyed) await once(stream, 'close');
        });
      });
    }
  }
});
