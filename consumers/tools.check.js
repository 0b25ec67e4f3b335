'use strict';

// What the checkers of packages and of types have to say.

const { after, before, test } = require('node:test');
const path = require('node:path');

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
  // package.json is an entry point too, but has no types.
  await run(process.execPath, [attw, packed.file, '--exclude-entrypoints', 'package.json'], folder);
});
