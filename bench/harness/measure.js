'use strict';

/**
 * One run of one scenario with one peer: starts the processes, measures, ends them.
 *
 * Every run has fresh processes, so no peer profits from an earlier round or suffers from its garbage.
 */

const { setTimeout: sleep } = require('timers/promises');
const { certificateFiles } = require('./certificate');
const { compareLoad, readCpu, readLoad, readMemory } = require('./machine');
const { startCommand } = require('./peers');
const { Program } = require('./program');

/** How many connections are open at an idle scenario's first reading: one, so that every path has run. */
const IDLE_BEFORE = 1;
/** How long memory may settle before it is read, with garbage collected on both sides of it. */
const SETTLE = 1000;

/**
 * Runs a scenario once.
 * @param {object} scenario
 * @param {object} peer
 * @param {{warm: number, window: number}} timing milliseconds
 * @param {string} generator the generator's path
 * @returns {Promise<object>} `cost` in seconds (or bytes) per message, and what is needed to judge it
 */
async function measure(scenario, peer, timing, generator) {
  const programs = [];
  const start = (command, part, env) => {
    const program = new Program(command, part, env);
    programs.push(program);
    return program;
  };
  const before = readLoad();
  try {
    const run = scenario.role === 'client' ? runClient : scenario.load === 'idle' ? runIdle : runServer;
    const { used, ...result } = await run(scenario, peer, timing, generator, start);
    return Object.assign(result, compareLoad(before, readLoad(), used));
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}

/** The server role: the peer serves and the generator loads it. */
async function runServer(scenario, peer, timing, generator, start) {
  const server = startServer(scenario, peer, generator, start);
  const { port } = await server.next();
  const words = [...loadWords(scenario, peer), '--port', port, '--pid', server.pid];
  const load = start([generator, scenario.load, ...words, ...timingWords(timing)].map(String), 'load');
  return summary(await Promise.race([load.next(), server.fail()]));
}

/** Idle memory: resident memory per connection, between the first connection and all of them. */
async function runIdle(scenario, peer, timing, generator, start) {
  const server = startServer(scenario, peer, generator, start);
  const { port } = await server.next();
  const words = [...loadWords(scenario, peer), '--port', port, '--before', IDLE_BEFORE];
  const load = start([generator, 'idle', ...words].map(String), 'load');
  const { open: few } = await load.next();
  const small = await settledMemory(server);
  load.say('');
  const { open: many, extensions } = await load.next();
  const large = await settledMemory(server);
  const used = readCpu(server.pid) + readCpu(load.pid);
  return { used, cost: (large - small) / (many - few), messages: many, extensions };
}

/** The words that give a server its certificate, if it needs one. */
function certificateWords({ tls }) {
  if (!tls) return [];
  const { cert, key } = certificateFiles();
  return ['--cert', cert, '--key', key];
}

/** The client role: the peer's client loads the generator's bare server, which measures it. */
async function runClient(scenario, peer, timing, generator, start) {
  const server = start([generator, 'serve', ...certificateWords(scenario)], 'load');
  const { port } = await server.next();
  const { connections, inFlight, payload } = scenario;
  const words = ['--port', port, '--connections', connections, '--in-flight', inFlight, '--payload', payload];
  if (scenario.tls) words.push('--tls');
  const { command, env } = startCommand(peer, 'client', words.map(String), generator);
  const client = start(command, 'subject', env);
  await client.next();
  server.say(`measure ${client.pid} ${timing.warm} ${timing.window}`);
  return summary(await Promise.race([server.next(), client.fail()]));
}

function startServer(scenario, peer, generator, start) {
  const words = [
    '--mode',
    scenario.mode,
    ...(scenario.deflate ? ['--deflate'] : []),
    ...certificateWords(scenario)
  ];
  const { command, env } = startCommand(peer, 'server', words, generator);
  return start(command, 'subject', env);
}

function loadWords(scenario, peer) {
  const { payload, connections, inFlight, deflate, tls, rate } = scenario;
  const words = [
    '--payload',
    payload,
    '--connections',
    connections,
    '--in-flight',
    inFlight,
    '--wire',
    peer.wire
  ];
  if (deflate) words.push('--deflate');
  if (tls) words.push('--tls');
  if (rate) words.push('--rate', rate);
  return words;
}

function timingWords({ warm, window }) {
  return ['--warm', warm, '--window', window];
}

async function settledMemory(server) {
  for (let round = 0; round < 2; round++) {
    server.say('gc');
    await server.next();
    await sleep(SETTLE / 2);
  }
  return readMemory(server.pid);
}

/** The generator's sample as the runner keeps it; `used` is all CPU time of both processes since they started. */
function summary(sample) {
  const { messages, wall, cpu, generator, cpuTotal, generatorTotal } = sample;
  const { extensions, compressed, latency, waiting } = sample;
  return {
    used: cpuTotal + generatorTotal,
    cost: cpu / messages,
    messages,
    rate: messages / wall,
    busy: cpu / wall,
    generator: generator / wall,
    extensions,
    compressed,
    latency,
    waiting
  };
}

module.exports = { measure };
