'use strict';

/**
 * The differential fuzzer for drivers: plays random calls and bytes on `websocket-driver` and on ours, and compares
 * events, results and bytes.
 *
 *     npm run fuzz:driver -- --minutes 30 --seed 7     for so long; without a seed, one is drawn
 *     npm run fuzz:driver -- --cases 1000              so many cases
 *     npm run fuzz:driver -- --seed 7 --case 42        one case, with what happens in it
 *     npm run fuzz:driver -- --replay '{"role": ...}'  a case as it was printed
 */

const { randomInt } = require('node:crypto');
const { parseArgs } = require('node:util');

const { play } = require('../../testing/driver/harness');
const { makeCase } = require('./generate');
const { explain } = require('./known');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    replay: { type: 'string' },
    most: { type: 'string', default: '5' }
  }
});

const DRAFT = { 'sec-websocket-key': undefined, 'sec-websocket-version': undefined, origin: 'http://o' };
const DRAFT76 = {
  ...DRAFT,
  'sec-websocket-key1': '4 @1  46546xW%0l 1 5',
  'sec-websocket-key2': '12998 5 Y3 1  .P00'
};

/** A driver for each role: an open one, or one that nobody has started. */
const DRIVERS = {
  server: (t, options) => t.open({}, options),
  client: (t, options) => t.connected('ws://h/', options),
  'hixie-75': (t, options) => t.open(DRAFT, { ...options, allowDrafts: true }),
  'hixie-76': (t, options) => {
    const driver = t.open(DRAFT76, { ...options, allowDrafts: true });
    driver.parse(Buffer.from('^n:ds[4U'));
    return driver;
  },
  'fresh server': (t) => t.http(),
  'fresh client': (t) => t.client(),
  refused: (t) => t.http({ upgrade: undefined })
};

/** The script of a case. */
function scriptOf({ role, maxLength, steps }) {
  return (t) => {
    const driver = DRIVERS[role](t, maxLength === undefined ? {} : { maxLength });
    const objects = { driver, io: driver.io, messages: driver.messages };
    for (const { answer, feed, call } of steps) {
      if (answer !== undefined) {
        // There is nothing to answer before the request.
        if (driver.nonce) t.call(driver.io, 'write', t.answer(driver, {}, answer));
      } else if (feed !== undefined) {
        t.call(driver.io, 'write', Buffer.from(feed, 'hex'));
      } else {
        const [object, method, ...args] = call;
        t.call(objects[object], method, ...args);
      }
    }
    t.state(driver);
  };
}

/** Plays a case on both: null if they are equal, a reason if the difference is known, and otherwise both traces. */
async function judge(one) {
  const script = scriptOf(one);
  const [expected, actual] = [await play(script, 'reference'), await play(script, 'ours')];
  if (JSON.stringify(expected) === JSON.stringify(actual)) return null;
  const reason = explain(one, expected, actual);
  return reason === null ? { expected, actual } : { reason };
}

/** The case without steps that its difference does not need. */
async function shrink(one) {
  for (let i = one.steps.length - 1; i >= 0; i--) {
    const smaller = { ...one, steps: one.steps.filter((_, at) => at !== i) };
    const verdict = await judge(smaller);
    if (verdict !== null && !verdict.reason) one = smaller;
  }
  return one;
}

/** Prints a case and what differs in it. */
async function show(one) {
  const verdict = await judge(one);
  console.log(JSON.stringify(one));
  if (verdict === null) console.log('equal');
  else if (verdict.reason) console.log(`known: ${verdict.reason}`);
  else console.log(`reference:\n  ${verdict.expected.join('\n  ')}\nours:\n  ${verdict.actual.join('\n  ')}`);
  return verdict === null || verdict.reason ? 0 : 1;
}

async function hunt() {
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const end = Date.now() + Number(values.minutes) * 60000;
  const cases = values.cases === undefined ? Infinity : Number(values.cases);
  const reasons = new Map();
  let different = 0;
  let index = 0;
  for (; index < cases && (cases !== Infinity || Date.now() < end); index++) {
    // Sessions of drivers that were dropped are let go in turns of the loop.
    if (index % 1000 === 0) await new Promise(setImmediate);
    const one = makeCase(seed, index);
    const verdict = await judge(one);
    if (verdict === null) continue;
    if (verdict.reason) {
      reasons.set(verdict.reason, (reasons.get(verdict.reason) || 0) + 1);
      continue;
    }
    different += 1;
    console.log(`\n### seed ${seed}, case ${index}`);
    await show(await shrink(one));
    if (different >= Number(values.most)) break;
  }
  console.log(`\nseed ${seed}: ${index} cases`);
  for (const [reason, count] of reasons) console.log(`${String(count).padStart(8)}  ${reason}`);
  console.log(`${different} unexplained differences`);
  return different;
}

async function main() {
  if (values.replay) return show(JSON.parse(values.replay));
  if (values.case !== undefined) return show(makeCase(Number(values.seed), Number(values.case)));
  return hunt();
}

main().then(
  (failures) => process.exit(failures > 0 ? 1 : 0),
  (error) => {
    console.error(error);
    process.exit(2);
  }
);
