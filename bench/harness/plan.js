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
/** Peers of the rest, if a scenario has them. */
const REST = ['ours', 'faye-websocket', 'ws', 'ws-buffers', 'net', 'bun'];

/**
 * @returns {{scenario: object, peers: string[], rounds: number, must: boolean}[]}
 */
function makePlan() {
  const steps = [];
  const find = (name) => SCENARIOS.find((each) => each.name === name);
  const onBoth = (peers) => peers.flatMap((peer) => (peer === 'bun' ? [peer] : [peer, `${peer}@${NEXT}`]));
  for (const goal of GOALS) {
    steps.push({ scenario: find(goal.scenario), peers: onBoth(shown(goal)), rounds: 3, must: true });
  }
  for (const { scenario } of SITUATIONS) {
    if (steps.some((step) => step.scenario.name === scenario)) continue;
    const peers = onBoth(['ours', 'faye-websocket', 'ws-buffers', 'bun']);
    steps.push({ scenario: find(scenario), peers, rounds: 3, must: true });
  }
  const rest = SCENARIOS.filter(({ name }) => !steps.some((step) => step.scenario.name === name));
  const add = (scenarios, rounds) => {
    for (const scenario of scenarios) {
      const peers = REST.filter((peer) => scenario.peers.includes(peer));
      steps.push({ scenario, peers, rounds, must: false });
    }
  };
  const isText = ({ name }) => name.endsWith('-4k');
  add(
    rest.filter((each) => each.rate),
    2
  );
  add(
    rest.filter((each) => !each.rate && !each.curve && !isText(each)),
    2
  );
  add(others, 1);
  add(
    rest.filter((each) => each.curve),
    1
  );
  add(rest.filter(isText), 1);
  return steps;
}

module.exports = { NEXT, makePlan };
