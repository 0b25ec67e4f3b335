'use strict';

/**
 * The reporter of `npm test`: what a reader wants on one page. It prints each test that failed, with its error and its
 * place, and each that was skipped, with its reason; of those that passed it prints how many, now and then. The
 * runner writes everything else to a file (`scripts/suites.js`).
 *
 * At the end come the runner's own counts, each on a line `  count: number`, which `scripts/suites.js` reads.
 */

/** After how many passed tests a line says how far the run is. */
const EVERY = 500;
/** What the runner says at its end. */
const COUNT = /^(pass|fail|cancelled|skipped|todo) \d+$/;

/** @param {AsyncIterable<{type: string, data: object}>} source the events of `node --test` */
module.exports = async function* report(source) {
  let passed = 0;
  const skipped = new Map();
  const counts = [];
  for await (const { type, data } of source) {
    if (type === 'test:fail') {
      const text = failure(data);
      if (text !== null) yield text;
    } else if (type === 'test:diagnostic' && COUNT.test(data.message)) {
      counts.push(data.message);
    } else if (type === 'test:pass' && isTest(data)) {
      if (data.skip !== undefined || data.todo !== undefined) {
        note(skipped, reasonOf(data), data.name);
      } else if (++passed % EVERY === 0) {
        yield `  ${passed} passed\n`;
      }
    }
  }
  for (const [reason, names] of skipped) {
    const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
    yield `  skipped: ${names[0]}${more} (${reason})\n`;
  }
  for (const line of counts) yield `  ${line.replace(' ', ': ')}\n`;
};

/** Whether an event is of a test and not of a suite. */
function isTest({ details }) {
  return !details || details.type !== 'suite';
}

/** Why a test did not run. */
function reasonOf({ skip, todo }) {
  const reason = skip === undefined ? todo : skip;
  return typeof reason === 'string' && reason !== '' ? reason : 'no reason is given';
}

/** Keeps the name of a skipped test under its reason. */
function note(skipped, reason, name) {
  if (!skipped.has(reason)) skipped.set(reason, []);
  skipped.get(reason).push(name);
}

/** A failed test as text; null for a suite that failed because a test in it did, which has its own. */
function failure({ name, file, line, details }) {
  const error = (details && details.error) || {};
  if (error.failureType === 'subtestsFailed') return null;
  const cause = error.cause || error;
  const place = file ? ` (${file}${line ? `:${line}` : ''})` : '';
  const text = String((cause && (cause.stack || cause.message)) || cause);
  return `\nFAILED: ${name}${place}\n${text.replace(/^/gm, '    ')}\n`;
}
