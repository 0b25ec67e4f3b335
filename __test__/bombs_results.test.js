'use strict';

// Messages of a few kilobytes that inflate to megabytes on other threads, faster than the loop tells them: what waits for
// the loop is bounded, however many connections send such messages.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const COUNT = 40;
const SIZE = 24 * MB;
const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
const deflated = zlib.deflateRawSync(Buffer.alloc(SIZE), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
const bomb = frame({ opcode: OPCODES.binary, payload: deflated.subarray(0, -4), rsv: 4 });

/** What the process has before any of it. */
const before = process.memoryUsage.rss();
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the loop until other threads have nothing to do any more. */
function keepTheLoop() {
  let worked;
  do {
    const begun = process.cpuUsage();
    Atomics.wait(cell, 0, 0, 50);
    const { user, system } = process.cpuUsage(begun);
    worked = user + system;
  } while (worked > 10_000);
}

for (const { name, secure, options } of WAYS) {
  describe(`messages that inflate to much: ${name}`, () => {
    test('do not pile up behind a slow handler', { timeout: 120_000 }, async (t) => {
      let told = 0;
      let most = 0;
      let finish;
      const done = new Promise((resolve) => (finish = resolve));
      const onWebSocket = (ws) => {
        ws.onmessage = ({ data }) => {
          assert.strictEqual(data.length, SIZE);
          keepTheLoop();
          most = Math.max(most, process.memoryUsage.rss());
          if (++told === COUNT) finish();
        };
      };
      const extensions = [WebSocket.deflate];
      const server = await serve(t, onWebSocket, { secure, options: { ...options, extensions } });
      const clients = [];
      for (let i = 0; i < COUNT; i++) clients.push(await connect(t, server.port, { secure, headers }));
      for (const client of clients) client.send(bomb);
      await done;
      const grown = (most - before) / MB;
      t.diagnostic(`${COUNT} messages of ${SIZE / MB} MB: RSS +${grown.toFixed(0)} MB at most`);
      assert.ok(grown < (COUNT * SIZE) / MB / 2, `${grown} MB`);
    });
  });
}
