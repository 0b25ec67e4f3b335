'use strict';

/**
 * The differential fuzzer: plays random cases on the reference and on us, and compares what they emit and write.
 *
 *     npm run fuzz:parity -- --minutes 30 --seed 7       for so long; without a seed, one is drawn
 *     npm run fuzz:parity -- --cases 1000                so many cases
 *     npm run fuzz:parity -- --role client               one role only
 *     npm run fuzz:parity -- --wire socket               over sockets only, or in memory only (memory)
 *     npm run fuzz:parity -- --most 1                    until so many differences are found
 *     npm run fuzz:parity -- --strict                    without the list of known differences
 *     npm run fuzz:parity -- --seed 7 --case 42          one case, with its record
 *     npm run fuzz:parity -- --replay '{"role": ...}'    a case as it was printed
 *
 * A difference that `known.js` does not explain is printed with its seed and as the smallest case that still shows it.
 */

const { parseArgs } = require('util');
const { randomInt } = require('crypto');
const { makeCase } = require('./generate');
const { play } = require('./play');
const { compare, describe } = require('./compare');
const { KNOWN } = require('./known');
const { shrink } = require('./shrink');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    role: { type: 'string' },
    wire: { type: 'string' },
    replay: { type: 'string' },
    most: { type: 'string', default: '5' },
    strict: { type: 'boolean', default: false }
  }
});

/** What explains a difference. */
const known = values.strict ? [] : KNOWN;

/** Plays a case and compares: `{ kind: 'equal' | 'known' | 'different', ... }`. */
async function judge(one) {
  const { reference, native, direct } = await play(one);
  const messages = native
    .flatMap(({ events }) => events)
    .filter((line) => line.startsWith('ws emits message'));
  return { ...compare(one, reference, native, known), messages: messages.length, direct };
}

/** Plays one case and prints its record. */
async function show(one) {
  const { reference, native } = await play(one);
  console.log(JSON.stringify(one));
  console.log(describe(reference, native));
  const verdict = compare(one, reference, native, known);
  console.log(verdict.reason ? `${verdict.kind}: ${verdict.reason}` : verdict.kind);
  return verdict.kind === 'different' ? 1 : 0;
}

/** Plays cases until the time or the number is up; the number of differences. */
async function hunt() {
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const end = Date.now() + Number(values.minutes) * 60000;
  const cases = values.cases === undefined ? Infinity : Number(values.cases);
  const counts = { equal: 0, different: 0 };
  let index = 0;
  let messages = 0;
  const kinds = { direct: 0, drafts: 0 };
  for (; index < cases && (cases !== Infinity || Date.now() < end); index++) {
    const one = makeCase(seed, index, values);
    const verdict = await judge(one);
    messages += verdict.messages;
    if (verdict.direct) kinds.direct++;
    if (one.dialect) kinds.drafts++;
    const name = verdict.kind === 'known' ? verdict.reason : verdict.kind;
    counts[name] = (counts[name] || 0) + 1;
    if (verdict.kind !== 'different') continue;
    const small = await shrink(one, async (smaller) => (await judge(smaller)).kind === 'different');
    console.log(`\n### seed ${seed}, case ${index}`);
    await show(small);
    if (counts.different >= Number(values.most)) {
      index++;
      break;
    }
  }
  console.log(`\nseed ${seed}: ${index} cases, ${messages} messages`);
  console.log(`${kinds.direct} cases over the direct transport, ${kinds.drafts} in a draft`);
  for (const [name, count] of Object.entries(counts)) console.log(`${String(count).padStart(8)}  ${name}`);
  console.log(`${counts.different} unexplained differences`);
  return counts.different;
}

async function main() {
  if (values.replay) return show(JSON.parse(values.replay));
  if (values.case !== undefined) return show(makeCase(Number(values.seed), Number(values.case), values));
  return hunt();
}

main().then(
  (failures) => process.exit(failures > 0 ? 1 : 0),
  (error) => {
    console.error(error);
    process.exit(2);
  }
);
