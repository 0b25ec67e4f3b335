'use strict';

/**
 * What every server of the benchmark has in common: its arguments, and the little protocol it speaks with the runner.
 *
 * Arguments: `--mode echo|broadcast|chat|churn`, `--deflate`, `--cert FILE --key FILE` for TLS, and flags of the peer's own. The server prints
 * `{"port":N}` when it listens, answers the line `gc` with `{"gc":true}` after collecting garbage, and ends when its
 * standard input does. CPU time and memory are read from outside, for all peers alike.
 */

const fs = require('fs');
const http = require('http');
const https = require('https');
const readline = require('readline');

/** Larger than any message of the benchmark, frame by frame. */
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * @returns {{mode: string, deflate: boolean, secure: object|null, flags: Set<string>}} the arguments of this process;
 *   `secure` is a certificate and its key
 */
function readArguments() {
  const words = process.argv.slice(2);
  const value = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : null);
  const read = (name) => fs.readFileSync(value(name), 'utf8');
  const flags = new Set(words.filter((word) => word.startsWith('--')).map((word) => word.slice(2)));
  const secure = flags.has('cert') ? { cert: read('--cert'), key: read('--key') } : null;
  return { mode: value('--mode') || 'echo', deflate: flags.has('deflate'), secure, flags };
}

/**
 * Announces the port and answers the runner's lines from then on.
 * @param {number} port
 */
function announce(port) {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line === 'gc') {
      collect();
      say({ gc: true });
    } else {
      throw new Error(`Unknown command: ${line}`);
    }
  });
  lines.on('close', () => process.exit(0));
  say({ port });
}

/**
 * Starts a `net` or `http` server on a free port of the loopback interface and announces it.
 * @param {import('net').Server} server
 */
function listen(server) {
  server.listen(0, '127.0.0.1', () => announce(server.address().port));
}

/**
 * An HTTP server of Node's, over TLS if there is a certificate.
 * @param {object|null} secure
 * @returns {import('http').Server}
 */
function createServer(secure) {
  return secure ? https.createServer(secure) : http.createServer();
}

/** Collects garbage: twice, since the first round only finalises some objects. */
function collect() {
  for (let round = 0; round < 2; round++) {
    if (global.Bun) global.Bun.gc(true);
    else if (global.gc) global.gc();
  }
}

function say(message) {
  process.stdout.write(JSON.stringify(message) + '\n');
}

module.exports = { MAX_LENGTH, announce, createServer, listen, readArguments };
