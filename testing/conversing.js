'use strict';

// Starting the programs of testing/package, and talking to them.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { once } = require('node:events');

const { WebSocket: Peer } = require('ws');

/**
 * Starts a server program; resolves once it tells its port.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{port: number, finished: Promise<string[]>}>} `finished` has the lines it printed after that
 */
function start(command, args, cwd) {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = execFile(command, args, { cwd, timeout: 60000 });
    const finished = new Promise((done) => child.on('close', () => done(output.trim().split('\n').slice(1))));
    child.stderr.on('data', (text) => (output += text));
    child.stdout.on('data', (text) => {
      output += text;
      const port = /^port (\d+)$/m.exec(output);
      if (port) resolve({ port: Number(port[1]), finished });
    });
    child.on('close', () => reject(new Error(output)));
  });
}

/**
 * Talks to an echo server, and checks what each side gets to see.
 *
 * @param {{port: number, finished: Promise<string[]>}} server
 * @param {{pings: boolean}} options whether the server pings
 */
async function converse(server, { pings }) {
  const client = new Peer(`ws://localhost:${server.port}/path`, 'amqp', { perMessageDeflate: false });
  const messages = [];
  client.on('message', (data, isBinary) => {
    messages.push(isBinary ? data : String(data));
    if (messages.length === 2) client.close(3000, 'done');
  });
  await once(client, 'open');
  client.send('Grüße, 世界');
  client.send(Buffer.from([0, 255]));

  assert.deepStrictEqual(await server.finished, [
    `open ws://localhost:${server.port}/path hybi-13 amqp`,
    ...(pings ? ['pong'] : []),
    'close 3000 done'
  ]);
  assert.deepStrictEqual(messages, ['Grüße, 世界', Buffer.from([0, 255])]);
}

module.exports = { converse, start };
