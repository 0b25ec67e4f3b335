'use strict';

// Extensions may take their time, or never come back. What they are given meanwhile is bounded, also when it is compressed, and
// also when it has no bytes; nothing of it is lost.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const { passOn, passing } = require('../testing/passing_extension');
const { settled } = require('../testing/peers/attack');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { binary, frame } = require('../testing/wire');

const MB = 1024 * 1024;

/** A compressed message of so many zeros. */
function zeros(size) {
  const payload = zlib.deflateRawSync(Buffer.alloc(size), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return frame({ opcode: 2, payload: payload.subarray(0, -4), rsv: 4 });
}

/** What is sent, how many times, and the most messages that a plugin is given before it has let one go. */
const FLOODS = {
  'messages that inflate to a MiB': [zeros(MB), 40, 2],
  'messages that inflate to 8 MiB': [zeros(8 * MB), 8, 2],
  'messages of 100 KB': [binary(Buffer.alloc(100_000)), 40, 6],
  'empty messages': [binary(''), 20_000, 5000]
};

/** An extension that keeps what it is given until it is let go; then it lets everything pass. */
function makeStuck() {
  const kept = [];
  const state = { given: 0, isStuck: true };
  const keep = (message, callback) => {
    state.given++;
    if (state.isStuck) kept.push(() => callback(null, message));
    else setImmediate(callback, null, message);
  };
  const extension = passing('x-stuck', keep, passOn);
  state.letGo = () => {
    state.isStuck = false;
    for (const pass of kept) pass();
  };
  return { extension, state };
}

for (const { name, secure, options } of WAYS) {
  describe(`a plugin that keeps what it is given: ${name}`, { timeout: 60_000 }, () => {
    for (const [what, [message, count, most]] of Object.entries(FLOODS)) {
      test(`is given few ${what}, and all once it goes on`, async (t) => {
        const { extension, state } = makeStuck();
        const extensions = [extension, WebSocket.deflate];
        const settings = { secure, options: { ...options, extensions } };
        const { port, next } = await serve(t, () => {}, settings);
        const headers = ['Sec-WebSocket-Extensions: x-stuck, permessage-deflate'];
        const client = await connect(t, port, { secure, headers });
        const ws = await next();
        let told = 0;
        ws.onmessage = () => told++;
        client.socket.write(Buffer.concat(Array(count).fill(message)));
        while (state.given === 0) await sleep(5);
        await settled(
          () => state.given,
          () => sleep(20)
        );
        assert.ok(state.given > 0 && state.given <= most, `${state.given} messages`);
        state.letGo();
        while (told < count) await sleep(5);
      });
    }
  });
}
