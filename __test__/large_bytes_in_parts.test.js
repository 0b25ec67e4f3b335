'use strict';

// Messages of 8 MiB and more of bytes are copied into memory of the application's in parts, one in each turn of the loop.
// Nothing overtakes them: neither what is behind them in the same chunk, nor what comes later, nor the end of the connection.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const native = require('../lib/native');
const deflate = require('../deflate');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { unused } = require('../testing/peers/unused_extension');
const { binary, close, frame, ping, text } = require('../testing/wire');

const MIB = 1 << 20;
const PART = 2 * MIB;
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const maxLength = 64 * MIB;

/** So many bytes of which each part is another. */
function various(length) {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1000) bytes.writeUInt32LE(at, Math.min(at, length - 4));
  return bytes;
}
const LARGE = various(13 * MIB + 5);
const LAST = various(8 * MIB);

/** A compressed frame of bytes. */
const compressed = (payload) =>
  frame({
    opcode: 2,
    rsv: 4,
    payload: deflateRawSync(payload, { finishFlush: 2, level: 1 }).subarray(0, -4)
  });

/** Notes which part of whose message is copied, and when jobs are taken back; `before` is called before each part. */
function watched(t, before = () => {}) {
  const { copyPart, resultPart, takeBytes, takeResult, finished } = native;
  const parts = [];
  let turn = 0;
  let immediate = setImmediate(function look() {
    turn++;
    immediate = setImmediate(look);
  });
  const inParts = (copy) => (slot, target, at) => {
    before(parts.filter(({ isJob }) => !isJob).length);
    const end = copy(slot, target, at);
    parts.push({ slot, at, end, turn, isLast: end === target.length });
    return end;
  };
  const whole = (take) => (slot, target) => {
    if (target) parts.push({ slot, at: 0, end: target.length, turn, isLast: true });
    return take(slot, target);
  };
  Object.assign(native, { copyPart: inParts(copyPart), resultPart: inParts(resultPart) });
  Object.assign(native, { takeBytes: whole(takeBytes), takeResult: whole(takeResult) });
  native.finished = () => {
    parts.push({ isJob: true });
    return finished();
  };
  t.after(() => {
    clearImmediate(immediate);
    Object.assign(native, { copyPart, resultPart, takeBytes, takeResult, finished });
  });
  return parts;
}

/** What a connection has told. */
function record(ws) {
  const events = [];
  ws.on('message', ({ data }) => events.push(data));
  const closed = new Promise((resolve) => ws.on('close', ({ code }) => resolve(code)));
  return { events, closed };
}

const turns = async (isOver) => {
  while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
};

const WAYS = {
  'the direct transport': { options: { transport: 'direct', maxLength } },
  'the stream transport': { options: { transport: 'stream', maxLength } },
  'the stream transport and TLS': { options: { transport: 'stream', maxLength }, secure: true },
  'the direct transport, compressed': {
    options: { transport: 'direct', maxLength, extensions: [deflate] }
  },
  'the stream transport, compressed': {
    options: { transport: 'stream', maxLength, extensions: [deflate] }
  }
};
// Where another extension stands beside compression, both are the application's, whether a message is compressed or not.
for (const transport of ['direct', 'stream']) {
  const options = { transport, maxLength, extensions: [deflate, unused] };
  WAYS[`the ${transport} transport, compressed beside another extension`] = { options };
  WAYS[`the ${transport} transport, beside other extensions`] = { options, isPlain: true };
}

