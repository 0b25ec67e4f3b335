'use strict';

/** Brokers for the tests: processes of their own, that can be killed and started again where they were. */

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Starts a program; resolves once it has printed what is awaited, to the process with what it has printed by then. */
async function start(command, args, awaited) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const isReady = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (awaited.test(output)) resolve();
      });
    }
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`${command} ended: ${output}`)));
  });
  await isReady;
  return Object.assign(child, { output });
}

/** Ends a program, if it still runs. */
async function end(child, signal = 'SIGKILL') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** A folder that goes with the test. */
function folderFor(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'topics-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Why tests with a broker are skipped, or false. */
function missing(command) {
  return spawnSync(command, ['--version']).error ? `there is no ${command}` : false;
}

/**
 * Starts Redis on a unix socket.
 *
 * @param {object} t a test, whose end is that of Redis
 * @param {object} [options]
 * @param {boolean} [options.durable] whether what is stored outlives a kill
 * @returns {Promise<{socket: string, kill: Function, restart: Function}>}
 */
async function startRedis(t, { durable = false } = {}) {
  const folder = folderFor(t);
  const socket = path.join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', ''];
  args.push('--appendonly', durable ? 'yes' : 'no');
  // By default a disk that is busy may hold back for two seconds what has been answered, and a kill loses it.
  if (durable) args.push('--appendfsync', 'always');
  const run = () => start('redis-server', args, /ready to accept connections/i);
  let child = await run();
  t.after(() => end(child));
  return {
    socket,
    pid: () => child.pid,
    kill: () => end(child),
    restart: async () => {
      await end(child);
      child = await run();
    }
  };
}

/** Pairs of clients of Redis, by package: each takes a test and the path of a socket. */
const REDIS_CLIENTS = {
  '@redis/client': async (t, socket, user) => {
    const { createClient } = require('@redis/client');
    const make = async () => {
      const client = createClient({ ...user, socket: { path: socket, reconnectStrategy: () => 20 } });
      client.on('error', () => {});
      t.after(() => client.isOpen && (client.destroy || client.disconnect).call(client));
      await client.connect();
      return client;
    };
    return { publisher: await make(), subscriber: await make() };
  },
  ioredis: async (t, socket, user) => {
    const { Redis } = require('ioredis');
    const make = () => {
      const client = new Redis({
        ...user,
        path: socket,
        retryStrategy: () => 20,
        maxRetriesPerRequest: null
      });
      client.on('error', () => {});
      t.after(() => client.disconnect());
      return client;
    };
    return { publisher: make(), subscriber: make() };
  }
};

/**
 * Starts NATS on a port of its choice, which it keeps.
 *
 * @param {object} t a test, whose end is that of NATS
 * @param {string} [settings] more of its configuration
 * @returns {Promise<{port: number, kill: Function, restart: Function}>}
 */
async function startNats(t, settings = '') {
  const folder = folderFor(t);
  const file = path.join(folder, 'nats.conf');
  const store = path.join(folder, 'store');
  const configure = (port) => {
    fs.writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${store}" }\n${settings}\n`);
  };
  const run = () => start('nats-server', ['-c', file], /Server is ready/);
  configure(-1);
  let child = await run();
  t.after(() => end(child));
  const port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(child.output)[1]);
  configure(port);
  return {
    port,
    pid: () => child.pid,
    kill: () => end(child),
    restart: async () => {
      await end(child);
      child = await run();
    }
  };
}

/** Connects to NATS. */
async function connectNats(t, port, user) {
  const { connect } = require('@nats-io/transport-node');
  const settings = { maxReconnectAttempts: -1, reconnectTimeWait: 20, reconnectJitter: 10 };
  const connection = await connect({ port, ...settings, ...user });
  t.after(() => connection.close());
  return connection;
}

/** Resolves once something holds. */
async function until(holds, what) {
  for (let i = 0; !(await holds()); i++) {
    if (i > 4000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

module.exports = { REDIS_CLIENTS, connectNats, end, missing, start, startNats, startRedis, until };
