'use strict';

// sockjs and sockjs-client, which are made for faye-websocket, get ours through `overrides`.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { run } = require('../testing/packing');
const { ALIAS, installWithNpm, workspace } = require('./installed');

let folder, remove;

before(async () => {
  const space = await workspace();
  ({ folder, remove } = space);
  await installWithNpm(space, {
    dependencies: { sockjs: '0.3.24', 'sockjs-client': '1.6.1' },
    overrides: ALIAS
  });
  fs.cpSync(path.join(__dirname, 'programs'), folder, { recursive: true });
});

after(() => remove());

test('sockjs and sockjs-client talk to each other over every transport', async () => {
  const { stdout } = await run(process.execPath, ['sockjs.js'], folder);

  assert.deepStrictEqual(stdout.trim().split('\n'), [
    'sockjs runs on faye-websocket-native, sockjs-client on the same',
    'websocket: 3 messages came back',
    'xhr-streaming: 3 messages came back',
    'eventsource: 3 messages came back'
  ]);
});
