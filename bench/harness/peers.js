'use strict';

/**
 * The peers that are compared: how each is started in either role, and whether it can be.
 */

const fs = require('fs');
const path = require('path');
const { runtime } = require('../../scripts/runtimes');

const BENCH = path.join(__dirname, '..');
const NODE_FLAGS = ['--expose-gc'];
const WITHOUT_BUFFERUTIL = { WS_NO_BUFFER_UTIL: '1' };
/** Which package `ours.js` loads; filled in by {@link setOther}. */
const OTHER = {};

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
  { name: 'ours-broadcast', label: 'native, WebSocket.broadcast', server: 'ours.js', flags: ['--broadcast'] },
  {
    name: 'ours-wasm',
    label: 'native, as WebAssembly',
    server: 'ours.js',
    client: 'ours.js',
    env: { FAYE_WEBSOCKET_NATIVE: 'wasm' }
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
  { name: 'bun-publish', label: 'Bun, publish', server: 'bun.js', flags: ['--publish'], runtime: 'bun' },
  { name: 'floor', label: 'bare epoll, Rust' },
  { name: 'other', label: 'another checkout', server: 'ours.js', client: 'ours.js', env: OTHER }
].map((peer) => Object.assign({ flags: [], env: {}, wire: 'frames', runtime: 'node' }, peer));

/** Peers on another Node.js than the one that runs this, by their names. */
const onOtherNode = new Map();

/**
 * @param {string} name of a peer, or of one on another version of Node.js: `ws@24`
 * @returns {object} the peer of that name
 */
function findPeer(name) {
  const [base, version] = name.split('@');
  const peer = PEERS.find((each) => each.name === base);
  if (!peer) throw new Error(`Unknown peer ${base}. Known: ${PEERS.map((each) => each.name).join(', ')}`);
  if (!version) return peer;
  if (!/^\d+$/.test(version) || peer.runtime !== 'node' || !peer.server) {
    throw new Error(`${name}: there is no such peer on a Node.js of its own`);
  }
  if (!onOtherNode.has(name)) {
    onOtherNode.set(
      name,
      Object.assign({}, peer, { name, label: `${peer.label}, Node.js ${version}`, version })
    );
  }
  return onOtherNode.get(name);
}

/**
 * Installs the runtime of a peer, if it has one of its own.
 * @param {object} peer
 */
async function prepare(peer) {
  if (peer.version) peer.node = await runtime('node', peer.version);
  if (peer.runtime === 'bun' && !hasBun()) await runtime('bun', 'latest');
}

function hasBun() {
  try {
    return Boolean(findBun());
  } catch {
    return false;
  }
}

/**
 * Says where the checkout is that the peer `other` is.
 * @param {string} folder
 */
function setOther(folder) {
  OTHER.BENCH_PACKAGE = path.resolve(folder);
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
  const start = peer.runtime === 'bun' ? [findBun()] : [peer.node || process.execPath, ...NODE_FLAGS];
  return { command: [...start, file, ...peer.flags, ...words], env };
}

/**
 * Bun's binary: npm's package `bun` depends on one package per platform, which holds it; that works where install scripts are
 * off, too. Some installations leave the file out, so what {@link prepare} has installed will do as well.
 */
function findBun() {
  const platform = `@oven/bun-${process.platform}-${process.arch}`;
  const folders = [path.join(BENCH, '..', '.cache', 'runtimes', 'bun-latest', 'node_modules', platform)];
  for (const name of [`${platform}-musl`, platform]) {
    try {
      folders.unshift(path.dirname(require.resolve(`${name}/package.json`)));
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  const file = folders.map((folder) => path.join(folder, 'bin', 'bun')).find((each) => fs.existsSync(each));
  if (file) return file;
  throw new Error(`Bun is not installed for ${process.platform}-${process.arch}`);
}

module.exports = { PEERS, findBun, findPeer, prepare, setOther, startCommand };
