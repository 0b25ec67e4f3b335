'use strict';

/** Connections one after the other, on every way to a server, and what they leave behind. */

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const { makeCertificate } = require('../certificate');
const { startProxy } = require('./proxy');
const { serve } = require('./server');

const MEGABYTE = 1 << 20;

const certificate = makeCertificate({ names: ['127.0.0.1'] });

/** Ways by name; `share` is the part of the rounds that each takes, since TLS and proxies cost more. */
const WAYS = {
  'on the stream transport': { share: 1, options: { transport: 'stream' } },
  'on the direct transport': { share: 1, options: { transport: 'direct' } },
  'over TLS': { share: 1 / 4, secure: certificate },
  'through a proxy': { share: 1 / 4, proxy: {} },
  'over TLS through a proxy with TLS': { share: 1 / 4, secure: certificate, proxy: { certificate } }
};

/**
 * Opens and closes connections in a process of its own.
 *
 * @param {{after: function(function): void}} t ends the server
 * @param {string} name of a way
 * @param {number} rounds
 * @returns {Promise<{early: object, late: object, errors: string[]}>} what `churn.js` prints
 */
async function churn(t, name, rounds) {
  const { options = {}, secure, proxy } = WAYS[name];
  const onWebSocket = (ws) => {
    ws.on('message', ({ data }) => (data === 'close please' ? ws.close(4000) : ws.send(data)));
  };
  const server = await serve(t, onWebSocket, { secure });
  const tls = { ca: certificate.cert };
  const all = { ...options, tls };
  if (proxy) all.proxy = { origin: (await startProxy(t, proxy)).origin, tls };
  const args = [
    '--expose-gc',
    // Its young generation grows for a while under any load; that is not what we look for.
    '--max-semi-space-size=1',
    path.join(__dirname, 'churn.js'),
    server.url,
    String(rounds),
    JSON.stringify(all)
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

/**
 * What is left over, as sentences.
 *
 * @param {{early: object, late: object, errors: string[]}} measured
 * @returns {string[]}
 */
function leaks({ early, late, errors }) {
  const found = [...errors];
  const grown = (what, slack) => {
    const by = late[what] - early[what];
    if (by > slack) found.push(`${what} grew by ${by}`);
  };
  if (late.slots !== 0) found.push(`${late.slots} slots are left`);
  if (String(late.handles) !== String(early.handles)) found.push(`handles are ${late.handles}`);
  grown('descriptors', 0);
  grown('heap', 2 * MEGABYTE);
  grown('rss', 24 * MEGABYTE);
  return found;
}

module.exports = { MEGABYTE, WAYS, churn, leaks };
