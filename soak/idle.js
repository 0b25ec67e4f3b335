'use strict';

/**
 * The CPU time of a process whose connections have nothing to say, by what they are asked to look after: timers are on one
 * wheel for all, and what this counts is what that costs.
 *
 *     node soak/idle.js                                      100,000 connections over streams in memory, so without a kernel
 *     node soak/idle.js --sockets --connections 15000        over sockets, as many as descriptors allow (`ulimit -n`)
 *     --seconds 30  --keep nothing,ping                      how long, and which of the rows
 *
 * Rows: `nothing` has the defaults; `ping` pings each connection every 30 s, `loop` does so from one loop of the application,
 * so that their difference is the wheel's; `pongTimeout` and `idleTimeout` are the options besides that ping, of 10 s
 * and of 40 s; `timers` is the wheel alone, with a timer for each connection and nothing that it does.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { parseArgs } = require('node:util');

const KEY = 'MDEyMzQ1Njc4OWFiY2RlZg==';
const HEADERS = {
  host: 'localhost',
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': KEY
};
const PING = 30;
/** Connections that are being opened at once. */
const OPENING = 64;

/** Options of connections, by row. */
const OPTIONS = {
  nothing: {},
  timers: {},
  ping: { ping: PING },
  loop: {},
  pongTimeout: { ping: PING, pongTimeout: 10 },
  idleTimeout: { ping: PING, idleTimeout: PING + 10 }
};

/** The answer to a chunk if it is a ping, as a client masks it, with zeros. */
function pongFor(chunk) {
  if (chunk[0] !== 0x89) return null;
  return Buffer.concat([Buffer.from([0x8a, 0x80 | chunk[1], 0, 0, 0, 0]), chunk.subarray(2, 2 + chunk[1])]);
}

/** A stream whose peer answers pings and says nothing else. */
class Quiet extends Duplex {
  _read() {}

  _write(chunk, encoding, done) {
    const pong = pongFor(chunk);
    if (pong !== null) this.push(pong);
    done();
  }
}

/** In a process of its own: what its connections cost. */
async function serve({ row, connections, seconds, sockets }) {
  const all = [];
  if (row === 'timers') {
    const timers = require('../lib/transport/timers');
    for (let i = 0; i < connections; i++) {
      timers.every(() => false, PING * 1000);
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } else {
    const WebSocket = require('..');
    const take = (request, socket, head) =>
      all.push(new WebSocket(request, socket, head, null, OPTIONS[row]));
    if (sockets) await fromSockets(take, connections, all);
    for (let i = 0; all.length < connections; i++) {
      take({ method: 'GET', url: '/', headers: HEADERS }, new Quiet());
      // Spread, as connections come, so that not all are looked after in one moment.
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  if (row === 'loop') setInterval(() => all.forEach((ws) => ws.ping('1')), PING * 1000);
  // What V8 collects of what was made just now is no cost of connections that wait.
  for (let i = 0; i < 3; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  const open = all.filter((ws) => ws.readyState === 1).length;
  await new Promise((resolve) => process.send({ user, system, open }, resolve));
}

/** Listens, and resolves once so many connections have come. */
async function fromSockets(take, connections, all) {
  const server = http.createServer().on('upgrade', take);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  process.send({ port: server.address().port });
  while (all.length < connections) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Opens so many sockets that answer pings. */
async function dial(port, connections) {
  const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`);
  const request = `GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  let left = connections;
  const one = async () => {
    while (left-- > 0) {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      socket.write(request);
      await once(socket, 'data');
      socket.on('data', (chunk) => {
        const pong = pongFor(chunk);
        if (pong !== null) socket.write(pong);
      });
    }
  };
  await Promise.all(Array.from({ length: OPENING }, one));
}

/** Runs a row; its line of the table. */
async function measure(settings) {
  const child = fork(__filename, ['--serve', JSON.stringify(settings)], {
    execArgv: ['--expose-gc', '--no-memory-reducer']
  });
  const gone = once(child, 'exit').then(() => Promise.reject(new Error(`${settings.row} ended early`)));
  gone.catch(() => {});
  const told = async () => (await Promise.race([once(child, 'message'), gone]))[0];
  try {
    if (settings.sockets && settings.row !== 'timers') await dial((await told()).port, settings.connections);
    const { user, system, open } = await told();
    const share = (time) => `${((time / 1e6 / settings.seconds) * 100).toFixed(2)} %`;
    return {
      connections: settings.row === 'timers' ? 0 : open,
      user: share(user),
      system: share(system),
      'µs a connection and minute': Number(
        (((user + system) / settings.connections / settings.seconds) * 60).toFixed(2)
      )
    };
  } finally {
    child.kill();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '30' },
      keep: { type: 'string', default: Object.keys(OPTIONS).join() },
      sockets: { type: 'boolean', default: false },
      serve: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  });
  if (values.help) {
    console.log(
      'node soak/idle.js [--connections 100000] [--seconds 30] [--sockets] ' +
        `[--keep ${Object.keys(OPTIONS).join()}]\nThe share of a core that connections take which say nothing.`
    );
    return;
  }
  if (values.serve) {
    await serve(JSON.parse(values.serve));
    process.exit();
  }
  const settings = {
    connections: Number(values.connections),
    seconds: Number(values.seconds),
    sockets: values.sockets
  };
  const table = {};
  for (const row of values.keep.split(',')) {
    if (!Object.hasOwn(OPTIONS, row)) throw new Error(`--keep knows ${Object.keys(OPTIONS)}, and no ${row}`);
    table[row] = await measure({ ...settings, row });
  }
  console.table(table);
}

main();
