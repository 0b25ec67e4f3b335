'use strict';

// Worker threads load the package, and the main thread does not. Node unloads an addon with the last environment that has
// loaded it; the threads that are still at work, and the finalizers that are still to come, need it all the same.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

/** Runs a program in which only worker threads load the package; what it prints, and how it ends. */
function runAlone(program) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['--expose-gc', '-e', program], {
    cwd: path.join(__dirname, '..', 'testing', 'peers'),
    encoding: 'utf8',
    env: { ...process.env, MALLOC_PERTURB_: '165' }
  });
  return [stdout, stderr, status, signal];
}

test('workers that end in mid-compression leave nothing that runs into what was unloaded', () => {
  const program = `
    const fs = require('fs');
    const { endWorkers } = require('./compressing_workers');
    // Elsewhere than on Linux nothing tells how many threads there are.
    const threads = () => (fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : null);
    (async () => {
      // Node has all threads of its own from here on.
      await fs.promises.stat('.');
      const before = threads();
      const faults = await endWorkers(9);
      if (faults.length > 0) console.error(faults);
      // The jobs that were under way end now, and so do their threads, after two seconds without another.
      gc();
      const late = Date.now() + (before === null ? 2500 : 60000);
      while (Date.now() < late && (before === null || threads() > before))
        await new Promise((resolve) => setTimeout(resolve, 10));
      if (threads() > before) console.error(threads() - before + ' threads stay');
      gc();
      console.log('ended');
    })();`;
  assert.deepStrictEqual(runAlone(program), ['ended\n', '', 0, null]);
});

test('workers may load it one after the other, with nobody in between', () => {
  const program = `
    const { Worker } = require('worker_threads');
    let left = 10;
    const next = () => {
      if (left-- === 0) return console.log('ended');
      const worker = new Worker("require('./implementation').memoryUsage()", { eval: true });
      worker.on('exit', (code) => { gc(); if (code === 0) next(); else process.exitCode = code; });
    };
    next();`;
  assert.deepStrictEqual(runAlone(program), ['ended\n', '', 0, null]);
});
