'use strict';

/**
 * Counts the instructions that a message takes, with callgrind (the Debian package `valgrind`), where a machine's clock
 * cannot be trusted: what is counted twice differs by a thousandth. An echo between a client and a server of the package in
 * one process is counted, so two messages sent and two received, V8 and its compiled code included and the kernel
 * excluded. Two runs with different numbers of messages are subtracted, so that neither the start nor the compiler shows.
 *
 *     node scripts/instructions.js                       this checkout
 *     node scripts/instructions.js --against FOLDER      and another one that is built
 *     node scripts/instructions.js --without channels    and this one without its diagnostics channels
 *     node scripts/instructions.js --without scope       and without the async context of each connection
 *     node scripts/instructions.js --cpu 15              CPU time instead, in so many interleaved rounds, without callgrind
 *     --connections 1  --flight 1  --length 64  --transport direct  --messages 10000
 *     --binary         messages of bytes instead of text
 *     --warm 10000     messages before those that count, for V8 to compile: more of them with more in flight
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ROOT } = require('./process');

const ECHO = path.join(__dirname, 'instructions', 'echo.js');

/** Runs the echo; what it prints. */
function run(command, args, settings) {
  const node = [process.execPath, '--single-threaded', ECHO, JSON.stringify(settings)];
  const [file, ...rest] = [...command, ...args, ...node];
  const { status, stdout, stderr, error } = spawnSync(file, rest, { encoding: 'utf8' });
  if (error) throw new Error(`${file} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${file} ends with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/**
 * The instructions of each object (a binary or a library) in a file of callgrind's. A line of numbers behind `calls=` is
 * the cost of what was called, which has lines of its own.
 *
 * @param {string} text
 * @returns {Map<string, number>}
 */
function instructionsOf(text) {
  const names = new Map();
  const sums = new Map();
  let object = '';
  let called = false;
  for (const line of text.split('\n')) {
    const [, which, number, name] = /^(c?ob)=\((\d+)\)(?: (.*))?$/.exec(line) || [];
    if (which) {
      if (name) names.set(number, name);
      if (which === 'ob') object = names.get(number);
    } else if (line.startsWith('calls=')) {
      called = true;
    } else if (/^[+\-*\d]/.test(line)) {
      if (!called) sums.set(object, (sums.get(object) || 0) + Number(line.split(' ')[1]));
      called = false;
    }
  }
  return sums;
}

/** In which column of the table the instructions of an object stand. */
function columnOf(object) {
  if (/faye-websocket-native.*\.node$/.test(object)) return 'Rust';
  if (/(^|\/)node$/.test(object)) return 'Node and V8';
  return object === '???' ? 'JavaScript' : 'libraries';
}

/** Counts one run. */
function count(settings, folder) {
  const file = path.join(folder, 'callgrind.out');
  run(['valgrind', '--tool=callgrind', `--callgrind-out-file=${file}`], [], settings);
  return instructionsOf(fs.readFileSync(file, 'utf8'));
}

/** Instructions of an echo, by column. */
function measure(settings) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'instructions-'));
  try {
    const warm = count({ ...settings, messages: 0 }, folder);
    const all = count(settings, folder);
    const columns = { all: 0, Rust: 0, JavaScript: 0, 'Node and V8': 0, libraries: 0 };
    for (const [object, sum] of all) {
      const each = (sum - (warm.get(object) || 0)) / settings.messages;
      columns[columnOf(object)] += each;
      columns.all += each;
    }
    for (const name of Object.keys(columns)) columns[name] = Math.round(columns[name]);
    return columns;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** CPU time of each variant in interleaved rounds: medians, and that of the ratios to the first in the same round. */
function time(variants, rounds) {
  const samples = variants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // Whoever is first in one round is last in the next.
    const order = variants.map((_, i) => i);
    if (round % 2 === 1) order.reverse();
    for (const i of order) {
      const { user, system } = JSON.parse(run([], [], variants[i].settings));
      samples[i].push({ user, all: user + system });
    }
  }
  const messages = variants[0].settings.messages;
  const rows = variants.map(({ name }, i) => {
    const each = (field) => median(samples[i].map((sample) => sample[field])) / messages;
    const ratio = median(samples[i].map((sample, round) => sample.all / samples[0][round].all));
    return [
      name,
      { µs: each('all').toFixed(2), 'µs of user': each('user').toFixed(2), ratio: ratio.toFixed(3) }
    ];
  });
  console.table(Object.fromEntries(rows));
}

function main() {
  const { values } = parseArgs({
    options: {
      against: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true, default: [] },
      transport: { type: 'string', default: 'direct' },
      connections: { type: 'string', default: '1' },
      flight: { type: 'string', default: '1' },
      length: { type: 'string', default: '64' },
      messages: { type: 'string', default: '10000' },
      warm: { type: 'string', default: '10000' },
      binary: { type: 'boolean', default: false },
      cpu: { type: 'string' }
    }
  });
  const { transport, against, without, binary } = values;
  const { connections, flight, length, warm, messages } = Object.fromEntries(
    ['connections', 'flight', 'length', 'warm', 'messages'].map((name) => [name, Number(values[name])])
  );
  const settings = {
    folder: ROOT,
    without: 'nothing',
    transport,
    connections,
    flight,
    length,
    binary,
    warm,
    messages
  };
  const variants = [
    { name: 'this checkout', settings },
    ...without.map((name) => ({ name: `without ${name}`, settings: { ...settings, without: name } })),
    ...against.map((name) => ({ name, settings: { ...settings, folder: path.resolve(name) } }))
  ];
  if (values.cpu) return time(variants, Number(values.cpu));
  console.table(Object.fromEntries(variants.map((variant) => [variant.name, measure(variant.settings)])));
}

if (require.main === module) main();

module.exports = { instructionsOf };
