'use strict';

/**
 * The command line of the benchmark.
 */

const { parseArgs } = require('util');
const { PEERS, findPeer, setOther } = require('./peers');
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
  --write              write bench/RESULTS.md, bench/results.svg and the README's part
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
      write: { type: 'boolean', default: false },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  });
  if (values.help) return { text: USAGE };
  if (values.list) return { text: list() };
  const { quick } = values;
  if (values.other) setOther(values.other);
  return {
    scenarios: values.scenario ? values.scenario.split(',').map(findScenario) : SCENARIOS,
    peers: values.peer ? values.peer.split(',').map((name) => findPeer(name).name) : null,
    rounds: whole(values.rounds, quick ? 1 : 3, 'rounds'),
    timing: {
      warm: whole(values.warm, quick ? 400 : 1000, 'warm'),
      window: whole(values.window, quick ? 600 : 1500, 'window')
    },
    write: values.write,
    json: values.json
  };
}

function findScenario(name) {
  const scenario = SCENARIOS.find((each) => each.name === name);
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
  const scenarios = SCENARIOS.map(
    ({ name, title, peers }) => `  ${name.padEnd(24)}${title} [${peers.join(' ')}]`
  );
  const peers = PEERS.map(({ name, label }) => `  ${name.padEnd(24)}${label}`);
  return ['Scenarios', ...scenarios, '', 'Peers', ...peers].join('\n');
}

module.exports = { readOptions };
