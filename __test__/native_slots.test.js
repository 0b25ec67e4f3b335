'use strict';

// The binding below the shim: rows are numbered alike on both sides, stale slots are refused, and arguments of
// the wrong kind are errors, never more.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { beforeEach, describe, test } = require('node:test');

// The whole package, since its shim shares the memory that the calls below write to.
require('..');
const native = require('../lib/native');
const rows = require('../lib/native/rows');
const turns = require('../lib/transport/turns');
const { text, binary, fragments } = require('../testing/wire');

/** What a slab has left that nobody has written to. */
const ROOM = 64 * 1024;

/** A request that is accepted. */
const REQUEST = {
  maxLength: 0,
  method: 'GET',
  url: '/',
  upgrade: 'websocket',
  connection: 'Upgrade',
  version: '13',
  key: 'dGhlIHNhbXBsZSBub25jZQ=='
};

/** Opens a session below the shim; its slot. */
function open(maxLength = 1 << 26) {
  const answer = native.accept({ ...REQUEST, maxLength });
  assert.ok(answer[1] >= 0, String(answer[3]));
  return answer[1];
}

/** The rows of the last call, as arrays. */
function read(count) {
  return Array.from({ length: count }, (_, i) => {
    const at = rows.HEAD + i * rows.CELLS;
    return [...rows.cells.slice(at, at + rows.CELLS)];
  });
}

/** What `lib/native/rows.js` has besides kinds. */
const LAYOUT = ['bytes', 'cells', 'CELLS', 'HEAD', 'REACHED', 'LEFT', 'DEPTH', 'QUEUED', 'LOST'];

// As much work as it takes.
beforeEach(() => (rows.cells[rows.LEFT] = 2 ** 30));

describe('rows', () => {
  const source = fs.readFileSync(path.join(__dirname, '../src/protocol/rows.rs'), 'utf8');

  test('have the same kinds with the same numbers in Rust and in JavaScript', () => {
    const body = /pub enum Kind \{([^}]*)\}/.exec(source)[1];
    const kinds = Object.fromEntries(
      [...body.matchAll(/^\s*(\w+) = (\d+),$/gm)].map(([, name, number]) => [
        name.replace(/\B[A-Z]/g, '_$&').toUpperCase(),
        Number(number)
      ])
    );
    assert.ok(Object.keys(kinds).length >= 10);
    const ours = Object.fromEntries(Object.entries(rows).filter(([name]) => !LAYOUT.includes(name)));
    assert.deepStrictEqual(ours, kinds);
  });

  test('have the same size, and the same mark for what is queued', () => {
    assert.strictEqual(rows.CELLS, Number(/CELLS: usize = (\d+)/.exec(source)[1]));
    assert.strictEqual(rows.QUEUED, Number(/QUEUED: i32 = (-?\d+)/.exec(source)[1]));
  });

  test('stop at the capacity, and the rest comes with the next call', () => {
    const slot = open();
    const capacity = Math.floor((rows.cells.length - rows.HEAD) / rows.CELLS);
    const message = text('x');
    const chunk = Buffer.concat(Array(capacity * 2 + 10).fill(message));
    const counts = [];
    for (let at = 0; at < chunk.length; at = rows.cells[0]) counts.push(native.receive(slot, chunk, at));
    assert.deepStrictEqual(counts, [capacity, capacity, 10]);
    native.release(slot);
  });

  test('stop once the work of a turn is done, and tell what is left of it', () => {
    const slot = open();
    const message = binary(Buffer.alloc(9_000));
    const chunk = Buffer.concat(Array(10).fill(message));
    rows.cells[rows.LEFT] = 25_000;
    assert.strictEqual(native.receive(slot, chunk, 0), 3);
    assert.strictEqual(rows.cells[rows.REACHED], 3 * message.length);
    assert.ok(rows.cells[rows.LEFT] <= 0);
    assert.strictEqual(native.receive(slot, chunk, 3 * message.length), 0, 'nothing is left to do it with');
    assert.strictEqual(rows.cells[rows.REACHED], 3 * message.length);
    rows.cells[rows.LEFT] = 1_000_000;
    assert.strictEqual(native.receive(slot, chunk, 3 * message.length), 7);
    const used = 1_000_000 - rows.cells[rows.LEFT];
    assert.ok(used > 63_000 && used < 100_000, `${used} units`);
    native.release(slot);
  });

  test('are not needed for a short text of ASCII that comes alone', () => {
    const slot = open();
    for (const [chunk, result] of [
      [text('alone'), 'alone'],
      [text(''), ''],
      [text('x'.repeat(512)), 'x'.repeat(512)],
      [text('x'.repeat(513)), 1],
      [text('é'), 1],
      [binary('bytes'), 1],
      [Buffer.concat([text('one'), text('two')]), 2],
      [text('half').subarray(0, 5), 0]
    ]) {
      assert.strictEqual(native.receive(slot, Buffer.from(chunk), 0), result);
      assert.strictEqual(rows.cells[rows.REACHED], chunk.length);
    }
    native.release(slot);
  });

  test('may cause as much work in one turn in both languages', () => {
    const work = fs.readFileSync(path.join(__dirname, '../src/protocol/work.rs'), 'utf8');
    const [, factors] = /TURN: Work = Work \{ left: ([\d *]+) \}/.exec(work);
    assert.strictEqual(
      turns.TURN,
      factors.split('*').reduce((product, factor) => product * Number(factor), 1)
    );
  });
});

