'use strict';

/** Attackers and bystanders over HTTP/2: WebSockets on streams of extended CONNECT requests (RFC 8441). */

const { once } = require('node:events');
const http2 = require('node:http2');

const { ask } = require('./http2');

/** The session of an attacker or a bystander, who makes a new one when it is over. */
async function sessionOf(server) {
  if (server.session && !server.session.destroyed && !server.session.closed) return server.session;
  const session = http2.connect(`http://127.0.0.1:${server.port}`);
  session.on('error', () => {});
  server.session = session;
  await once(session, 'remoteSettings');
  return session;
}

/** Header lines as HTTP/2 has them. */
const named = (lines) =>
  Object.fromEntries(
    lines.map((line) => line.split(': ')).map(([name, value]) => [name.toLowerCase(), value])
  );

/**
 * A stream whose request has been accepted.
 *
 * @param {{port: number, session?: object}} server keeps the session
 * @param {string[]} lines headers
 * @param {function(Buffer): void} onData
 * @returns {Promise<object>}
 */
async function openStream(server, lines, onData) {
  const stream = ask(await sessionOf(server), named(lines));
  const failed = new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('closed in the handshake')));
  });
  failed.catch(() => {});
  const [headers] = await Promise.race([once(stream, 'response'), failed]);
  if (headers[':status'] !== 200) throw new Error(`refused: ${headers[':status']}`);
  stream.on('data', onData);
  return stream;
}

/** How many streams are reset before the loop goes round. */
const AT_ONCE = 50;

/** What only HTTP/2 has: streams that are reset, and sessions that are left. */
async function attackSession(server, { http2: kind, headers = [], waits }, count) {
  if (kind === 'session') {
    await openStream(server, headers, () => {});
    count.opened++;
    server.session.destroy();
    return;
  }
  const session = await sessionOf(server);
  for (let i = 0; i < AT_ONCE && !session.destroyed && !session.closed; i++) {
    count.connections++;
    if (waits) {
      (await openStream(server, headers, () => {})).close(http2.constants.NGHTTP2_CANCEL);
    } else {
      const stream = ask(session, named(headers));
      stream.on('error', () => {});
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    count.opened++;
  }
  await new Promise(setImmediate);
}

module.exports = { attackSession, openStream };
