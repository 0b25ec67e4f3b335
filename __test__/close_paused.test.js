'use strict';

// An owner that has paused may close. The peer's close frame is behind what was not read, and of that no message is told
// any more: so it is read.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connectionOf } = require('../lib/faye/connection_of');
const { closing } = require('../testing/peers/server');
const { CODINGS, WAYS, meet } = require('../testing/peers/ways');

const MEGABYTE = 1024 * 1024;

/** The peer sends, and goes on with its answer to the close. */
function sendMuch(peer) {
  for (let i = 0; i < 2; i++) peer.send(Buffer.alloc(MEGABYTE, i));
}

/** How an owner pauses and closes. */
const ORDERS = {
  'before it closes': (ws) => {
    ws.pause();
    ws.close(4001, 'enough');
  },
  'when it has closed': (ws) => {
    ws.close(4001, 'enough');
    ws.pause();
  },
  'for a while before it closes': async (ws) => {
    ws.pause();
    // Meanwhile the peer fills what the system takes, and the transport has stopped.
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    ws.close(4001, 'enough');
  }
};

for (const role of ['server', 'client']) {
  for (const way of WAYS) {
    for (const { coding, more } of CODINGS) {
      describe(`a ${role} that pauses: ${way.name}, ${coding}`, () => {
        for (const [when, order] of Object.entries(ORDERS)) {
          test(`${when} gets the answer to its close, and no message`, { timeout: 60_000 }, async (t) => {
            const ends = await meet(t, way, { ...more, closeTimeout: 20 });
            const [ws, peer] = role === 'server' ? ends : ends.reverse();
            const closes = Promise.all([closing(ws), closing(peer)]);
            let messages = 0;
            const heard = once(ws, 'message');
            peer.send('first');
            await heard;
            ws.on('message', () => messages++);
            const ordered = order(ws);
            sendMuch(peer);
            await ordered;
            assert.deepStrictEqual(
              (await closes).map(({ code, reason }) => `${code} ${reason}`),
              ['4001 enough', '4001 enough']
            );
            assert.ok(when !== 'before it closes' || messages === 0);
          });
        }
      });
    }

    test(`a ${role} whose peer does not read may close: ${way.name}`, { timeout: 60_000 }, async (t) => {
      const ends = await meet(t, way, { closeTimeout: 20 });
      const [ws, peer] = role === 'server' ? ends : ends.reverse();
      const connection = connectionOf(ws);
      // Answers to a peer that does not read them fill up until nothing is read any more.
      ws.on('message', ({ data }) => ws.send(data));
      peer.pause();
      const go = () => {
        if (ws.readyState !== 1) return;
        if (connection._isReadingStopped()) ws.close(4001, 'enough');
        else if (peer.bufferedAmount < MEGABYTE) peer.send(Buffer.alloc(MEGABYTE / 4));
        setImmediate(go);
      };
      go();
      const codes = Promise.all([closing(ws), closing(peer)]);
      while (ws.readyState === 1) await new Promise(setImmediate);
      peer.resume();
      assert.deepStrictEqual(
        (await codes).map(({ code }) => code),
        [4001, 4001]
      );
    });
  }
}
