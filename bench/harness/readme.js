'use strict';

/**
 * What the README of the package tells of the results: the chart, and one line a scenario.
 */

const { findPeer } = require('./peers');
const { summary } = require('./table');

/** Where it goes, once in the README. */
const BEGIN = '<!-- measured: written by `npm run bench -- --write` -->';
const END = '<!-- end of what is measured -->';

/** Whom a user would otherwise choose, and what Node's own sockets cost. */
const BASES = ['faye-websocket', 'ws', 'net'];

/**
 * Puts results into the README.
 * @param {string} readme
 * @param {object} result
 * @returns {string} the README with them
 */
function insertResults(readme, result) {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no place for results: ${BEGIN}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${renderSection(result)}\n${readme.slice(end)}`;
}

function renderSection(result) {
  const { machine, rounds } = result;
  const bases = BASES.map((base) => findPeer(base).label).join(', ');
  return [
    '![Cost relative to faye-websocket](bench/results.svg)',
    summary(result.scenarios, 'ours', BASES),
    `CPU time of the process under test, and this divided by that of ${bases}: below 1 is cheaper. Medians of ${rounds} ` +
      `interleaved rounds on ${machine.cores} cores of ${machine.cpu}, Node.js ${process.versions.node}. Ratios travel ` +
      'between machines, absolute figures do not.',
    '[All results](bench/RESULTS.md), and [how they are measured](bench/README.md).'
  ].join('\n\n');
}

module.exports = { insertResults };
