'use strict';

// The WebAssembly engine on processors that this one is not: one without vectors, and one that is big-endian.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');

const { numbersOf, swapped } = require('../lib/wasm/numbers');

const SMOKE = path.join(__dirname, 'smoke', 'smoke.js');
const MODULES = path.join(__dirname, '..', 'lib', 'wasm');

/** A program to load first: V8 refuses the module with vectors, as it does where the processor has none. */
const WITHOUT_VECTORS = `
  const { bytes } = require(${JSON.stringify(path.join(MODULES, 'module.js'))});
  const vectors = bytes();
  const { Module } = WebAssembly;
  WebAssembly.Module = function (source) {
    if (vectors.equals(source)) throw new WebAssembly.CompileError('Wasm SIMD unsupported');
    process.env.COMPILED = String(source.length);
    return new Module(source);
  };
`;

/** A program to load first: numbers are read as where the processor is big-endian. */
const SWAPPED = `
  const numbers = require(${JSON.stringify(path.join(MODULES, 'numbers.js'))});
  numbers.numbersOf = numbers.swapped;
  // Where the processor is big-endian, such an array would read every number wrongly.
  const { forNew } = require(${JSON.stringify(path.join(MODULES, 'instances.js'))});
  if (forNew().numbers instanceof Int32Array) throw new Error('a fresh instance reads numbers as the processor does');
`;

/** Runs the smoke test behind a program; what it prints. */
function smoke(first) {
  const program = `${first}; require(${JSON.stringify(SMOKE)})`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    env: { ...process.env, FAYE_WEBSOCKET_NATIVE: 'wasm' },
    timeout: 120000
  });
  assert.strictEqual(status, 0, stdout + stderr);
  return stdout;
}

describe('the WebAssembly engine', { timeout: 300000 }, () => {
  test('does all its jobs without vectors', () => {
    assert.strictEqual(smoke(WITHOUT_VECTORS).match(/^ok: /gm).length, 10);
  });

  test('does all its jobs where numbers have to be swapped', () => {
    assert.strictEqual(smoke(SWAPPED).match(/^ok: /gm).length, 10);
  });

  test('has two modules, made by the same compiler', () => {
    const [vectors, scalar] = ['module', 'module_scalar'].map((name) => require(path.join(MODULES, name)));
    assert.ok(WebAssembly.validate(vectors.bytes()) && WebAssembly.validate(scalar.bytes()));
    assert.notDeepStrictEqual(vectors.bytes(), scalar.bytes());
    assert.strictEqual(vectors.compiler, scalar.compiler);
  });

  test('reads numbers as little-endian, as they are in its memory', () => {
    const memory = new ArrayBuffer(16);
    const view = new DataView(memory);
    [1, -2, 0x01020304, -0x7fffffff].forEach((number, i) => view.setInt32(i * 4, number, true));
    for (const numbers of [numbersOf(memory), swapped(memory)]) {
      assert.deepStrictEqual(
        [numbers[0], numbers[1], numbers[2], numbers[3]],
        [1, -2, 0x01020304, -0x7fffffff]
      );
      assert.deepStrictEqual([...numbers.slice(1, 3)], [-2, 0x01020304]);
      numbers[3] = 7;
      assert.strictEqual(view.getInt32(12, true), 7);
      view.setInt32(12, -0x7fffffff, true);
    }
  });
});
