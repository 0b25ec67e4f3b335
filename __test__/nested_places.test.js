'use strict';

// Handlers that Node comes to in a tick, within the loop of another handler or between immediates, and that run the loop: Node
// never comes back from a loop between its immediates, so they are called elsewhere; and we have one immediate at most, so
// that no tick of a handler's own comes between two of ours.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { skip } = require('../testing/peers/nested');
const { WAYS } = require('../testing/peers/scoped');

const PROGRAM = require.resolve('../testing/peers/nested_places');
/** How long a process is given that goes round for ever otherwise. */
const timeout = 60_000;

const EVENTS = [
  'close',
  'error',
  'end',
  'abort',
  'drain',
  'open',
  'message',
  'message between immediates',
  'pong',
  'EventSource',
  'a tick of its own'
];

for (const name of Object.keys(WAYS)) {
  test(
    `Node comes back from the loop of each handler, wherever it is called (${name})`,
    { skip },
    async () => {
      const child = await promisify(execFile)(process.execPath, [PROGRAM, name], { timeout }).catch(
        (error) => error
      );
      assert.deepStrictEqual(child.stdout.trim().split('\n'), EVENTS, child.stderr);
    }
  );
}
