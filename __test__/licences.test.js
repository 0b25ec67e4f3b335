'use strict';

// The licences that go along with the binary: of every crate in it, and of Rust's standard library.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { describe, test } = require('node:test');

const { licences } = require('../scripts/licences');
const { readManifest, targets, tripleOf } = require('../scripts/stage');
const { ROOT } = require('../scripts/process');

const skip = spawnSync('cargo', ['--version']).error ? 'there is no cargo to ask' : false;

test('every platform package is for one of the targets that are built', () => {
  const triples = targets().map(tripleOf);
  assert.deepStrictEqual(triples.sort(), [...readManifest(ROOT).napi.targets].sort());
});

describe('the licences', { skip }, () => {
  const binary = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));
  const text = skip ? '' : licences(tripleOf(binary.split('.')[1]));
  const rule = '='.repeat(80);
  const [list, ...sections] = text.split(`\n${rule}\n`);
  const named = [...list.matchAll(/^- (.+?) (?:\d\S*|as in the crate|in part) \((.+)\)$/gm)].map(
    ([, name]) => name
  );

  test('name the crates of the core and of the binding, and the standard library', () => {
    for (const name of [
      'zlib-rs',
      'simdutf',
      'napi',
      'napi-sys',
      'mio',
      "Rust's standard library",
      'hashbrown'
    ])
      assert.ok(named.includes(name), name);
  });

  test('do not name what only runs while it is built', () => {
    for (const name of ['syn', 'napi-build', 'napi-derive', 'proptest'])
      assert.ok(!named.includes(name), name);
  });

  test('have a text for each of them, with its notice', () => {
    const owners = new Set(
      sections.filter((_, i) => i % 2 === 0).flatMap((names) => names.trim().split(', '))
    );
    assert.deepStrictEqual(
      [...named].filter((name) => !owners.has(name)),
      []
    );
    assert.match(text, /Copyright 2021 The simdutf authors/);
    const napi = sections[sections.findIndex((names) => names.includes('napi-sys')) + 1];
    assert.match(napi, /Copyright \(c\) 2020 LongYinan[^]*Permission is hereby granted/);
    assert.match(text, /The Rust Project Developers/);
  });
});
