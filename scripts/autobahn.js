'use strict';

/**
 * `npm run autobahn`: the Autobahn test suite, sections 1-7, 9, 10, 12 and 13, against our server and our client, on
 * both transports and with the WebAssembly engine; compares the verdicts with those committed in autobahn/results.json.
 *
 * `--case 7.1.6`, once or several times, runs these cases alone, and compares nothing else. `--fast` leaves out the client, and sections 9, 12 and 13. `--update` writes the file; verdicts that
 * are not good fail all the same.
 */

const { parseArgs } = require('node:util');

const { VERSION, install } = require('../autobahn/install');
const { describe, isGood, read, verdict, write } = require('../autobahn/results');
const { runSuite } = require('../autobahn/suite');
const { prepare } = require('./prepare');
const { say } = require('./process');

/** Messages of each case of sections 12 and 13; with the suite's own 1,000 they take 11 minutes a run. */
const MESSAGES = 50;

const FAST = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '10.*'];
const ALL = [...FAST, '9.*', '12.*', '13.*'];

/** What the environment says for each way to run. */
const WAYS = {
  stream: { FAYE_WEBSOCKET_TRANSPORT: 'stream' },
  direct: { FAYE_WEBSOCKET_TRANSPORT: 'direct' },
  wasm: { FAYE_WEBSOCKET_TRANSPORT: 'stream', FAYE_WEBSOCKET_NATIVE: 'wasm' }
};

/**
 * Runs the suite where it can run.
 *
 * @param {object} options
 * @param {boolean} [options.fast]
 * @param {boolean} [options.update]
 * @param {string[]} [options.only] the cases to run, as the suite names them; with `*` for all of a section
 * @param {ReturnType<typeof install>} [options.installed] an installation that has been begun
 * @returns {Promise<boolean>} false when a verdict is not good, or not the one that is committed
 */
async function autobahn({ fast = false, update = false, only = [], installed = install({ minutes: 15 }) }) {
  const { env, missing } = await installed;
  if (missing) {
    console.log(`Autobahn is skipped: ${missing}`);
    return true;
  }
  try {
    const runs = await runAll(env, fast, only);
    if (update && only.length === 0)
      write({ suite: `autobahntestsuite ${VERSION}`, messages: MESSAGES }, runs);
    return agrees(runs, { fast, partly: only.length > 0 });
  } catch (error) {
    // One of the programs broke down, or the file cannot be read.
    console.log(error.message);
    return false;
  }
}

/**
 * Runs each role in each way.
 *
 * @param {object} env what python2.7 needs
 * @param {boolean} fast
 * @param {string[]} only these cases, unless it is empty
 * @returns {Promise<Map<string, Map<string, string>>>} verdicts by case, by the name of the run
 */
async function runAll(env, fast, only) {
  const runs = new Map();
  for (const role of fast ? ['server'] : ['server', 'client']) {
    for (const [way, ours] of Object.entries(WAYS)) {
      const cases = only.length > 0 ? only : fast ? FAST : ALL;
      const run = { role, way, ours, cases, count: MESSAGES, env, minutes: fast ? 3 : 20 };
      runs.set(`${role}, ${way}`, await verdicts(run));
    }
  }
  return runs;
}

/**
 * Runs cases, and those that go wrong once more: the suite has timers of half a second, which a busy machine misses.
 *
 * @param {object} run see `runSuite`
 * @returns {Promise<Map<string, string>>} verdicts by case
 */
async function verdicts(run) {
  say(`Autobahn: our ${run.role}, ${run.way}`);
  const started = process.hrtime.bigint();
  const found = new Map();
  const judge = (results) => {
    for (const result of results) {
      found.set(result.id, verdict(result));
      if (isGood(verdict(result))) continue;
      console.log(`${result.id}: ${verdict(result)}: ${result.result} ${result.resultClose}`);
    }
  };
  judge(await runSuite(run));
  const again = [...found].filter(([, each]) => !isGood(each)).map(([id]) => id);
  if (again.length > 0) {
    console.log(`once more: ${again.join(', ')}`);
    judge(await runSuite({ ...run, cases: again }));
  }
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`${describe([...found.values()])} of ${found.size} (${seconds.toFixed(0)} s)`);
  return found;
}

/**
 * Compares runs with the committed file.
 *
 * @param {Map<string, Map<string, string>>} runs
 * @param {{fast: boolean, partly: boolean}} scope which of the committed cases must have been run: not the slow ones, or none
 * @returns {boolean}
 */
function agrees(runs, { fast, partly }) {
  const committed = read();
  const faults = [];
  for (const [name, found] of runs) {
    const column = committed.runs.indexOf(name);
    for (const [id, each] of found) {
      const before = (committed.cases[id] || [])[column];
      if (!isGood(each)) faults.push(`${name}: ${id} is ${each}`);
      else if (each !== before) faults.push(`${name}: ${id} is ${each}, and was ${before}`);
    }
    const wanted = Object.keys(committed.cases).filter((id) => !partly && !(fast && /^(9|12|13)\./.test(id)));
    for (const id of wanted) if (!found.has(id)) faults.push(`${name}: ${id} has no result`);
  }
  for (const fault of faults) console.log(fault);
  return faults.length === 0;
}

module.exports = { autobahn };

if (require.main === module) {
  const { values } = parseArgs({
    options: {
      fast: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true, default: [] }
    }
  });
  prepare()
    .then(() => autobahn({ fast: values.fast, update: values.update && !values.fast, only: values.case }))
    .then((holds) => {
      if (!holds) process.exitCode = 1;
    })
    .catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
