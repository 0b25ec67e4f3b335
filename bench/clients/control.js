'use strict';

/**
 * What every client of the benchmark has in common: its arguments, its message, the check of replies, and the word to
 * the runner that the load runs.
 *
 * Arguments: `--port N --connections N --in-flight N --payload ascii:64|binary:1024`, and `--tls`. The client opens all connections,
 * keeps `in-flight` messages on their way on each for ever, prints `{"ready":true}` once all are open, and ends when
 * its standard input does. The echo server counts the messages and reads this process's CPU time.
 */

/** Every how many replies the content is compared, too. */
const SAMPLE = 1024;

/**
 * @returns {object} `url`, `port`, `secure`, `connections`, `inFlight`, `message` (a string or a Buffer), `tls` (options),
 *   `flags`
 */
function readArguments() {
  const words = process.argv.slice(2);
  const value = (name) => words[words.indexOf(`--${name}`) + 1];
  const [kind, size] = value('payload').split(':');
  const port = Number(value('port'));
  const secure = words.includes('--tls');
  return {
    url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/bench`,
    port,
    secure,
    connections: Number(value('connections')),
    inFlight: Number(value('in-flight')),
    message: makeMessage(kind, Number(size)),
    /** The server is known, and its certificate signed by itself. */
    tls: { rejectUnauthorized: false },
    flags: new Set(words.filter((word) => word.startsWith('--')).map((word) => word.slice(2)))
  };
}

function makeMessage(kind, size) {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) {
    bytes[index] = kind === 'ascii' ? 32 + ((index * 31) % 95) : (index * 167) & 255;
  }
  return kind === 'ascii' ? bytes.toString('latin1') : bytes;
}

/**
 * Makes the check of one connection's replies. It compares every length and some contents; a wrong reply ends the
 * process.
 * @param {string|Buffer} message what was sent
 * @returns {(reply: string|Buffer) => void}
 */
function makeCheck(message) {
  let count = 0;
  return (reply) => {
    if (reply.length !== message.length) fail(`a reply of length ${reply.length}, not ${message.length}`);
    if (count++ % SAMPLE === 0) {
      const same = typeof message === 'string' ? reply === message : message.equals(reply);
      if (!same) fail('a reply differs from what was sent');
    }
  };
}

/**
 * Says that the load runs once `connections` connections have reported.
 * @param {number} connections
 * @returns {() => void} to be called by each connection when it has sent its first messages
 */
function makeReady(connections) {
  process.stdin.on('end', () => process.exit(0)).resume();
  return () => {
    if (--connections === 0) process.stdout.write('{"ready":true}\n');
  };
}

/**
 * Ends the process with a message.
 * @param {string} reason
 */
function fail(reason) {
  process.stderr.write(`client: ${reason}\n`);
  process.exit(1);
}

module.exports = { fail, makeCheck, makeReady, readArguments };
