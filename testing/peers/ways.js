'use strict';

/** The ways that messages travel between two ends of ours, for tests that go through all of them. */

const { once } = require('node:events');

const WebSocket = require('./implementation');
const deflate = require('../../deflate');
const { makeCertificate } = require('../certificate');
const { passing, passOnLater } = require('../passing_extension');
const { serve } = require('./server');

/** Titles, and settings of {@link meet}, of the ways that bytes travel. */
const WAYS = ['direct', 'stream', 'TLS'].map((name) => ({
  name,
  secure: name === 'TLS',
  options: { transport: name === 'TLS' ? 'stream' : name }
}));

/** What is done to messages on the way: titles, and options of both ends. */
const CODINGS = [
  { coding: 'as they are', more: {} },
  { coding: 'compressed', more: { extensions: [deflate] } },
  { coding: 'by way of a plugin', more: { extensions: [passing('x-slow', passOnLater)] } }
];

/**
 * A server's WebSocket and the client that it talks to, both open.
 *
 * @param {import('node:test').TestContext} t ends both
 * @param {object} way one of {@link WAYS}
 * @param {object} [more] options of both
 * @param {object} [servers] options of the server's alone
 * @param {function(object): void} [onOpen] gets the client in its `open`
 * @returns {Promise<[object, object]>} the server's end and the client's
 */
async function meet(t, { secure, options }, more = {}, servers = {}, onOpen = () => {}) {
  const certificate = secure ? makeCertificate({ names: ['localhost'] }) : undefined;
  const server = await serve(t, undefined, {
    secure: certificate,
    options: { ...options, ...more, ...servers }
  });
  const tls = secure ? { tls: { ca: certificate.cert, servername: 'localhost' } } : {};
  const client = new WebSocket.Client(server.url, [], { ...options, ...more, ...tls });
  t.after(() => client.terminate());
  client.on('open', () => onOpen(client));
  await once(client, 'open');
  return [await server.next(), client];
}

/** Resolves once the bytes of the messages that a connection gets come to `bytes`. */
function hears(ws, bytes) {
  return new Promise((resolve, reject) => {
    let heard = 0;
    ws.on('message', ({ data }) => {
      heard += data.length;
      if (heard === bytes) resolve();
    });
    ws.on('close', ({ code }) => reject(new Error(`closed with ${code} after ${heard} of ${bytes} bytes`)));
  });
}

module.exports = { CODINGS, WAYS, hears, meet };
