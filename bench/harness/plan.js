'use strict';

/**
 * What a run for publication measures, in which order: first what must be in it, on two versions of Node.js, then the rest
 * as far as there is time.
 */

const others = require('../others/scenarios');
const { SITUATIONS } = require('./bars');
const { GOALS, shown } = require('./goals');
const { SCENARIOS } = require('./scenarios');

/** The Node.js that is set beside the one that runs the benchmark. */
const NEXT = '26';
/** The versions between, on which only this package is measured. */
const BETWEEN = ['22', '24'];
/** Peers of the rest, if a scenario has them; where both of `ws` are there, the cheaper one. */
const REST = ['ours-broadcast', 'ours', 'faye-websocket', 'ws', 'ws-buffers', 'net', 'bun', 'bun-publish'];

/**
 * @param {object[]} [before] scenarios of the results that are there, with the `date` of each: of the rest, what was never
 *   measured comes first, and then what was measured longest ago
 * @returns {{scenario: object, peers: string[], rounds: number, must: boolean}[]}
 */
function makePlan(before = []) {
  const steps = [];
  const find = (name) => SCENARIOS.find((each) => each.name === name);
  const onBoth = (peers) => peers.flatMap((peer) => (peer === 'bun' ? [peer] : [peer, `${peer}@${NEXT}`]));
  for (const goal of GOALS) {
    const peers = [...onBoth(shown(goal)), ...BETWEEN.map((version) => `ours@${version}`)];
    steps.push({ scenario: find(goal.scenario), peers, rounds: 3, must: true });
  }
  for (const { scenario } of SITUATIONS) {
    if (steps.some((step) => step.scenario.name === scenario)) continue;
    const peers = onBoth(['ours', 'faye-websocket', 'ws-buffers', 'bun']);
    steps.push({ scenario: find(scenario), peers, rounds: 3, must: true });
  }
  const rest = SCENARIOS.filter(({ name }) => !steps.some((step) => step.scenario.name === name));
  const isText = ({ name }) => name.endsWith('-4k');
  const isClients = ({ name }) => name.startsWith('client-');
  const isOneCall = ({ name }) => name.startsWith('broadcast-');
  const isSingle = (each) =>
    !each.rate && !each.curve && !isText(each) && !isClients(each) && !isOneCall(each);
  const optional = [
    ...plain(rest.filter((each) => each.rate || isClients(each)).sort(secureFirst), 2),
    ...plain(rest.filter(isOneCall), 3),
    ...plain(rest.filter(isSingle), 1),
    ...plain(others, 1),
    ...plain(
      rest.filter((each) => each.curve),
      1
    ),
    ...plain(rest.filter(isText), 1)
  ];
  const measured = ({ scenario }) => before.find(({ name }) => name === scenario.name)?.date ?? '';
  const inOrder = optional.sort((a, b) => measured(a).localeCompare(measured(b)));
  return [...steps, ...inOrder];
}

/**
 * Steps of the rest.
 * @param {object[]} scenarios
 * @param {number} rounds
 */
function plain(scenarios, rounds) {
  return scenarios.map((scenario) => {
    const peers = REST.filter((peer) => scenario.peers.includes(peer));
    const both = peers.includes('ws') && peers.includes('ws-buffers');
    return { scenario, peers: peers.filter((peer) => !both || peer !== 'ws'), rounds, must: false };
  });
}

/** An order in which what goes over TLS comes first, since that is how most people have it. */
function secureFirst(a, b) {
  return Number(Boolean(b.tls)) - Number(Boolean(a.tls));
}

module.exports = { BETWEEN, NEXT, makePlan };