for (const [way, settings] of Object.entries(WAYS)) {
  const packs = Boolean(settings.options.extensions);
  const large = packs && !settings.isPlain ? compressed : binary;

  describe(`a large message of bytes over ${way}`, { skip: WebSocket.engine !== 'native' }, () => {
    const open = async (t, server) => {
      const headers = packs ? OFFER : [];
      const client = await connect(t, server.port, { secure: settings.secure, headers });
      return { client, ws: await server.next() };
    };

    test('comes between what is before and behind it, and no turn of the loop copies more than a part', async (t) => {
      const { client, ws } = await open(t, await serve(t, undefined, settings));
      const { events, closed } = record(ws);
      const parts = watched(t);
      client.send(
        Buffer.concat([
          text('before'),
          large(LARGE),
          text('behind'),
          large(LAST),
          binary('bytes'),
          ping('?'),
          close(1000)
        ])
      );
      client.socket.end();
      assert.strictEqual(await closed, 1000);
      assert.deepStrictEqual(
        events.map((data) => (data.length < 10 ? String(data) : data.length)),
        ['before', LARGE.length, 'behind', LAST.length, 'bytes']
      );
      assert.ok(LARGE.equals(events[1]) && LAST.equals(events[3]));
      const copied = new Map();
      for (const { at, end, turn } of parts) copied.set(turn, (copied.get(turn) || 0) + end - at || 0);
      // The last message, of five bytes, may be copied in the turn of the last part.
      assert.ok(Math.max(...copied.values()) <= PART + 5, [...copied.values()].join());
    });

    test('has memory of its own, which the receiver may transfer while the next one comes', async (t) => {
      const { client, ws } = await open(t, await serve(t, undefined, settings));
      const { events } = record(ws);
      client.send(Buffer.concat([large(LARGE), large(LAST)]));
      await turns(() => events.length === 1);
      const [{ buffer, byteLength }] = events;
      assert.strictEqual(buffer.byteLength, byteLength);
      const moved = structuredClone(buffer, { transfer: [buffer] });
      assert.strictEqual(buffer.byteLength, 0);
      await turns(() => events.length === 2);
      assert.ok(LARGE.equals(Buffer.from(moved)) && LAST.equals(events[1]));
    });

    test('of several connections is copied behind the one before, and results of jobs wait for it', async (t) => {
      const server = await serve(t, undefined, settings);
      const peers = [await open(t, server), await open(t, server), await open(t, server)];
      const parts = watched(t);
      const records = peers.map(({ ws }) => record(ws));
      for (const { client } of peers) client.send(large(LARGE));
      await turns(() => records.every(({ events }) => events.length === 1));
      assert.ok(records.every(({ events: [bytes] }) => LARGE.equals(bytes)));
      let under = null;
      for (const { slot, isLast, isJob } of parts) {
        assert.ok(under === null || (slot === under && !isJob), JSON.stringify(parts));
        under = isJob || isLast ? null : slot;
      }
    });

    test('goes with a connection that ends while it is copied, and the next one is copied', async (t) => {
      const server = await serve(t, undefined, settings);
      for (const end of ['terminate', 'destroy', 'close']) {
        const { client, ws } = await open(t, server);
        const { events, closed } = record(ws);
        const other = await open(t, server);
        const { events: others } = record(other.ws);
        const parts = watched(t, (count) => {
          if (count !== 1) return;
          if (end === 'terminate') ws.terminate();
          else if (end === 'destroy') client.socket.destroy();
          else ws.close(1001);
        });
        client.send(Buffer.concat([large(LARGE), text('behind'), close(1001)]));
        await turns(() => parts.some(({ at }) => at === 0));
        other.client.send(large(LAST));
        await closed;
        await turns(() => others.length === 1);
        assert.ok(LAST.equals(others[0]) && events.length <= 2);
      }
    });

    test('waits for its reader when the connection is paused', async (t) => {
      const { client, ws } = await open(t, await serve(t, undefined, settings));
      const { events } = record(ws);
      ws.on('message', () => ws.pause());
      client.send(Buffer.concat([large(LARGE), large(LAST), text('last')]));
      await turns(() => {
        ws.resume();
        return events.length === 3;
      });
      assert.ok(LARGE.equals(events[0]) && LAST.equals(events[1]) && events[2] === 'last');
    });

    test('comes in the memory where it stands if there is none for a copy, and else ends the connection', async (t) => {
      const server = await serve(t, undefined, settings);
      const { copyPart, resultPart, takeOwned, takeResult } = native;
      t.after(() => Object.assign(native, { copyPart, resultPart, takeOwned, takeResult }));
      const refuse = () => {
        throw new RangeError('Array buffer allocation failed');
      };
      Object.assign(native, { copyPart: refuse, resultPart: refuse });
      const { client, ws } = await open(t, server);
      const { events, closed } = record(ws);
      client.send(Buffer.concat([large(LARGE), text('behind')]));
      await turns(() => events.length === 2);
      assert.ok(LARGE.equals(events[0]) && events[1] === 'behind');
      Object.assign(native, { takeOwned: refuse, takeResult: refuse });
      client.send(Buffer.concat([large(LARGE), text('behind')]));
      assert.strictEqual(await closed, 1011);
      assert.strictEqual(events.length, 2);
    });
  });
}
