'use strict';

// An exception of a handler that ends the process: Node prints the line that has thrown, and that is the handler's, not one of
// ours that has thrown it once more.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { describe, test } = require('node:test');

const { IS_NODE } = require('../lib/native/runtime');
const { TRANSPORTS } = require('../testing/peers/engines');

const SKIP =
  (!IS_NODE || process.env.FAYE_WEBSOCKET_NATIVE === 'wasm') && 'only the binary can raise an exception';

/** A conversation in one process, in which `handlers` are put on both ends; over TLS with `secure`. */
function conversation(handlers, { transport, secure }) {
  return `
    const WebSocket = require('..');
    const secure = ${secure}, options = { transport: '${transport}', tls: { rejectUnauthorized: false } };
    const { makeCertificate } = require('../testing/certificate');
    const server = secure
      ? require('https').createServer(makeCertificate({ names: ['localhost'] }))
      : require('http').createServer();
    server.on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, null, { transport: '${transport}' });
      ws.on('message', () => {});
      (${handlers.server || '() => {}'})(ws);
    });
    server.listen(0, 'localhost', () => {
      const url = (secure ? 'wss' : 'ws') + '://localhost:' + server.address().port;
      const client = new WebSocket.Client(url, null, options);
      (${handlers.client || '() => {}'})(client);
    });`;
}

const THROW = `() => {\n  null.planned; // of the handler\n}`;

/** What the handlers of each conversation are. */
const CONVERSATIONS = {
  "a server's open": { server: `(ws) => ws.on('open', ${THROW})` },
  "a client's open": { client: `(ws) => ws.on('open', ${THROW})` },
  "a server's message": {
    server: `(ws) => ws.on('message', ${THROW})`,
    client: "(ws) => ws.send('text')"
  },
  "a client's message": { server: "(ws) => ws.send('text')", client: `(ws) => ws.on('message', ${THROW})` },
  "a ping's callback": { server: `(ws) => ws.on('open', () => ws.ping('text', ${THROW}))` },
  close: {
    server: `(ws) => ws.on('close', ${THROW})`,
    client: "(ws) => ws.on('open', () => ws.close())"
  },
  'close behind a lost connection': {
    server: `(ws) => ws.on('close', ${THROW})`,
    client: "(ws) => ws.on('open', () => ws.terminate())"
  }
};

/** Runs a program that an exception ends. Returns the lines that were printed up to the one that has thrown. */
function run(program, flags = []) {
  const { stderr, status, signal } = spawnSync(process.execPath, ['--no-warnings', ...flags, '-e', program], {
    cwd: __dirname,
    encoding: 'utf8',
    timeout: 30000
  });
  return { lines: stderr.split('\n'), stderr, status, signal };
}

const WAYS = [
  ...TRANSPORTS.map((transport) => [transport, { transport, secure: false }]),
  ['TLS', { transport: 'stream', secure: true }]
];

describe('an exception that nobody handles', { skip: SKIP }, () => {
  for (const [name, way] of WAYS) {
    for (const [event, handlers] of Object.entries(CONVERSATIONS)) {
      test(`of a handler of ${event} is printed with the line of the handler (${name})`, () => {
        const { lines, stderr, status } = run(conversation(handlers, way));
        assert.deepStrictEqual([status, lines[1].trim()], [1, 'null.planned; // of the handler'], stderr);
      });
    }
  }

  test('of a handler in a worker thread is what its error is, once', () => {
    const program = conversation(CONVERSATIONS.close, WAYS[0][1]).replaceAll("'..", `'${__dirname}/..`);
    const { stderr, status } = run(`
      const { Worker } = require('worker_threads');
      const errors = [];
      new Worker(${JSON.stringify(program)}, { eval: true })
        .on('error', ({ name, message }) => errors.push(name))
        .on('exit', (code) => console.error(errors.join(), code));`);
    assert.deepStrictEqual([status, stderr], [0, 'TypeError 1\n']);
  });

  test('ends the process with a core where that was asked for', () => {
    for (const [, way] of WAYS) {
      const { signal, stderr } = run(conversation(CONVERSATIONS.close, way), [
        '--abort-on-uncaught-exception'
      ]);
      assert.ok(signal !== null, stderr);
    }
  });
});
