'use strict';

/**
 * The client under test: asks the suite's server for its number of cases, runs each, sending each message back, and
 * ends the server. The address of that server is the argument.
 */

const { Client, deflate } = require('..');

const { expectTransport } = require('./transport');

/**
 * Runs one connection to its close.
 *
 * @param {string} url
 * @param {function(Client, string|Buffer): void} onMessage
 * @returns {Promise<void>} rejected when it never opened
 */
function connect(url, onMessage) {
  return new Promise((resolve, reject) => {
    const ws = new Client(url, null, { extensions: [deflate] });
    let opened = false;
    let fault = 'no reason';
    ws.on('open', () => {
      opened = true;
      expectTransport(ws);
    });
    ws.on('message', ({ data }) => onMessage(ws, data));
    // Most cases are faults on purpose; the suite judges how they end.
    ws.on('error', ({ message }) => (fault = message));
    ws.on('close', () => (opened ? resolve() : reject(new Error(`${url}: ${fault}`))));
  });
}

/** Runs all cases, one after the other. */
async function main(url) {
  let count = 0;
  await connect(`${url}/getCaseCount`, (_ws, data) => (count = Number(data)));
  for (let i = 1; i <= count; i++) {
    await connect(`${url}/runCase?case=${i}&agent=us`, (ws, data) => ws.send(data));
  }
  // The suite stops on the spot, often before its answer to the handshake has left.
  await connect(`${url}/updateReports?agent=us&shutdownOnComplete=true`, () => {}).catch(() => {});
}

main(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
