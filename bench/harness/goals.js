'use strict';

/**
 * What this package is meant to reach: its cost in a scenario, relative to another peer's in the same run, on each
 * Node.js that was measured.
 */

const { figures, ratio } = require('./results');
const { UNITS } = require('./scenario');

/** `most` is the ratio of our cost to that of `base`. `raw` is the peer that only moves the bytes. */
const GOALS = [
  ...['french', 'russian', 'emoji', 'names', 'random', 'chinese'].map((text) => ({
    scenario: `${text}-4k`,
    base: 'bun',
    most: 0.7,
    raw: null
  })),
  { scenario: 'wss-text-50', base: 'net', most: 1.1, raw: 'net' },
  { scenario: 'wss-pipelined', base: 'net', most: 1.5, raw: 'net' },
  { scenario: 'wss-text-1m', base: 'ws-buffers', most: 0.8, raw: 'net' },
  { scenario: 'text-1m', base: 'bun', most: 1, raw: 'net' },
  { scenario: 'text-pipelined', base: 'bun', most: 1.05, raw: 'net' },
  { scenario: 'churn', base: 'net-http', most: 1.2, raw: 'net-http' }
];

/** What each base is called in the column of goals. */
const NAMES = { bun: 'Bun', net: 'raw', 'net-http': "Node's http", 'ws-buffers': 'ws' };

/**
 * The peers that a goal's row shows.
 * @param {{raw: string|null, scenario: string}} goal
 * @returns {string[]}
 */
function shown({ raw, scenario }) {
  return ['ours', 'faye-websocket', scenario === 'churn' ? 'ws' : 'ws-buffers', ...(raw ? [raw] : []), 'bun'];
}

/**
 * The rows of one Node.js: what each peer costs, and whether the goal is reached.
 * @param {object[]} scenarios of a result
 * @param {string} version that stands behind `@` in the names of its peers; '' for the Node.js that ran the benchmark
 * @returns {{title: string, unit: string, costs: object, ratio: number, goal: object, reached: boolean}[]}
 */
function goalRows(scenarios, version) {
  const rows = [];
  for (const goal of GOALS) {
    const scenario = scenarios.find(({ name }) => name === goal.scenario);
    if (!scenario) continue;
    const on = (peer) => (version && peer !== 'bun' ? `${peer}@${version}` : peer);
    const value = ratio(scenario, on('ours'), on(goal.base));
    if (value === null) continue;
    const costs = {};
    for (const peer of shown(goal)) {
      const entry = scenario.entries.find((each) => each.peer === on(peer));
      costs[peer] = figures(scenario, entry)?.cost;
    }
    const unit = UNITS[scenario.unit].label;
    rows.push({ title: scenario.title, unit, costs, ratio: value, goal, reached: value <= goal.most });
  }
  return rows;
}

module.exports = { GOALS, NAMES, goalRows, shown };
