'use strict';

/**
 * Five bars of a sort that needs no explanation: how many times less CPU time a server with this package takes than one
 * with `ws` or with `faye-websocket`, in situations that people know.
 */

const { ratio } = require('./results');

const SITUATIONS = [
  { scenario: 'wss-text-50', title: 'Short messages over TLS, one at a time' },
  { scenario: 'text-pipelined', title: 'A burst of short messages' },
  { scenario: 'french-4k', title: 'A page of French' },
  { scenario: 'deflate-512', title: 'Compressed JSON' },
  { scenario: 'text-1m', title: 'A megabyte of text' }
];
/** `ws` sends back the Buffers that it received, which is the cheapest that it can do. */
const OTHERS = [
  { peer: 'ws-buffers', label: 'ws' },
  { peer: 'faye-websocket', label: 'faye-websocket' }
];

const WIDTH = 720;
const LEFT = 16;
const TRACK = 480;
const BAR = 16;
const HEAD = 44;
const GROUP = 24 + OTHERS.length * (BAR + 4) + 10;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-size: 15px; font-weight: 600; }
    .group { font-weight: 600; }
    .ws { fill: #8c959f; }
    .faye { fill: #bc4c00; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .ws { fill: #6e7681; }
      .faye { fill: #f0883e; }
    }`;

/**
 * How many times less CPU this package takes.
 * @param {object[]} scenarios of a result
 * @param {string} version behind `@` in the names of peers; '' for the Node.js that ran the benchmark
 * @returns {{title: string, times: {label: string, value: number}[]}[]} without those that were not measured
 */
function situations(scenarios, version) {
  const on = (peer) => (version ? `${peer}@${version}` : peer);
  const found = [];
  for (const { scenario: name, title } of SITUATIONS) {
    const scenario = scenarios.find((each) => each.name === name);
    if (!scenario) continue;
    const times = [];
    for (const { peer, label } of OTHERS) {
      const value = ratio(scenario, on(peer), on('ours'));
      if (value !== null) times.push({ label, value });
    }
    if (times.length > 0) found.push({ title, times });
  }
  return found;
}

/**
 * Draws them.
 * @param {{title: string, times: {label: string, value: number}[]}[]} found by {@link situations}
 * @param {string} where the Node.js and the machine, for the foot
 * @returns {string} an SVG that follows the reader's colour scheme
 */
function renderBars(found, where) {
  const longest = Math.max(1, ...found.flatMap(({ times }) => times.map(({ value }) => value)));
  const title = 'How many times less CPU a server needs with faye-websocket-native';
  const lines = [text(LEFT, 24, title, 'title')];
  found.forEach((situation, index) => {
    const top = HEAD + index * GROUP;
    lines.push(text(LEFT, top + 14, situation.title, 'group'));
    situation.times.forEach(({ label, value }, row) => {
      const y = top + 24 + row * (BAR + 4);
      const length = Math.max(1, (value / longest) * TRACK).toFixed(1);
      const kind = label === 'ws' ? 'ws' : 'faye';
      lines.push(`  <rect class="${kind}" x="${LEFT}" y="${y}" width="${length}" height="${BAR}"/>`);
      lines.push(text(LEFT + Number(length) + 6, y + 13, `${times(value)} less than ${label}`));
    });
  });
  const height = HEAD + found.length * GROUP + 24;
  lines.push(text(LEFT, height - 10, where));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    `  role="img" aria-label="${title}: ${found.map(describe).join('; ')}">`,
    `  <style>${STYLE}\n  </style>`,
    ...lines,
    '</svg>',
    ''
  ].join('\n');
}

/** A situation in words. */
function describe(situation) {
  const parts = situation.times.map(({ label, value }) => `${times(value)} less than ${label}`);
  return `${situation.title}: ${parts.join(', ')}`;
}

/** A factor as people read it. */
function times(value) {
  return `${value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} ×`;
}

function text(x, y, content, kind = '') {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `  <text x="${x.toFixed(1)}" y="${y}"${kind ? ` class="${kind}"` : ''}>${escaped}</text>`;
}

module.exports = { SITUATIONS, renderBars, situations, times };
