'use strict';

// The release workflow: what it builds with is pinned, and the job that npm trusts runs nothing of anybody else's.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const workflow = fs.readFileSync(path.join(__dirname, '../.github/workflows/release.yml'), 'utf8');

/** The text of each job, by its name. */
const jobs = Object.fromEntries(
  workflow
    .split(/^jobs:$/m)[1]
    .split(/^ {2}(?=[\w-]+:$)/m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf(':')), text])
);

/** The commands of a text: `run` in one line, or each line of a block. */
function commands(text) {
  return [...text.matchAll(/run: (?:\||(.*))\n((?:[ ]{10,}.*\n)*)/g)].flatMap(([, line, block]) =>
    [line, ...block.split('\n')].map((each) => (each || '').trim()).filter(Boolean)
  );
}

test('one job alone has the trust of npm, and it checks nothing out and installs nothing', () => {
  const trusted = Object.keys(jobs).filter((name) => jobs[name].includes('id-token: write'));
  assert.deepStrictEqual(trusted, ['publish']);
  const { publish } = jobs;
  assert.match(publish, /needs: pack\n/);
  const actions = [...publish.matchAll(/uses: ([^@\n]+)@/g)].map(([, name]) => name);
  assert.deepStrictEqual(actions, ['actions/setup-node', 'actions/download-artifact']);
  assert.deepStrictEqual(commands(publish), [
    'for file in packed/*.tgz; do npm publish "./$file" --ignore-scripts --provenance --access public; done'
  ]);
});

test('every tool that builds has a version, and the lock files are kept to', () => {
  const all = commands(workflow);
  const builds = all.filter((line) => /napi build|cargo (build|install)|npm (ci|install)|pipx/.test(line));
  assert.ok(builds.length >= 6, String(builds));
  for (const line of builds) {
    if (line.includes('napi build')) assert.match(line, / -- --locked$/);
    if (line.includes('cargo install')) assert.match(line, /--version \S+ --locked/);
    if (line.includes('pipx')) assert.match(line, /cargo-zigbuild==\S+ .*ziglang==\S+/);
    if (line.includes('npm ')) assert.match(line, /npm ci --ignore-scripts/);
  }
  for (const [, version] of workflow.matchAll(/rustup toolchain install (\S+)/g))
    assert.strictEqual(version, '"$RUSTUP_TOOLCHAIN"');
  assert.match(workflow, /RUSTUP_TOOLCHAIN: '\d+\.\d+\.\d+'/);
  for (const [, revision] of workflow.matchAll(/uses: [^.\n][^@\n]*@(\S+)/g))
    assert.match(revision, /^[0-9a-f]{40}$/);
  for (const name of ['build', 'pack', 'publish']) assert.match(jobs[name], /node-version: \d+\.\d+\.\d+\n/);
});
