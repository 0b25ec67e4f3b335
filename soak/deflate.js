'use strict';

/**
 * Random messages under every set of parameters of permessage-deflate, with other implementations in both roles, as far
 * as they have both: what goes in must come out, byte for byte and in order.
 *
 *     node soak/deflate.js                                           10,000 messages a set and peer
 *     node soak/deflate.js --count 320 --peers ws,reference          a short one
 *     node soak/deflate.js --seed 7 --transport stream --sets 0,5
 *
 * We send and the peer echoes, sixteen messages at a time. One of them is of 0 bytes to 1 MiB, the others of 0 bytes to
 * 8 KiB, each size with an even logarithm; 60 % are JSON text, 20 % the same as bytes, 20 % noise. A peer with both roles
 * gets half of the messages as a client and half as a server. The last line of a peer says what was exchanged.
 */

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { parseArgs } = require('node:util');

const WebSocket = require('..');
const { mostlyJson, parameterSets, sameMessage } = require('../testing/deflate_messages');
const PEERS = require('./deflate_peers');

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    most: { type: 'string', default: String(1 << 20) },
    peers: { type: 'string', default: Object.keys(PEERS).join() },
    sets: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    transport: { type: 'string', default: 'auto' }
  }
});

const BATCH = 16;
const SMALL = 8192;

/** Sixteen messages, the same for the same seed. */
function batch(seed) {
  const list = mostlyJson(seed, BATCH - 1, SMALL);
  list.splice(seed % BATCH, 0, ...mostlyJson(seed + 1, 1, Number(values.most)));
  return list;
}

/** Sends batches and compares their echoes; resolves with the bytes that went each way. */
async function exchange(socket, count, seed) {
  let bytes = 0;
  let echoes = [];
  let ended;
  socket.onmessage = ({ data }) => {
    echoes.push(data);
    if (echoes.length === BATCH) ended.resolve();
  };
  socket.onclose = ({ code, reason }) => ended.reject(new Error(`closed with ${code} ${reason}`));
  for (let done = 0; done < count; done += BATCH) {
    const messages = batch(seed + 2 * done);
    const all = new Promise((resolve, reject) => (ended = { resolve, reject }));
    for (const message of messages) socket.send(message);
    await all;
    messages.forEach((message, i) => {
      sameMessage(echoes[i], message, done + i);
      bytes += message.length;
    });
    echoes = [];
  }
  socket.onclose = null;
  return bytes;
}

/** We are the client of a peer's server. */
async function asClient(url, options, count, seed) {
  const client = new WebSocket.Client(url, [], options);
  await once(client, 'open');
  assert.match(client.headers['sec-websocket-extensions'], /^permessage-deflate/);
  const bytes = await exchange(client, count, seed);
  client.close();
  return bytes;
}

/** We are the server of a peer's client. */
async function asServer(peer, options, count, seed) {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const opened = new Promise((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      assert.match(request.headers['sec-websocket-extensions'], /permessage-deflate/);
      resolve(new WebSocket(request, socket, head, [], options));
    });
  });
  await peer.connect(`ws://127.0.0.1:${server.address().port}/`);
  const ws = await opened;
  const bytes = await exchange(ws, count, seed);
  assert.ok(ws.memoryUsage().windows > 0);
  ws.close();
  server.close();
  return bytes;
}

/** All sets with one peer. */
async function soak(name, seed) {
  const { missing } = PEERS[name];
  if (missing) {
    console.log(`${name}: left out: ${missing}`);
    return;
  }
  const peer = new PEERS[name]();
  const chosen = values.sets && values.sets.split(',').map(Number);
  const url = peer.serve && (await peer.serve());
  const began = Date.now();
  let [sets, messages, bytes] = [0, 0, 0];
  for (const [i, set] of parameterSets().entries()) {
    if (chosen && !chosen.includes(i)) continue;
    const options = { extensions: [WebSocket.deflate.configure(set)], transport: values.transport };
    const count = Math.ceil(Number(values.count) / (url ? 2 : 1) / BATCH) * BATCH;
    try {
      if (url) bytes += await asClient(url, options, count, seed + i);
      bytes += await asServer(peer, options, count, seed + 500_000 + i);
    } catch (error) {
      throw new Error(`${name}, set ${i} ${JSON.stringify(set)}: ${error.message}`, { cause: error });
    }
    sets++;
    messages += count * (url ? 2 : 1);
  }
  await peer.stop();
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const megabytes = (bytes / 2 ** 20).toFixed(0);
  console.log(
    `${name}: ${sets} sets, ${messages} messages, ${megabytes} MiB each way, all the same, in ${seconds} s`
  );
}

async function main() {
  console.log(`permessage-deflate, --seed ${values.seed}, --count ${values.count}, --most ${values.most}`);
  for (const name of values.peers.split(',')) await soak(name, Number(values.seed));
  process.exit();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
