'use strict';

/**
 * What the README of the package tells of the results: the chart of five bars, and the same in a table.
 */

const { renderSituations } = require('./report');

/** Where it goes, once in the README. */
const BEGIN = '<!-- measured: written by `npm run bench -- --publish` -->';
const END = '<!-- end of what is measured -->';

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
  return [
    '![How many times less CPU a server needs](bench/bars.svg)',
    renderSituations(result.scenarios),
    `Medians of ${rounds} interleaved rounds on ${machine.cores} cores of ${machine.cpu}. Ratios travel between machines, ` +
      'absolute figures do not. [All results](bench/RESULTS.md): other peers and versions of Node.js, latency, memory, ' +
      'clients, and what is slower than it should be; and [how they are measured](bench/README.md).'
  ].join('\n\n');
}

module.exports = { insertResults };
