'use strict';

/**
 * A client's handshake over HTTP/2 (RFC 8441), over a session of the caller's, or over one that TLS has negotiated (ALPN).
 *
 * ```text
 *   http2: session ─────────────────────▶ SETTINGS ──▶ CONNECT ──200──▶ frames, on a stream of the session
 *   http2: true ──▶ TLS ──h2──▶ session ──▶ SETTINGS ──▶ CONNECT …
 *                       └─http/1.1, or a server without extended CONNECT──▶ GET ──101──▶ …
 * ```
 *
 * The native side makes requests and checks answers as those of HTTP/1.1; both are translated here.
 */

const { createHash } = require('crypto');
const { Duplex } = require('stream');

const { surface } = require('../../native/surface');

/** @typedef {import('../handshake').HeaderFields} HeaderFields */
/** @typedef {import('http2').ClientHttp2Session} ClientHttp2Session */
/** @typedef {(error: Error | null, allowed?: boolean) => void} SettingsCame */

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Headers of requests and answers that concern a connection of HTTP/1.1. */
const OF_CONNECTION = new Set([
  'host',
  'connection',
  'upgrade',
  'sec-websocket-key',
  'keep-alive',
  'transfer-encoding'
]);

/**
 * The option `http2`.
 *
 * @param {boolean|import('http2').ClientHttp2Session|null} [option]
 * @returns {boolean|import('http2').ClientHttp2Session}
 * @throws {TypeError} for anything else, and for a session that has ended
 */
function http2Of(option) {
  if (option === undefined || option === null) return false;
  if (typeof option === 'boolean') return option;
  if (
    typeof option !== 'object' ||
    typeof option.request !== 'function' ||
    typeof option.ping !== 'function'
  ) {
    throw new TypeError('The option http2 must be true, or a session that http2.connect has returned');
  }
  if (option.destroyed || option.closed) {
    throw new TypeError('The option http2 is a session that has ended: connect another one');
  }
  return option;
}

/** A stream that takes the place of that of HTTP/2 until the server has answered. Destroying it ends the connection. */
function placeholder() {
  return new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
}

/**
 * The headers of the extended CONNECT that says what `request` says.
 *
 * @param {string} request
 * @param {boolean} secure
 * @returns {{headers: HeaderFields, key: string}}
 */
function connectOf(request, secure) {
  const [first, ...fields] = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n');
  /** @type {HeaderFields} */
  const headers = Object.assign(Object.create(null), {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': secure ? 'https' : 'http',
    ':path': first.split(' ')[1]
  });
  let key = '';
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    if (name === 'host') headers[':authority'] = value;
    if (name === 'sec-websocket-key') key = value;
    if (OF_CONNECTION.has(name)) continue;
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  return { headers, key };
}

/**
 * The head over HTTP/1.1 that says what an answer over HTTP/2 says (RFC 8441 section 5: any 2xx agrees).
 *
 * @param {HeaderFields} answer
 * @param {string} key
 * @returns {Buffer}
 */
function headOf(answer, key) {
  const status = answer[':status'];
  const agreed = status >= 200 && status < 300;
  const lines = [agreed ? 'HTTP/1.1 101 Switching Protocols' : `HTTP/1.1 ${status} Refused`];
  if (agreed) {
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    lines.push('Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`);
  }
  for (const name of Object.keys(answer)) {
    if (name.startsWith(':') || OF_CONNECTION.has(name) || name === 'sec-websocket-accept') continue;
    for (const value of [].concat(answer[name])) lines.push(`${name}: ${value}`);
  }
  return Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1');
}

/**
 * The functions that wait for the settings of a session's server; one ping and one set of listeners serve all.
 *
 * @type {WeakMap<ClientHttp2Session, SettingsCame[]>}
 */
const waiting = new WeakMap();

/**
 * Calls `then` once the server's SETTINGS have come, with whether they allow an extended CONNECT (RFC 8441 section 3).
 *
 * @param {ClientHttp2Session} session
 * @param {SettingsCame} then
 */
function whenSettingsCame(session, then) {
  if (!session.connecting && allows(session)) {
    then(null, true);
    return;
  }
  if (waiting.has(session)) {
    /** @type {SettingsCame[]} */ (waiting.get(session)).push(then);
    return;
  }
  waiting.set(session, [then]);
  /** @type {SettingsCame} */
  const answer = (error, allowed) => {
    session.removeListener('connect', ask);
    session.removeListener('error', answer);
    session.removeListener('close', lost);
    const all = waiting.get(session) || [];
    waiting.delete(session);
    for (const each of all) {
      try {
        each(error, allowed);
      } catch (thrown) {
        surface(thrown);
      }
    }
  };
  const lost = () => answer(new Error('The HTTP/2 session ended before its server had sent its settings'));
  // A server sends SETTINGS first, so they have come when it has answered a ping.
  const ask = () => session.destroyed || session.ping((error) => answer(null, !error && allows(session)));
  session.on('error', answer);
  session.on('close', lost);
  if (session.connecting) session.on('connect', ask);
  else ask();
}

/**
 * Whether the settings of a session's server allow an extended CONNECT.
 *
 * @param {ClientHttp2Session} session
 * @returns {boolean}
 */
function allows({ remoteSettings }) {
  return Boolean(remoteSettings) && remoteSettings.enableConnectProtocol === true;
}

/**
 * Opens a stream of a session, and gives `receive` what the server answers, as a head of HTTP/1.1.
 *
 * @param {ClientHttp2Session} session that allows an extended CONNECT
 * @param {{request: string, secure: boolean}} asked the request over HTTP/1.1
 * @param {(headers: HeaderFields, head: Buffer) => void} receive gets the headers, and the head that says the same
 * @returns {import('http2').ClientHttp2Stream}
 */
function connectStream(session, { request, secure }, receive) {
  const { headers, key } = connectOf(request, secure);
  const stream = session.request(headers, { endStream: false });
  stream.once('response', (answer) => receive(answer, headOf(answer, key)));
  return stream;
}

module.exports = { connectStream, http2Of, placeholder, whenSettingsCame };
