'use strict';

/** A crowd of clients that send numbered messages, several in flight each, and check what comes back. */

/** Messages of one connection that are under way at once. */
const IN_FLIGHT = 8;
/** Connections that are being opened at once. */
const OPENING = 100;
const MAX_FAULTS = 10;

/**
 * Opens all connections, then sends all messages, then closes all.
 *
 * @param {object} settings
 * @param {function} settings.WebSocket a constructor in the shape of the WHATWG's WebSocket
 * @param {string} settings.url of an echo server
 * @param {number} settings.connections
 * @param {number} settings.messages of each connection
 * @returns {Promise<{messages: number, faults: string[], seconds: number}>} what came back, and what was wrong with it
 */
async function echoAll({ WebSocket, url, connections, messages }) {
  const faults = [];
  const fault = (text) => faults.length < MAX_FAULTS && faults.push(text);
  const clients = [];
  while (clients.length < connections) {
    const count = Math.min(OPENING, connections - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: count }, () => open(WebSocket, url)))));
  }
  const begun = process.hrtime.bigint();
  const counts = await Promise.all(clients.map((client, i) => converse(client, i, messages, fault)));
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  await Promise.all(clients.map(closeOf));
  return { messages: counts.reduce((a, b) => a + b, 0), faults, seconds };
}

/** An open connection. */
function open(WebSocket, url) {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url);
    client.binaryType = 'arraybuffer';
    client.onopen = () => resolve(client);
    client.onerror = ({ message }) => reject(new Error(`could not connect: ${message}`));
  });
}

/** The message with number `i` of connection `name`: each third is binary, some are longer. */
function message(name, i) {
  const words = `${name}/${i}` + (i % 10 === 0 ? ' é€😀'.repeat(20) : '');
  return i % 3 === 2 ? new TextEncoder().encode(words) : words;
}

/** Sends `count` messages, {@link IN_FLIGHT} at a time; how many came back. */
function converse(client, name, count, fault) {
  return new Promise((resolve) => {
    let sent = 0;
    let received = 0;
    const more = () => sent < count && client.send(message(name, sent++));
    client.onerror = ({ message }) => fault(`${name}: ${message}`);
    client.onclose = ({ code }) => {
      fault(`${name}: closed with ${code} after ${received} of ${count}`);
      resolve(received);
    };
    client.onmessage = ({ data }) => {
      const expected = message(name, received);
      const same =
        typeof expected === 'string'
          ? data === expected
          : typeof data !== 'string' && Buffer.from(data).equals(Buffer.from(expected));
      if (!same) fault(`${name}: message ${received} is not what was sent`);
      received++;
      if (received === count) resolve(received);
      else more();
    };
    for (let i = 0; i < IN_FLIGHT; i++) more();
  });
}

/** Closes and waits for it. */
function closeOf(client) {
  return new Promise((resolve) => {
    if (client.readyState === 3) return resolve();
    client.onclose = resolve;
    client.close(1000);
  });
}

module.exports = { echoAll };
