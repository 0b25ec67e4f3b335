'use strict';

// What CI runs beside the tests that tell of time: which test files these are.

const assert = require('node:assert');
const path = require('node:path');
const { test } = require('node:test');

const { FILES, divided } = require('../scripts/beside');
const { testFiles } = require('../scripts/suites');

test('each test file runs in CI, and once', () => {
  const root = path.join(__dirname, '..');
  const all = testFiles(__dirname).map((file) => path.relative(root, file).split(path.sep).join('/'));
  const { here, others } = divided();

  assert.deepStrictEqual([...here, ...others].sort(), all.sort());
});

test('each name of files that run beside others is one', () => {
  const { here } = divided();
  const named = (name) => here.some((file) => file.startsWith(`__test__/${name}`));

  assert.deepStrictEqual(
    FILES.filter((name) => !named(name)),
    []
  );
});
