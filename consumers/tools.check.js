'use strict';

// What the checkers of packages and of types have to say.

const { after, before, test } = require('node:test');
const path = require('node:path');

const { exports: entries } = require('../package.json');
const { run } = require('../testing/packing');
const { TOOLS, workspace } = require('./installed');

let packed, folder, remove;

before(async () => {
  ({ packed, folder, remove } = await workspace());
});

after(() => remove());

test('publint finds nothing', async () => {
  await run(
    process.execPath,
    [path.join(TOOLS, 'publint/src/cli.js'), 'run', packed.file, '--strict'],
    folder
  );
});

test('attw finds the types right for every way of resolving them', async () => {
  const attw = path.join(TOOLS, '@arethetypeswrong/cli/dist/index.js');
  // package.json is an entry point too, and has no types; nor have the files that code of the original requires by their paths.
  const without = Object.keys(entries).filter((name) => /^\.\/(package\.json|lib\/)/.test(name));
  const names = without.map((name) => name.slice('./'.length));
  await run(process.execPath, [attw, packed.file, '--exclude-entrypoints', ...names], folder);
});
