'use strict';

/** Connections with compression, and their peers, which inflate what comes. */

const { once } = require('node:events');
const zlib = require('node:zlib');

const WebSocket = require('./implementation');
const { until } = require('./moved_time');
const { connect } = require('./raw_client');
const { agreement, listen } = require('./raw_server');
const { serve } = require('./server');

/** What clients ask for, and what servers answer: with and without context takeover. */
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
const ALONE = `${OFFER}; server_no_context_takeover`;
const CLIENT_ALONE = `${OFFER}; client_no_context_takeover`;

/**
 * Connections to a server with these settings of compression, one for each header.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} transport
 * @param {(string | null)[]} headers of the clients
 * @param {object} [settings] of compression
 * @param {object} [options] more options of the server's
 * @returns {Promise<{client: object, ws: object, window: Buffer, keeps: boolean}[]>}
 */
async function join(t, transport, headers, settings = {}, options = {}) {
  const extensions = [WebSocket.deflate.configure(settings)];
  const server = await serve(t, undefined, { options: { transport, extensions, ...options } });
  const pairs = [];
  for (const header of headers) {
    const client = await connect(t, server.port, { headers: header ? [header] : [] });
    const ws = await server.next();
    if (ws.readyState === 0) await once(ws, 'open');
    // What was agreed on without context takeover needs no window from one message to the next.
    const keeps = header === OFFER && !settings.noContextTakeover;
    pairs.push({ client, ws, window: Buffer.alloc(0), keeps });
  }
  await until(() => pairs.every(({ ws }) => ws.transport === transport));
  return pairs;
}

/**
 * Clients of a server that answers with this header, in the same form.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} transport
 * @param {number} count
 * @param {string} header
 * @param {object} [options] more options of the clients
 * @returns {Promise<{client: object, ws: object, window: Buffer, keeps: boolean}[]>}
 */
async function joinClients(t, transport, count, header, options = {}) {
  const server = await listen(t);
  const pairs = [];
  for (let i = 0; i < count; i++) {
    const extensions = [WebSocket.deflate];
    const ws = new WebSocket.Client(server.url, null, { transport, extensions, ...options });
    const opened = once(ws, 'open');
    const client = await server.next();
    client.send(agreement(await client.head(), [header]));
    await opened;
    pairs.push({ client, ws, window: Buffer.alloc(0), keeps: header === OFFER });
  }
  await until(() => pairs.every(({ ws }) => ws.transport === transport));
  return pairs;
}

/**
 * The next frame of a pair, inflated.
 *
 * @param {{client: object, window: Buffer, keeps: boolean}} pair
 * @returns {Promise<{opcode: number, compressed: boolean, data: string}>}
 */
async function read(pair) {
  const { head, opcode, payload } = await pair.client.frame();
  const compressed = (head[0] & 0x40) !== 0;
  if (!compressed) return { opcode, compressed, data: String(payload) };
  const data = zlib.inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...(pair.keeps && pair.window.length > 0 ? { dictionary: pair.window } : {})
  });
  if (pair.keeps) pair.window = Buffer.concat([pair.window, data]).subarray(-32768);
  return { opcode, compressed, data: String(data) };
}

/** How many bytes have been compressed so far. */
const compressed = () => WebSocket.metrics().compression.sent.plain;

module.exports = { ALONE, CLIENT_ALONE, OFFER, compressed, join, joinClients, read };
