'use strict';

/**
 * Verdicts of the suite, and the file in which they are committed.
 *
 * A verdict is what the suite calls `behavior`; where it thinks otherwise of how the connection was closed
 * (`behaviorClose`), both: "OK (closing FAILED)".
 */

const fs = require('node:fs');
const path = require('node:path');

const FILE = path.join(__dirname, 'results.json');

/** Verdicts with which there is nothing to mend. */
const GOOD = new Set(['OK', 'INFORMATIONAL']);

/**
 * @param {import('./suite').Result} result
 * @returns {string}
 */
function verdict({ behavior, behaviorClose }) {
  return behaviorClose === behavior ? behavior : `${behavior} (closing ${behaviorClose})`;
}

/**
 * @param {string} verdict
 * @returns {boolean}
 */
function isGood(verdict) {
  return GOOD.has(verdict);
}

/**
 * @param {string[]} verdicts
 * @returns {string} such as "298 OK, 3 INFORMATIONAL"
 */
function describe(verdicts) {
  const counts = new Map();
  for (const each of verdicts) counts.set(each, (counts.get(each) || 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, number]) => `${number} ${name}`)
    .join(', ');
}

/**
 * What is committed: by run ("server, stream") the counts by section, and by case the verdicts in order of the runs.
 *
 * @returns {{suite: string, messages: number, runs: string[], counts: object, cases: Object<string, string[]>}}
 */
function read() {
  return JSON.parse(fs.readFileSync(FILE, 'utf8'));
}

/**
 * Writes the file, a case on each line.
 *
 * @param {{suite: string, messages: number}} about
 * @param {Map<string, Map<string, string>>} runs verdicts by case by run
 */
function write(about, runs) {
  const names = [...runs.keys()];
  const ids = [...new Set(names.flatMap((name) => [...runs.get(name).keys()]))].sort(byNumber);
  const cases = ids.map((id) => {
    const verdicts = names.map((name) => runs.get(name).get(id) || 'NOT RUN');
    return `    ${JSON.stringify(id)}: [${verdicts.map((each) => JSON.stringify(each)).join(', ')}]`;
  });
  const counts = names.map(
    (name) => `    ${JSON.stringify(name)}: ${JSON.stringify(sections(runs.get(name)))}`
  );
  const head = Object.entries({ ...about, runs: names }).map(([key, value]) => {
    return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  });
  const parts = [
    ...head,
    `  "counts": {\n${counts.join(',\n')}\n  }`,
    `  "cases": {\n${cases.join(',\n')}\n  }`
  ];
  fs.writeFileSync(FILE, `{\n${parts.join(',\n')}\n}\n`);
}

/** The counts of a run, by section. */
function sections(verdicts) {
  const bySection = new Map();
  for (const [id, each] of [...verdicts].sort((a, b) => byNumber(a[0], b[0]))) {
    const section = id.split('.')[0];
    bySection.set(section, [...(bySection.get(section) || []), each]);
  }
  const counts = [...bySection].map(([section, list]) => [`section ${section}`, describe(list)]);
  return { all: describe([...verdicts.values()]), ...Object.fromEntries(counts) };
}

/** Orders cases as the suite numbers them: 1.2 before 1.10. */
function byNumber(a, b) {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? left.length - right.length : left[at] - (right[at] || 0);
}

module.exports = { describe, isGood, read, verdict, write };
