'use strict';

// What CI runs beside the tests that tell of time: which test files these are, and what is made of both runs.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
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

/** What a program prints last that has the functions of `scripts/suites.js`; it is no part of this run of tests. */
function lastLine(program) {
  const suites = JSON.stringify(path.join(__dirname, '..', 'scripts', 'suites.js'));
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  const source = `const { judged, nodeTest } = require(${suites}); (async () => { ${program} })()`;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', source], { env }).toString().trim().split('\n').pop()
  );
}

test('a run that was taken down has failed, although a test of the other one passes alone', () => {
  const file = JSON.stringify(path.join(__dirname, 'topics', 'numbering.test.js'));
  const { failed, notes } = lastLine(`
    const count = { passed: 9, failed: 1, skipped: 0 };
    const unsteady = { count, failures: new Map([[${file}, ['one']]]) };
    const down = { count, failures: new Map([['', ['the runner']]]) };
    console.log(JSON.stringify(await judged([unsteady, down])));
  `);

  assert.strictEqual(failed, 1);
  assert.deepStrictEqual(
    notes.map((note) => note.replace(/ \(.*/, '')),
    ['FAILED: the runner', 'UNSTEADY: one']
  );
});

test('a runner that is taken down is a failure of no file', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'taken-down-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'down.test.js');
  fs.writeFileSync(file, "process.kill(process.ppid, 'SIGKILL')");
  const { count, failures } = lastLine(`
    const { count, failures } = await nodeTest([${JSON.stringify(file)}], 'taken_down');
    console.log(JSON.stringify({ count, failures: [...failures] }));
  `);

  assert.strictEqual(count.failed, 1);
  assert.deepStrictEqual(
    failures.map(([where]) => where),
    ['']
  );
});
