'use strict';

/**
 * Results as Markdown.
 */

const { findPeer } = require('./peers');
const { dated, disturbance, figures, ratio } = require('./results');
const { UNITS } = require('./scenario');

/** The peers that others are set against, as columns. */
const BASES = ['faye-websocket', 'ws', 'ws-bufferutil', 'net', 'bun', 'floor'];

/**
 * One scenario: every peer with its cost, its spread and its ratios.
 * @param {object} scenario
 * @param {boolean} [titled] whether its title stands above
 * @returns {string}
 */
function renderScenario(scenario, titled = true) {
  const bases = BASES.filter((base) =>
    scenario.entries.some(({ peer, runs }) => peer === base && runs.length)
  );
  const measured = scenario.unit !== 'memory';
  const subject = scenario.role === 'client' ? 'client busy' : 'server busy';
  const head = ['peer', UNITS[scenario.unit].label, 'least-most'];
  if (measured) head.push('per second', subject, 'load busy');
  if (scenario.rate) head.push('p50 µs', 'p99 µs', 'p99.9 µs');
  const rows = [];
  const notes = [];
  for (const entry of scenario.entries) {
    const found = figures(scenario, entry);
    if (!found) {
      notes.push(`${findPeer(entry.peer).label} did not run: ${entry.fault}.`);
      continue;
    }
    if (entry.fault) notes.push(`${findPeer(entry.peer).label} failed in a round: ${entry.fault}.`);
    const row = [
      findPeer(entry.peer).label,
      number(found.cost),
      `${number(found.least)}-${number(found.most)}`
    ];
    if (measured) row.push(rate(found.rate), percent(found.busy), percent(found.generator));
    if (scenario.rate) row.push(...Object.values(found.latency).map(number));
    rows.push([...row, ...bases.map((base) => times(ratio(scenario, entry.peer, base)))]);
  }
  const { other, stolen } = disturbance(scenario);
  notes.push(`Other processes used ${other.toFixed(2)} cores, the hypervisor took ${stolen.toFixed(2)}.`);
  if (scenario.rounds)
    notes.unshift(`Medians of ${scenario.rounds} ${scenario.rounds > 1 ? 'rounds' : 'round'}.`);
  if (scenario.date)
    notes.unshift(
      `**Not of this run: measured on ${scenario.date}**, on ${scenario.cpu}, Node.js ${scenario.node}.`
    );
  const title = titled ? [`### ${scenario.title} (\`${scenario.name}\`)`] : [];
  const columns = [...head, ...bases.map((base) => `× ${findPeer(base).label}`)];
  return [...title, table(columns, rows), notes.join(' ')].join('\n\n');
}

/** One table for each package of ours that ran. */
function renderSummaries(scenarios) {
  return ['ours', 'ours-stream', 'ours-direct'].flatMap((name) => {
    const rendered = summary(scenarios, name, BASES);
    return rendered ? [`### ${findPeer(name).label} against each peer`, rendered] : [];
  });
}

/**
 * A row a scenario: what it costs one peer, and the ratio to each base.
 * @param {object[]} scenarios
 * @param {string} name
 * @param {string[]} bases
 * @returns {string} nothing if the peer ran in none
 */
function summary(scenarios, name, bases) {
  const rows = [];
  for (const scenario of scenarios) {
    const entry = scenario.entries.find(({ peer }) => peer === name);
    const found = figures(scenario, entry);
    if (!found) continue;
    const cost = `${number(found.cost)} ${UNITS[scenario.unit].label}`;
    rows.push([
      dated(scenario, scenario.title),
      cost,
      ...bases.map((base) => times(ratio(scenario, name, base)))
    ]);
  }
  const columns = ['scenario', findPeer(name).label, ...bases.map((base) => `× ${findPeer(base).label}`)];
  return rows.length ? table(columns, rows) : '';
}

function renderConditions({ machine, command, timing, rounds, load, pinned, date }) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const cores = pinned ? 'each on a core of its own' : '**not pinned** (no `taskset`, or one core)';
  return [
    `Made by \`${command}\` on ${date}.`,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}.`,
    `- Versions: ${versions.join(', ')}.`,
    `- Medians of ${rounds} interleaved rounds, ${timing.warm} ms of CPU time of warm-up and ${timing.window} ms of ` +
      `measuring (twice that for large messages and churn). Process under test and load: ${cores}.`,
    `- Load average ${load.before.join(' ')} before, ${load.after.join(' ')} after.`
  ].join('\n');
}

/**
 * A Markdown table: first column to the left, the others to the right.
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index ? '--:' : ':--'))), ...rows.map(line)].join('\n');
}

/** Three significant figures, but no exponent and no decimals past the hundreds. */
function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 0.1 ? 3 : 2);
}

function rate(value) {
  return value >= 1e4 ? `${number(value / 1e3)} k` : number(value);
}

function percent(value) {
  return `${Math.round(value * 100)} %`;
}

function times(value) {
  return value === null ? '' : value.toPrecision(value >= 0.095 && value < 9.95 ? 2 : 3);
}

module.exports = { number, rate, renderConditions, renderScenario, renderSummaries, table, times };
