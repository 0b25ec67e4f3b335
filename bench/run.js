'use strict';

/**
 * The benchmark: `npm run bench -- --help`. See README.md beside this file.
 *
 * Rounds are interleaved: each round runs every peer once, starting with another one each time, so that a machine that
 * slows down or wakes up does so for all of them.
 */

const fs = require('fs');
const os = require('os');
const path = require('path');
const { renderChart } = require('./harness/chart');
const { buildGenerator } = require('./harness/generator');
const { describeMachine } = require('./harness/machine');
const { measure } = require('./harness/measure');
const { readOptions } = require('./harness/options');
const { findPeer, prepare } = require('./harness/peers');
const { pinned } = require('./harness/program');
const { insertResults } = require('./harness/readme');
const { UNITS } = require('./harness/scenarios');
const { renderReport } = require('./harness/table');

const WORDS = process.argv.slice(2);
const ROOT = path.join(__dirname, '..') + path.sep;

async function main() {
  const options = readOptions(WORDS);
  if (options.text) {
    console.log(options.text);
    return;
  }
  if (process.platform !== 'linux')
    throw new Error('The benchmark reads CPU clocks and /proc of Linux; run it there.');
  const generator = buildGenerator();
  const result = {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench --', ...reportedWords(WORDS)].join(' '),
    machine: describeMachine(),
    pinned,
    rounds: options.rounds,
    timing: options.timing,
    load: { before: loadAverage(), after: null },
    scenarios: []
  };
  for (const scenario of options.scenarios) {
    result.scenarios.push(await runScenario(scenario, options, generator));
    result.load.after = loadAverage();
    if (options.json) fs.writeFileSync(options.json, JSON.stringify(result, null, 1) + '\n');
  }
  const report = renderReport(result);
  console.log(report);
  if (options.write) write(result, report);
}

/** All rounds of one scenario. A peer that cannot run at all is named with its reason and left out of later rounds. */
async function runScenario(scenario, options, generator) {
  const peers = (options.peers || scenario.peers)
    .map(findPeer)
    .filter((peer) => scenario.role === 'server' || peer.client);
  for (const peer of peers) await prepare(peer);
  const entries = peers.map((peer) => ({ peer: peer.name, runs: [], fault: null }));
  const { warm, window } = options.timing;
  const timing = { warm, window: scenario.long ? window * 2 : window };
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      const index = (round + turn) % peers.length;
      const { fault, runs } = entries[index];
      if (!fault || runs.length) {
        await runOnce(scenario, peers[index], entries[index], timing, generator, round);
      }
    }
  }
  return Object.assign({}, scenario, { entries });
}

async function runOnce(scenario, peer, entry, timing, generator, round) {
  const place = `${scenario.name.padEnd(22)} round ${round + 1}  ${peer.name.padEnd(22)}`;
  try {
    const run = await measure(scenario, peer, timing, generator);
    entry.runs.push(run);
    const { label, of } = UNITS[scenario.unit];
    console.error(`${place} ${of(run.cost, scenario).toPrecision(3)} ${label}`);
  } catch (error) {
    // Paths of this machine do not belong into a report.
    entry.fault = error.message.split(ROOT).join('');
    console.error(`${place} failed: ${entry.fault}`);
  }
}

/** The words that shape a result: where a JSON copy goes does not. */
function reportedWords(words) {
  return words.filter((word, index) => !word.startsWith('--json') && words[index - 1] !== '--json');
}

function loadAverage() {
  return os.loadavg().map((value) => value.toFixed(2));
}

function write(result, report) {
  const intro =
    '# Results of the benchmark\n\nGenerated: do not edit. README.md says what the columns mean.\n\n' +
    '![Cost relative to faye-websocket](results.svg)\n\n';
  fs.writeFileSync(path.join(__dirname, 'RESULTS.md'), intro + report);
  fs.writeFileSync(path.join(__dirname, 'results.svg'), renderChart(result));
  const readme = path.join(ROOT, 'README.md');
  fs.writeFileSync(readme, insertResults(fs.readFileSync(readme, 'utf8'), result));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
