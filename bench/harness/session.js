'use strict';

/**
 * A session: scenarios, one after the other, in interleaved rounds.
 *
 * Each round runs every peer once, starting with another one each time, so that a machine that slows down or wakes up
 * does so for all of them.
 */

const os = require('os');
const path = require('path');

const { describeMachine } = require('./machine');
const { measure } = require('./measure');
const { findPeer, prepare } = require('./peers');
const { pinned } = require('./program');
const { UNITS } = require('./scenario');

const ROOT = path.join(__dirname, '..', '..') + path.sep;

/**
 * A result without scenarios.
 * @param {string} command that makes it
 * @param {number} rounds
 * @param {{warm: number, window: number}} timing
 * @returns {object}
 */
function emptyResult(command, rounds, timing) {
  return {
    date: new Date().toISOString().slice(0, 10),
    command,
    machine: describeMachine(),
    pinned,
    rounds,
    timing,
    load: { before: loadAverage(), after: loadAverage() },
    scenarios: []
  };
}

/**
 * All rounds of one scenario. A peer that cannot run at all is named with its reason and left out of later rounds.
 * @param {object} scenario
 * @param {string[]|null} names of peers; those of the scenario if there are none
 * @param {{rounds: number, timing: object}} options
 * @param {string} generator the generator's path
 * @returns {Promise<object>} the scenario with `entries`
 */
async function runScenario(scenario, names, { rounds, timing }, generator) {
  const peers = (names || scenario.peers)
    .map(findPeer)
    .filter((peer) => scenario.role === 'server' || peer.client);
  for (const peer of peers) await prepare(peer);
  const entries = peers.map((peer) => ({ peer: peer.name, runs: [], fault: null }));
  const { warm, window } = timing;
  const own = { warm, window: scenario.long ? window * 2 : window };
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      const index = (round + turn) % peers.length;
      const { fault, runs } = entries[index];
      if (!fault || runs.length) {
        await runOnce(scenario, peers[index], entries[index], own, generator, round);
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

/** @returns {string[]} */
function loadAverage() {
  return os.loadavg().map((value) => value.toFixed(2));
}

module.exports = { emptyResult, loadAverage, runScenario };
