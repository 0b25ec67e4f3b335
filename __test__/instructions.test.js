'use strict';

// How instructions are added up from what callgrind writes (`scripts/instructions.js`).

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const { instructionsOf } = require('../scripts/instructions');

const OUTPUT = `# callgrind format
events: Ir

ob=(1) /usr/bin/node
fl=(1) ???
fn=(1) main
0 100
cob=(2) /somewhere/faye-websocket-native.linux-x64-gnu.node
cfi=(1)
cfn=(2) receive
calls=3 0
0 5000
+2 10

ob=(2)
fn=(2)
0 4000
-1 20
* 1
calls=1 0
* 999

ob=(1)
fn=(3) other
0 7
`;

test('instructions count where they were executed, and those of what is called are not counted twice', () => {
  assert.deepStrictEqual(
    [...instructionsOf(OUTPUT)],
    [
      ['/usr/bin/node', 117],
      ['/somewhere/faye-websocket-native.linux-x64-gnu.node', 4021]
    ]
  );
});

for (const without of ['channels', 'scope']) {
  test(`messages pass without ${without}`, () => {
    const settings = {
      folder: path.join(__dirname, '..'),
      without,
      transport: 'auto',
      connections: 1,
      flight: 1,
      length: 8,
      warm: 1,
      messages: 2,
      binary: false
    };
    const echo = path.join(__dirname, '..', 'scripts', 'instructions', 'echo.js');
    const { stdout, stderr } = spawnSync(process.execPath, [echo, JSON.stringify(settings)], {
      encoding: 'utf8'
    });

    assert.match(stdout, /^\{"user":\d+,"system":\d+\}\n$/, stderr);
  });
}
