'use strict';

// The WebAssembly engine below the shim: what it has of the binary, and what happens to connections where it stops.

const assert = require('node:assert');
const { test } = require('node:test');

const binary = require('../lib/native/binary');
const wasm = require('../lib/wasm');

/** The binary, where there is one. */
function loaded() {
  try {
    return binary.load();
  } catch {
    return null;
  }
}

const native = loaded();

test(
  'has every function of the binary, but for those of the direct transport',
  { skip: native === null },
  () => {
    const missing = Object.keys(native).filter((name) => !(name in wasm) && !/^direct[A-Z]/.test(name));
    assert.deepStrictEqual(missing, []);
  }
);
