'use strict';

/**
 * The command line of the benchmark.
 */

const { parseArgs } = require('util');
const { PEERS, findPeer, setOther } = require('./peers');
const OTHERS = require('../others/scenarios');
const { SCENARIOS } = require('./scenarios');

const USAGE = `npm run bench -- [options]

  --scenario NAME,...  only these scenarios (default: all)
  --peer NAME,...      only these peers (default: those that a scenario names)
                       (ws@24: ws on Node.js 24, from npm)
  --other DIR          what the peer \`other\` is: another checkout of this package, with its binary
  --rounds N           interleaved rounds (default 3)
  --quick              one short round: to see that everything runs, not to compare
  --warm MS            warm-up of each run, in CPU time of the process under test (default 1000)
  --window MS          measuring of each run, in the same (default 1500)
  --others             the benchmarks of bench/others instead
  --publish            measure what is published, on versions of Node.js, and write bench/RESULTS.md, results.json,
                       the charts and the README's part. Refuses while the machine does anything else; takes no other
                       option but --minutes and --quick, a rehearsal whose results go to target/bench
  --minutes N          how long that may take (default 19): what there is no time for is left out and named
  --redraw FILE        write all of that anew from a results.json
  --json FILE          write every run as JSON
  --list               name scenarios and peers
  --help               this text`;

/**
 * @param {string[]} words
 * @returns {object} the options, with scenarios and peers looked up; `text` if there is only something to print
 */
function readOptions(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      scenario: { type: 'string' },
      peer: { type: 'string' },
      other: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      warm: { type: 'string' },
      window: { type: 'string' },
      others: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      redraw: { type: 'string' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  });
  if (values.help) return { text: USAGE };
  if (values.list) return { text: list() };
  const { quick } = values;
  const [warm, window] = timings(values);
  if (values.other) setOther(values.other);
  return {
    scenarios: values.scenario
      ? values.scenario.split(',').map(findScenario)
      : values.others
        ? OTHERS
        : SCENARIOS,
    peers: values.peer ? values.peer.split(',').map((name) => findPeer(name).name) : null,
    rounds: whole(values.rounds, quick ? 1 : 3, 'rounds'),
    timing: {
      warm: whole(values.warm, warm, 'warm'),
      window: whole(values.window, window, 'window')
    },
    publish: values.publish,
    minutes: whole(values.minutes, 19, 'minutes'),
    rehearsal: quick,
    redraw: values.redraw,
    json: values.json
  };
}

/** Milliseconds of warming up and of measuring. */
function timings({ quick, publish }) {
  if (publish) return quick ? [100, 100] : [500, 800];
  return quick ? [400, 600] : [1000, 1500];
}

function findScenario(name) {
  const scenario = [...SCENARIOS, ...OTHERS].find((each) => each.name === name);
  if (!scenario) {
    throw new Error(`Unknown scenario ${name}. Known: ${SCENARIOS.map((each) => each.name).join(', ')}`);
  }
  return scenario;
}

function whole(text, fallback, name) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text}: not a whole number above 0`);
  return value;
}

function list() {
  const scenarios = [...SCENARIOS, ...OTHERS].map(
    ({ name, title, peers }) => `  ${name.padEnd(24)}${title} [${peers.join(' ')}]`
  );
  const peers = PEERS.map(({ name, label }) => `  ${name.padEnd(24)}${label}`);
  return ['Scenarios', ...scenarios, '', 'Peers', ...peers].join('\n');
}

module.exports = { readOptions };
