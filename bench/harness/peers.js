'use strict';

/**
 * The peers that are compared: how each is started in either role, and whether it can be.
 */

const path = require('path');

const BENCH = path.join(__dirname, '..');
const NODE = [process.execPath, '--expose-gc'];
const WITHOUT_BUFFERUTIL = { WS_NO_BUFFER_UTIL: '1' };

/**
 * `server`, `client`: the file in bench/servers or bench/clients. `flags`: what it is told besides the scenario.
 * `wire`: how the generator speaks to it. A peer without a file is the generator's own server.
 */
const PEERS = [
  { name: 'ours', label: 'faye-websocket-native', server: 'ours.js', client: 'ours.js' },
  {
    name: 'ours-stream',
    label: 'native, stream transport',
    server: 'ours.js',
    client: 'ours.js',
    flags: ['--stream']
  },
  {
    name: 'ours-direct',
    label: 'native, direct transport',
    server: 'ours.js',
    client: 'ours.js',
    flags: ['--direct']
  },
  {
    name: 'faye-websocket',
    label: 'faye-websocket',
    server: 'faye-websocket.js',
    client: 'faye-websocket.js'
  },
  { name: 'ws', label: 'ws', server: 'ws.js', client: 'ws.js', env: WITHOUT_BUFFERUTIL },
  {
    name: 'ws-buffers',
    label: 'ws, Buffers',
    server: 'ws.js',
    flags: ['--buffers'],
    env: WITHOUT_BUFFERUTIL
  },
  { name: 'ws-bufferutil', label: 'ws + bufferutil', server: 'ws.js', client: 'ws.js' },
  { name: 'ws-bufferutil-buffers', label: 'ws + bufferutil, Buffers', server: 'ws.js', flags: ['--buffers'] },
  { name: 'net', label: 'net (no frames)', server: 'net.js', client: 'net.js', wire: 'raw' },
  { name: 'net-http', label: 'net, upgraded by http', server: 'net.js', flags: ['--http'], wire: 'upgraded' },
  { name: 'bun', label: 'Bun', server: 'bun.js', client: 'bun.js', runtime: 'bun' },
  { name: 'floor', label: 'bare epoll, Rust' }
].map((peer) => Object.assign({ flags: [], env: {}, wire: 'frames', runtime: 'node' }, peer));

/**
 * @param {string} name
 * @returns {object} the peer of that name
 */
function findPeer(name) {
  const peer = PEERS.find((each) => each.name === name);
  if (!peer) throw new Error(`Unknown peer ${name}. Known: ${PEERS.map((each) => each.name).join(', ')}`);
  return peer;
}

/**
 * The command that starts a peer.
 * @param {object} peer
 * @param {'server'|'client'} role
 * @param {string[]} words what the scenario adds
 * @param {string} generator the generator's path
 * @returns {{command: string[], env: object}}
 */
function startCommand(peer, role, words, generator) {
  const { env } = peer;
  if (!peer.server) return { command: [generator, 'serve', ...words], env };
  const file = path.join(BENCH, `${role}s`, peer[role]);
  const runtime = peer.runtime === 'bun' ? [findBun()] : NODE;
  return { command: [...runtime, file, ...peer.flags, ...words], env };
}

/**
 * Bun's binary: npm's package `bun` depends on one package per platform, which holds it. That works where install
 * scripts are off, too.
 */
function findBun() {
  const platform = `@oven/bun-${process.platform}-${process.arch}`;
  for (const name of [platform, `${platform}-musl`]) {
    try {
      return path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin', 'bun');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error(`Bun is not installed for ${process.platform}-${process.arch}`);
}

module.exports = { PEERS, findBun, findPeer, startCommand };
