'use strict';

// Texts of a megabyte and more that are not ASCII are converted on other threads, and nothing overtakes them: neither what is
// behind them in the same chunk, nor what comes later, nor the end of the connection.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const native = require('../lib/native');
const deflate = require('../deflate');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { binary, close, frame, ping, text } = require('../testing/wire');

const MIB = 1 << 20;
const TEXTS = {
  Chinese: '水'.repeat(MIB),
  'Latin-1': 'é'.repeat(MIB),
  'pairs of surrogates': '😀x'.repeat(MIB / 4),
  'ASCII with one Chinese character at the end': `${'e'.repeat(MIB)}水`,
  ASCII: 'a'.repeat(2 * MIB)
};
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];

/** Counts the texts that are converted elsewhere, and those that are on the loop. */
function counted(t) {
  const counts = { elsewhere: 0, here: 0 };
  const { textElsewhere, takeText } = native;
  native.textElsewhere = (...args) => {
    const started = textElsewhere(...args);
    counts.elsewhere += started;
    return started;
  };
  native.takeText = (slot) => {
    counts.here++;
    return takeText(slot);
  };
  t.after(() => Object.assign(native, { textElsewhere, takeText }));
  return counts;
}

/** What a connection has told. */
function record(ws) {
  const events = [];
  ws.on('message', ({ data }) => events.push(data));
  const closed = once(ws, 'close').then(([{ code }]) => code);
  return { events, closed };
}

const compressed = (message) =>
  frame({ opcode: 1, rsv: 4, payload: deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4) });

const WAYS = {
  'the direct transport': { options: { transport: 'direct' } },
  'the stream transport': { options: { transport: 'stream' } },
  'the stream transport and TLS': { options: { transport: 'stream' }, secure: true },
  'the direct transport, compressed': { options: { transport: 'direct', extensions: [deflate] } },
  'the stream transport, compressed': { options: { transport: 'stream', extensions: [deflate] } }
};

for (const [way, settings] of Object.entries(WAYS)) {
  describe(`a large text over ${way}`, () => {
    const packs = Boolean(settings.options.extensions);
    const large = packs ? compressed : text;

    for (const [kind, string] of Object.entries(TEXTS)) {
      test(`of ${kind} comes between what is before and behind it`, async (t) => {
        const { port, next } = await serve(t, undefined, settings);
        const client = await connect(t, port, { secure: settings.secure, headers: packs ? OFFER : [] });
        const { events, closed } = record(await next());
        const counts = counted(t);
        // All in one, and the end of the connection as well.
        client.send(
          Buffer.concat([
            text('before'),
            large(string),
            text('behind'),
            text('水'),
            large(string),
            binary('bytes'),
            ping('?'),
            close(1000)
          ])
        );
        client.socket.end();
        assert.strictEqual(await closed, 1000);
        assert.deepStrictEqual(
          events.map((data) => (data.length < 10 ? String(data) : data === string)),
          ['before', true, 'behind', '水', true, 'bytes']
        );
        if (WebSocket.engine === 'native') assert.strictEqual(counts.elsewhere, kind === 'ASCII' ? 0 : 2);
      });
    }

    test('comes whole to a client, again and again, and what it answers meanwhile leaves', async (t) => {
      const { url, next } = await serve(t, undefined, settings);
      const client = new WebSocket.Client(url, [], {
        ...settings.options,
        tls: { rejectUnauthorized: false }
      });
      t.after(() => client.terminate());
      const server = await next();
      if (client.readyState === 0) await once(client, 'open');
      const { events } = record(client);
      const answered = [];
      server.on('message', ({ data }) => answered.push(data));
      for (let i = 0; i < 6; i++) {
        server.send(TEXTS.Chinese);
        server.send(`${i}`);
        client.send(`${i}`);
      }
      while (events.length < 12 || answered.length < 6) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(events.every((data, i) => data === (i % 2 ? `${(i - 1) / 2}` : TEXTS.Chinese)));
      assert.deepStrictEqual(answered, ['0', '1', '2', '3', '4', '5']);
    });

    test('goes with a connection that ends while it is converted', async (t) => {
      const { port, next } = await serve(t, undefined, settings);
      for (let round = 0; round < 3; round++) {
        const client = await connect(t, port, { secure: settings.secure, headers: packs ? OFFER : [] });
        const ws = await next();
        const { events, closed } = record(ws);
        const held = new Promise((resolve) => {
          const { textElsewhere } = native;
          native.textElsewhere = (...args) => {
            native.textElsewhere = textElsewhere;
            resolve();
            return textElsewhere(...args);
          };
          t.after(() => (native.textElsewhere = textElsewhere));
        });
        client.send(Buffer.concat([large(TEXTS.Chinese), text('behind')]));
        await held;
        if (round === 0) ws.terminate();
        else if (round === 1) client.socket.destroy();
        else ws.close(1001);
        if (round === 2) client.send(close(1001));
        await closed;
        assert.ok(events.length <= 2);
      }
      const client = await connect(t, port, { secure: settings.secure });
      const { events } = record(await next());
      client.send(text(TEXTS.Chinese));
      while (events.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(events[0] === TEXTS.Chinese);
    });

    test('waits for its reader when the connection is paused', async (t) => {
      const { port, next } = await serve(t, undefined, settings);
      const client = await connect(t, port, { secure: settings.secure, headers: packs ? OFFER : [] });
      const ws = await next();
      const { events } = record(ws);
      ws.on('message', () => ws.pause());
      client.send(Buffer.concat([large(TEXTS.Chinese), large(TEXTS['Latin-1']), text('last')]));
      while (events.length < 3) {
        await new Promise((resolve) => setImmediate(resolve));
        ws.resume();
      }
      assert.ok(events[0] === TEXTS.Chinese && events[1] === TEXTS['Latin-1'] && events[2] === 'last');
    });
  });
}
