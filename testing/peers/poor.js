'use strict';

/** A server in a process that may have few descriptors, and prints what a test wants to know. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');

/**
 * Starts the process.
 *
 * @param {import('node:test').TestContext} t ends it with the test
 * @param {string} body what it does with `request`, `socket` and `head` of an upgrade; it has `WebSocket`, `fs` and
 *   `server`
 * @param {{limit?: number, implementation?: string}} [settings] how many descriptors it may have, and whose WebSocket it is
 * @returns {Promise<{child: object, port: number, line: function(): Promise<string>, exit: Promise}>}
 */
async function startPoor(t, body, { limit = 64, implementation = './implementation' } = {}) {
  const script = `
    const WebSocket = require(${JSON.stringify(implementation)});
    const fs = require('fs');
    const server = require('http').createServer().on('upgrade', (request, socket, head) => {
      ${body}
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  // Both limits, of which Node would raise the soft one.
  const child = spawn('sh', ['-c', `ulimit -n ${limit}; exec "$0" -e "$1"`, process.execPath, script], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit']
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  const waiting = [];
  const lines = [];
  child.stdout.setEncoding('utf8').on('data', (data) => {
    output += data;
    for (let end; (end = output.indexOf('\n')) >= 0; output = output.slice(end + 1)) {
      const line = output.slice(0, end);
      if (waiting.length > 0) waiting.shift()(line);
      else lines.push(line);
    }
  });
  const line = () =>
    lines.length > 0 ? Promise.resolve(lines.shift()) : new Promise((resolve) => waiting.push(resolve));
  child.stdout.on('end', () => waiting.splice(0).forEach((resolve) => resolve('no more lines')));
  const exit = once(child, 'exit');
  return { child, port: Number(await line()), line, exit };
}

module.exports = { startPoor };
