'use strict';

/**
 * From runs to figures: medians over the rounds, and ratios of medians.
 *
 * A result is `{machine, command, timing, rounds, load, scenarios}`; a scenario in it has `entries`, one a peer, each
 * with its `runs` or with the `fault` that kept it from running.
 */

const { UNITS } = require('./scenario');

/**
 * @param {number[]} values
 * @returns {number} the median; NaN for none
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The figures of one peer in one scenario.
 * @param {object} scenario
 * @param {object} entry
 * @returns {object} `cost`, `least`, `most` in the scenario's unit, and medians of the rest; null if it did not run
 */
function figures(scenario, entry) {
  if (!entry || entry.runs.length === 0) return null;
  const { of } = UNITS[scenario.unit];
  const costs = entry.runs.map((run) => of(run.cost, scenario));
  const middle = (key) => median(entry.runs.map((run) => run[key]));
  return {
    cost: median(costs),
    least: Math.min(...costs),
    most: Math.max(...costs),
    rate: middle('rate'),
    busy: middle('busy'),
    generator: middle('generator'),
    latency: scenario.rate ? latency(entry.runs) : undefined,
    waiting: scenario.rate ? middle('waiting') : undefined
  };
}

/** Medians of percentiles, in microseconds. */
function latency(runs) {
  const of = (key) => median(runs.map((run) => run.latency[key]));
  return { p50: of('p50'), p99: of('p99'), p999: of('p999') };
}

/**
 * The cost of one peer relative to another's.
 * @param {object} scenario
 * @param {string} name
 * @param {string} base
 * @returns {number|null} null if either is missing
 */
function ratio(scenario, name, base) {
  const find = (wanted) =>
    figures(
      scenario,
      scenario.entries.find((entry) => entry.peer === wanted)
    );
  const [one, other] = [find(name), find(base)];
  return one && other && name !== base ? one.cost / other.cost : null;
}

/**
 * What the rest of the machine did during a scenario.
 * @param {object} scenario
 * @returns {{other: number, stolen: number}} means over its runs, in cores
 */
function disturbance(scenario) {
  const runs = scenario.entries.flatMap((entry) => entry.runs);
  const mean = (key) => runs.reduce((sum, run) => sum + run[key], 0) / Math.max(1, runs.length);
  return { other: mean('other'), stolen: mean('stolen') };
}

/**
 * A name with the date of a scenario's figures, if they are not of the run whose results they stand among.
 * @param {object} scenario
 * @param {string} name
 * @returns {string}
 */
function dated({ date }, name) {
  return date ? `${name} (${date})` : name;
}

module.exports = { dated, disturbance, figures, ratio };
