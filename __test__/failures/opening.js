'use strict';

/** Connections of the package with failures, and what each of them has emitted. */

const { failing } = require('./build');
const { passing } = require('../../testing/passing_extension');
const { fromServer, frame } = require('../../testing/wire');
const { connect } = require('../../testing/peers/raw_client');
const { agreement, listen } = require('../../testing/peers/raw_server');
const { closing, serve } = require('../../testing/peers/server');

/** An extension that leaves everything as it is; beside it, deflate is a plugin. */
const idle = passing('x-idle');

/** What `ws` emits from now on, in words. */
function eventsOf(ws) {
  const events = [];
  for (const type of ['message', 'error', 'close']) {
    ws.on(type, (event) => events.push(`${type} ${event.message || event.code || event.data.length}`));
  }
  return events;
}

/**
 * Serves, and connects a raw client.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} options of the server's WebSockets
 * @param {{onWebSocket?: function, headers?: string[]}} [settings] `headers` of the client
 * @returns {Promise<{server, client, ws, events, closed}>} `client.says` makes a frame as a client does
 */
async function serving(t, options, { onWebSocket = () => {}, headers = [] } = {}) {
  const { WebSocket } = failing();
  const server = await serve(t, onWebSocket, { WebSocket, options });
  const client = Object.assign(await connect(t, server.port, { headers }), { says: frame });
  const ws = await server.next();
  return { server, client, ws, events: eventsOf(ws), closed: closing(ws) };
}

/**
 * Connects a client to a raw server.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} options of the client
 * @param {string[]} [lines] of the server's answer
 * @param {function} [onWebSocket] called with the client before it opens
 * @returns {Promise<{client, ws, events, closed}>} `client` is the server's end, and `client.says` makes a frame as that does
 */
async function connecting(t, options, lines, onWebSocket = () => {}) {
  const { WebSocket } = failing();
  const server = await listen(t);
  const ws = new WebSocket.Client(server.url, [], options);
  const events = eventsOf(ws);
  const closed = closing(ws);
  onWebSocket(ws);
  const client = Object.assign(await server.next(), { says: fromServer.frame });
  const opened = new Promise((resolve) => ws.once('open', resolve));
  client.send(agreement(await client.head(), lines));
  await Promise.race([opened, closed]);
  return { client, ws, events, closed };
}

/** Lets a place fail, for a test only. */
function injectOnce(t, place, times = 1) {
  const { inject } = failing();
  inject(place, times);
  t.after(() => inject(place, 0));
}

/** Reads frames up to a close frame; its code, or null if the connection ends without one. */
async function closeCode(client) {
  for (;;) {
    const frame = await client.frame().catch(() => null);
    if (frame === null) return null;
    if (frame.opcode === 8) return frame.payload.readUInt16BE(0);
  }
}

module.exports = { closeCode, connecting, eventsOf, idle, injectOnce, serving };
