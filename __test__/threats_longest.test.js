'use strict';

// Texts that no string can hold: V8 ends at 2^29 - 24 units on 64 bits, which `maxLength` may exceed. They are too large,
// 1009, in every way in which a text can come; a limit of 100,000 units stands for V8's here.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { deflateRawSync } = require('node:zlib');

const { closeCode } = require('../testing/peers/attack');
const { random } = require('../testing/peers/random');
const { connect, dial } = require('../testing/peers/raw_client');
const { listen, agreement } = require('../testing/peers/raw_server');
const { LONGEST } = require('../testing/peers/short_strings');
const { startSubject } = require('../testing/peers/subject');
const { frame, fragments, fromServer, text } = require('../testing/wire');

const flags = ['-r', require.resolve('../testing/peers/short_strings')];
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const TOO_LARGE = 'WebSocket frame length too large';

/** The first of 32 characters of each length that UTF-8 has. */
const SCRIPTS = { ascii: '@', latin: 'à', chinese: '水', emoji: '😀' };

/** A text of so many units, or one more where a character has two; a `random` one that hardly compresses. */
function of(first, units, roll = () => 0) {
  const characters = Array.from({ length: 32 }, (_, i) => String.fromCodePoint(first.codePointAt(0) + i));
  const length = Math.ceil(units / first.length);
  return Array.from({ length }, () => characters[roll(32)]).join('');
}

function compressed(message) {
  return frame({ opcode: 1, rsv: 4, payload: deflateRawSync(message, { finishFlush: 2 }).subarray(0, -4) });
}

function lengths(ws, { state }) {
  ws.onmessage = ({ data }) => state.notes.push(data.length);
}

for (const transport of ['direct', 'stream']) {
  describe(`a text past the longest string (${transport} transport)`, () => {
    const env = { FAYE_WEBSOCKET_TRANSPORT: transport };

    for (const [name, first] of Object.entries(SCRIPTS)) {
      for (const [how, send, roll] of [
        ['in one frame', (message) => [text(message)]],
        ['in fragments', (message) => fragments(...(message.match(/[^]{1,30000}/gu) || ['']))],
        ['compressed', (message) => [compressed(message)]],
        // As much as is inflated on other threads.
        ['compressed, and still long', (message) => [compressed(message)], random(1)]
      ]) {
        test(`is 1009 (${name}, ${how}), and one that just fits is a message`, async (t) => {
          const deflates = how.startsWith('compressed');
          const settings = { behaviour: lengths, flags, env, deflate: deflates ? {} : undefined };
          const subject = await startSubject(t, settings);
          const headers = deflates ? OFFER : [];
          const client = await connect(t, subject.port, { headers });
          client.send(...send(of(first, LONGEST, roll)));
          client.send(...send(of(first, LONGEST + 1, roll)), text('behind'));
          assert.strictEqual(await closeCode(client), 1009);
          client.socket.end();
          const { state } = await subject.until('close');
          assert.deepStrictEqual(state.closes, [[1009, TOO_LARGE]]);
          assert.deepStrictEqual(state.notes, [LONGEST]);
        });
      }
    }

    test('is 1009 for a client too', async (t) => {
      const server = await listen(t);
      const settings = { behaviour: lengths, flags, env, url: server.url };
      const subject = await startSubject(t, settings);
      const peer = await server.next();
      peer.send(agreement(await peer.head()), fromServer.text('a'.repeat(LONGEST)));
      peer.send(fromServer.text('a'.repeat(LONGEST + 1)));
      assert.strictEqual(await closeCode(peer), 1009);
      peer.socket.end();
      const { state } = await subject.until('close');
      assert.deepStrictEqual(state.notes, [LONGEST]);
    });
  });
}

test('a text past the longest string ends a connection of a draft', async (t) => {
  const subject = await startSubject(t, { behaviour: lengths, flags });
  const client = await dial(t, subject.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: b\r\n\r\n');
  await client.head();
  for (const length of [LONGEST, LONGEST + 1]) {
    client.send(Buffer.from([0]), Buffer.from('a'.repeat(length)), Buffer.from([0xff]));
  }
  const { state } = await subject.until('close');
  assert.deepStrictEqual([state.notes, state.uncaught], [[LONGEST], []]);
});

test('a text past the longest string that an extension has made is 1009', async (t) => {
  const subject = await startSubject(t, { behaviour: lengths, flags, plugin: 'idle' });
  const client = await connect(t, subject.port, { headers: ['Sec-WebSocket-Extensions: x-idle'] });
  client.send(text('a'.repeat(LONGEST)), text('é'.repeat(LONGEST + 1)));
  assert.strictEqual(await closeCode(client), 1009);
  client.socket.end();
  const { state } = await subject.until('close');
  assert.deepStrictEqual([state.closes, state.notes], [[[1009, TOO_LARGE]], [LONGEST]]);
});
