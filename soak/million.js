'use strict';

/**
 * A million echoes: 1,000 connections with 1,000 messages each, from clients that others wrote, to a server in a
 * process of its own, or on a worker thread.
 *
 *     node soak/million.js                                     both clients
 *     node soak/million.js --worker                            the server on a worker thread
 *     node soak/million.js --client ws --connections 100 --messages 100
 *
 * The clients are `ws`, and the WebSocket that Node has built in from version 22 on, whose runtime comes from npm.
 */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Worker } = require('node:worker_threads');

const { startSubject } = require('../testing/peers/subject');
const { runtime } = require('../scripts/runtimes');

const { values } = parseArgs({
  options: {
    client: { type: 'string' },
    worker: { type: 'boolean', default: false },
    connections: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '1000' }
  }
});

const ROOT = path.join(__dirname, '..');

/** Programs that print what `echoAll` returns, by the client that they use. */
const CLIENTS = {
  ws: async () => [process.execPath, "require('ws')"],
  builtin: async () => [await runtime('node', '22'), 'globalThis.WebSocket']
};

/** Runs a crowd in a process of its own. */
function crowd([program, constructor], url) {
  const script = `
    const { echoAll } = require('./testing/peers/crowd');
    echoAll({
      WebSocket: ${constructor},
      url: '${url}',
      connections: ${Number(values.connections)},
      messages: ${Number(values.messages)}
    }).then((result) => console.log(JSON.stringify(result)));`;
  const child = spawn(program, ['-e', script], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && output) resolve(JSON.parse(output));
      else reject(new Error(`the clients' process ended with ${code}`));
    });
  });
}

/** A server in a process of its own. */
function startProcess() {
  return startSubject(null, {
    behaviour: (ws) => {
      ws.onmessage = ({ data }) => ws.send(data);
    }
  });
}

/** The same on a worker thread of this process, which does nothing else. */
async function startWorker() {
  const script = `
    const { parentPort } = require('worker_threads');
    const WebSocket = require(${JSON.stringify(ROOT)});
    const native = require(${JSON.stringify(path.join(ROOT, 'lib', 'native'))});
    const server = require('http').createServer();
    let closed = 0;
    server.on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head);
      ws.onmessage = ({ data }) => ws.send(data);
      ws.onclose = () => parentPort.postMessage({ closed: ++closed, sessions: native.sessions() });
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: server.address().port }));`;
  const worker = new Worker(script, { eval: true });
  const [{ port }] = await once(worker, 'message');
  let last = { closed: 0, sessions: 0 };
  worker.on('message', (message) => (last = message));
  const measure = () => {
    const { user, system } = process.cpuUsage();
    return { cpu: user + system, peak: process.resourceUsage().maxRSS * 1024, sessions: last.sessions };
  };
  const until = async (type, count) => {
    while (last.closed < count) await once(worker, 'message');
    return measure();
  };
  return { port, measure, until, stop: () => worker.terminate() };
}

/** Runs one client against a server; whether every message came back. */
async function run(name) {
  const command = await CLIENTS[name]();
  const subject = await (values.worker ? startWorker() : startProcess());
  const before = await subject.measure();
  const { messages, faults, seconds } = await crowd(command, `ws://127.0.0.1:${subject.port}/`);
  const after = await subject.until('close', Number(values.connections));
  await subject.stop();

  const expected = values.connections * values.messages;
  const cpu = (after.cpu - before.cpu) / messages;
  console.log(
    `${name}${values.worker ? ', worker thread' : ''}: ${messages} of ${expected} echoes on ${values.connections} connections in ${seconds.toFixed(1)} s, ` +
      `${cpu.toFixed(2)} µs of the server's processor each, its RSS ${(after.peak / 2 ** 20).toFixed(0)} MB at most, ` +
      `${after.sessions} sessions left`
  );
  for (const fault of faults) console.log(`  ${fault}`);
  return messages === expected && faults.length === 0 && after.sessions === 0;
}

async function main() {
  let good = true;
  for (const name of values.client ? [values.client] : Object.keys(CLIENTS)) good = (await run(name)) && good;
  process.exitCode = good ? 0 : 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
