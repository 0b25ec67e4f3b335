'use strict';

/**
 * Results as an SVG chart: a panel a scenario, a bar a peer, faye-websocket as 1. It has no background and follows the
 * reader's colour scheme, so it sits on light and dark pages.
 */

const { findPeer } = require('./peers');
const { dated, ratio } = require('./results');

const BASE = 'faye-websocket';
const COLUMNS = 2;
const PANEL = { width: 470, head: 26, bar: 15, gap: 4, foot: 18 };
const LABEL = 150;
const TRACK = 240;
const MARGIN = 16;
const HEAD = 46;

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: #24292f; }
    .title { font-size: 15px; font-weight: 600; }
    .panel { font-weight: 600; }
    .bar { fill: #8c959f; }
    .ours { fill: #bc4c00; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .bar { fill: #6e7681; }
      .ours { fill: #f0883e; }
    }`;

/**
 * Draws the chart.
 * @param {object} result
 * @returns {string}
 */
function renderChart(result) {
  const panels = result.scenarios.map(readPanel).filter(({ bars }) => bars.length > 1);
  const tops = new Array(COLUMNS).fill(HEAD);
  const drawn = panels.map((panel) => {
    // Each panel goes where there is most room, so panels of different heights leave no holes.
    const column = tops.indexOf(Math.min(...tops));
    const top = tops[column];
    tops[column] += PANEL.head + panel.bars.length * (PANEL.bar + PANEL.gap) + PANEL.foot;
    return drawPanel(panel, MARGIN + column * PANEL.width, top);
  });
  const width = MARGIN * 2 + COLUMNS * PANEL.width;
  const height = Math.max(...tops) + MARGIN;
  const title = 'Cost relative to faye-websocket (1.0): CPU time per message, or memory. Shorter is better.';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    `  role="img" aria-label="${title}">`,
    `  <style>${STYLE}\n  </style>`,
    text(MARGIN, 26, title, 'title'),
    ...drawn,
    '</svg>',
    ''
  ].join('\n');
}

/** The bars of a scenario: those peers that ran, each with its ratio. */
function readPanel(scenario) {
  const value = (peer) => (peer === BASE ? 1 : ratio(scenario, peer, BASE));
  const bars = scenario.entries
    .filter(({ runs }) => runs.length)
    .map(({ peer }) => ({ peer, label: findPeer(peer).label, value: value(peer) }))
    .filter((bar) => bar.value !== null);
  return { title: dated(scenario, scenario.title), bars };
}

function drawPanel({ title, bars }, left, top) {
  const longest = Math.max(1, ...bars.map((bar) => bar.value));
  const scale = TRACK / longest;
  const lines = [text(left, top + 14, title, 'panel')];
  bars.forEach(({ peer, label, value }, index) => {
    const y = top + PANEL.head + index * (PANEL.bar + PANEL.gap);
    const kind = peer.startsWith('ours') ? 'bar ours' : 'bar';
    const length = Math.max(1, value * scale).toFixed(1);
    lines.push(text(left + LABEL - 8, y + 12, label, '', 'end'));
    lines.push(
      `  <rect class="${kind}" x="${left + LABEL}" y="${y}" width="${length}" height="${PANEL.bar}"/>`
    );
    lines.push(text(left + LABEL + Number(length) + 6, y + 12, value.toPrecision(2)));
  });
  return lines.join('\n');
}

function text(x, y, content, kind = '', anchor = 'start') {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  const place = `x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}"`;
  return `  <text ${place}${kind ? ` class="${kind}"` : ''}>${escaped}</text>`;
}

module.exports = { renderChart };
