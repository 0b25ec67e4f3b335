'use strict';

// Threads that the system refuses: what they would have done is done on the loop, and nothing else shows.

const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { failing } = require('./failures/build');

const ROOT = path.join(__dirname, '..');
const NOBODY = 65534;
const isRoot = process.getuid && process.getuid() === 0;

/** Runs a conversation of large compressed messages in a process without threads of ours to its end. */
async function converse(t, folder, transport, how, user = {}) {
  const file = path.join(__dirname, 'failures/conversation.js');
  const child = spawn(process.execPath, [file, folder, transport, how], {
    stdio: ['ignore', 'inherit', 'pipe'],
    ...user
  });
  t.after(() => child.kill('SIGKILL'));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  assert.deepStrictEqual([...(await once(child, 'close')), complaints], [0, null, '']);
}

/** Why the system's own limit cannot be tried here, or false. */
function missing() {
  if (process.platform !== 'linux') return 'only Linux counts threads for RLIMIT_NPROC';
  try {
    execFileSync('prlimit', ['--version']);
  } catch {
    return 'there is no prlimit';
  }
  // The limit binds everybody but root, so root runs the process as nobody, who must be able to read it.
  for (let folder = ROOT; isRoot && folder !== '/'; folder = path.dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o5) !== 0o5) return `nobody cannot read ${folder}`;
  }
  return false;
}

for (const transport of ['direct', 'stream']) {
  describe(`without threads (${transport} transport)`, () => {
    const built = failing();

    test(
      'all messages come back, and the process ends by itself',
      {
        skip: built && built.folder ? false : 'there is no binary whose threads can be refused'
      },
      async (t) => {
        await converse(t, built.folder, transport, 'inject');
      }
    );

    test('the same is so when the limit of the system is reached', { skip: missing() }, async (t) => {
      await converse(t, ROOT, transport, 'limit', isRoot ? { uid: NOBODY, gid: NOBODY } : {});
    });
  });
}
