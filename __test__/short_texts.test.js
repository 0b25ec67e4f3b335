'use strict';

// Short texts that arrive together are parts of one string. Nobody sees that: each is what was sent, and whoever keeps one
// keeps little else.

const assert = require('node:assert');
const { describe, it } = require('node:test');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const { random } = require('../testing/peers/random');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const { binary, ping, text } = require('../testing/wire');
const { asciiOf } = require('../lib/transport/ascii');
const { Chunk } = require('../lib/transport/chunk');
const { ASCII, CELLS } = require('../lib/native/rows');

const KINDS = ['short', 'short', 'short', 'short', 'empty', 'long', 'accented', 'binary', 'ping'];

/** Messages by chance, most of them short texts: the frame of each, and what the receiver is told. */
function messages(roll, count) {
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[roll(KINDS.length)];
    const length = kind === 'empty' ? 0 : kind === 'long' ? roll(2000) : roll(80);
    const letter = String.fromCharCode(97 + (i % 26));
    const told = (kind === 'accented' ? 'é' : '') + letter.repeat(length);
    if (kind === 'ping') return { frame: ping('p'), told: [] };
    if (kind === 'binary') return { frame: binary(Buffer.from(told)), told: [Buffer.from(told)] };
    return { frame: text(told), told: [told] };
  });
}

/** A chunk of `count` texts of `length` bytes, ready to be dispatched. */
function chunkOf(count, length) {
  const header = 6;
  const chunk = new Chunk(Buffer.alloc(count * (header + length), 'x'));
  chunk.rows = new Int32Array(count * CELLS);
  for (let i = 0; i < count; i++)
    chunk.rows.set([ASCII, i * (header + length) + header, length, 0], i * CELLS);
  chunk.end = count * CELLS;
  return chunk;
}

/** The texts of a chunk, one after the other. */
function textsOf(chunk) {
  const texts = [];
  while (chunk.row < chunk.end) {
    const [, offset, length] = chunk.rows.subarray(chunk.row, chunk.row + CELLS);
    chunk.row += CELLS;
    texts.push(asciiOf(chunk, offset, length));
  }
  return texts;
}

describe('short texts in one packet', () => {
  for (const { name, secure, options } of WAYS) {
    it(`are told as they were sent, among others: ${name}`, async (t) => {
      const told = [];
      const { port, next } = await serve(t, undefined, { secure, options });
      const client = await connect(t, port, { secure });
      const ws = await next();
      const roll = random(14);
      const expected = [];
      const all = new Promise((resolve) => {
        ws.on('message', ({ data }) => {
          told.push(data);
          if (data === 'the last one') resolve();
        });
      });
      for (let packet = 0; packet < 20; packet++) {
        const list = messages(roll, 1 + roll(120));
        expected.push(...list.flatMap((each) => each.told));
        client.send(Buffer.concat(list.map(({ frame }) => frame)));
      }
      client.send(text('the last one'));
      await all;
      assert.deepStrictEqual(told, [...expected, 'the last one']);
    });
  }
});

describe('a short text that is kept', () => {
  it('keeps no more than half a kilobyte beside it', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const kept = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 4000; i++) kept.push(textsOf(chunkOf(60, 64))[30]);
    collect();
    const each = (process.memoryUsage().heapUsed - before) / kept.length;
    // A chunk has 4200 bytes.
    assert.ok(each < 1024, `${each} bytes each`);
    assert.ok(kept.every((text) => text === 'x'.repeat(64)));
  });

  it('is whole whatever its length is, and how many stand together', () => {
    for (const length of [0, 1, 12, 13, 64, 159, 160, 161, 511, 512, 513]) {
      for (const count of [1, 2, 7, 8, 9, 100]) {
        assert.deepStrictEqual(textsOf(chunkOf(count, length)), Array(count).fill('x'.repeat(length)));
      }
    }
  });
});
