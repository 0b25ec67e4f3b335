'use strict';

/**
 * A process that converses with itself in large compressed messages, both ways and with deflate as a plugin too, and
 * ends by itself when all of it has come back. Before, it takes threads away from itself.
 *
 *     node conversation.js PACKAGE TRANSPORT HOW     `inject`: by the call of that name; `limit`: by RLIMIT_NPROC
 */

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');

const { passing } = require('../../testing/passing_extension');

const [folder, transport, how] = process.argv.slice(2);
const WebSocket = require(folder);

const TEXT = Array.from({ length: 40_000 }, (_, i) => `record ${i * 7919}; `).join('');

const idle = passing('x-idle');

/** Echoes of texts and bytes, large ones and small ones between them, in order; closes. */
async function converse(extensions) {
  const options = { transport, extensions };
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const ws = new WebSocket(request, socket, head, [], options);
    ws.onmessage = ({ data }) => ws.send(data);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/`, [], options);
  const sent = [TEXT, 'small', Buffer.from(TEXT), `${TEXT}é`, Buffer.from('small'), TEXT];
  const received = [];
  await once(client, 'open');
  for (const message of sent) client.send(message);
  await new Promise((resolve) => {
    client.onmessage = ({ data }) => received.push(data) === sent.length && resolve();
  });
  received.forEach((data, i) => {
    assert.ok(typeof data === 'string' ? data === sent[i] : data.equals(sent[i]), `message ${i}`);
  });
  client.close();
  const [{ code }] = await once(client, 'close');
  assert.strictEqual(code, 1000);
  server.close();
}

async function main() {
  // What Node itself starts with the first use is there before.
  await fs.promises.stat(__filename);
  if (how === 'limit') execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=1:1']);
  else require(`${folder}/lib/native/index.js`).inject('thread', 1000);
  await converse([WebSocket.deflate]);
  await converse([idle, WebSocket.deflate]);
}

main();