describe('slots', () => {
  test('refuse their number once they are released, in every call that takes one', () => {
    const slot = open();
    native.release(slot);
    const target = Buffer.alloc(64);
    const calls = {
      receive: () => native.receive(slot, text('x'), 0),
      sendText: () => native.sendText(slot, 'x', ROOM),
      sendBytes: () => native.sendBytes(slot, 2, Buffer.from('x'), ROOM),
      sendClose: () => native.sendClose(slot, 1000, '', ROOM),
      frameBytes: () => native.frameBytes(slot, 2, Buffer.from('x'), target),
      takeText: () => native.takeText(slot),
      takeBytes: () => native.takeBytes(slot, target),
      skip: () => native.skip(slot),
      buffered: () => native.buffered(slot)
    };
    for (const [name, call] of Object.entries(calls)) {
      assert.throws(call, /No session has the slot/, name);
    }
    native.release(slot);
  });

  test('are used again under another number, and the old number still finds nothing', () => {
    const before = native.sessions();
    const stale = open();
    native.release(stale);
    const seen = new Set([stale]);
    for (let i = 0; i < 500; i++) {
      const slot = open();
      assert.ok(!seen.has(slot), 'a number came back at once');
      seen.add(slot);
      assert.throws(() => native.receive(stale, text('x'), 0), /No session/);
      native.release(slot);
    }
    assert.strictEqual(native.sessions(), before);
  });

  test('release a session once, and ignore numbers that were never given', () => {
    const slot = open();
    const before = native.sessions();
    for (const number of [slot, slot, 0x7fffffff, 0xffffffff]) native.release(number);
    assert.strictEqual(native.sessions(), before - 1);
  });

  test('keep two sessions apart: half a message of one does not meet the other', () => {
    const a = open();
    const b = open();
    const [first, second] = fragments('ab', 'cd');
    assert.strictEqual(native.receive(a, first, 0), 0);
    assert.strictEqual(native.receive(b, binary('xy'), 0), 1);
    assert.strictEqual(native.receive(a, second, 0), 1);
    assert.deepStrictEqual(read(1), [[rows.ASCII, rows.QUEUED, 4, 0]]);
    assert.strictEqual(native.takeText(a), 'abcd');
    assert.throws(() => native.takeText(b), /queue is empty/);
    native.release(a);
    native.release(b);
  });
});

/** What every chunk and every send goes through. */
const MESSAGE_PATH = [
  'accept',
  'release',
  'receive',
  'text',
  'takeText',
  'takeBytes',
  'skip',
  'buffered',
  'sendText',
  'sendBytes',
  'sendClose'
];

describe('arguments', () => {
  const wrong = [undefined, null, -1, 1.5e20, NaN, 'x', {}, [], Symbol('s'), () => {}, 10n, Buffer.alloc(1)];

  // Node 18 itself ends the process when it is asked for the memory of what is no Buffer.
  const skip = parseInt(process.versions.node, 10) < 20 && 'it needs Node.js 20';
  test('of the wrong kind throw or are refused, and the session goes on', { skip }, () => {
    const slot = open();
    const chunk = text('fine');
    for (const name of MESSAGE_PATH) {
      assert.strictEqual(typeof native[name], 'function', name);
      for (const value of wrong) {
        for (const list of [[value], [slot, value], [slot, value, value], [slot, value, value, value]]) {
          if (name === 'release' && list[0] === slot) continue;
          try {
            native[name](...list);
          } catch (error) {
            assert.ok(error instanceof Error, name);
          }
        }
      }
    }
    const after = open();
    assert.strictEqual(native.receive(after, chunk, 0), 'fine');
    native.release(after);
    native.release(slot);
  });

  test('past the end of a chunk or of the slab are refused', () => {
    const slot = open();
    assert.strictEqual(native.receive(slot, text('x'), 1000), 0);
    assert.throws(() => native.text(text('x'), 5, 1000));
    assert.throws(() => native.text(text('x'), 0xffffffff, 0xffffffff));
    // What the slab has left is 0, less than nothing, or more than there is of it.
    for (const room of [0, -1, -ROOM, ROOM + 1, 0xffffffff]) {
      assert.strictEqual(native.sendBytes(slot, 2, Buffer.alloc(1), room), -1);
      assert.strictEqual(native.sendText(slot, 'x', room), -1);
    }
    native.release(slot);
  });

  test('without memory are taken for empty', () => {
    const slot = open();
    const gone = new Uint8Array(16);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    assert.strictEqual(native.receive(slot, gone, 0), 0);
    assert.strictEqual(native.receive(slot, Buffer.alloc(0), 0), 0);
    native.release(slot);
  });
});
