'use strict';

/**
 * The protocols before RFC 6455, hixie-75 and hixie-76, as a server speaks them: text only, and no pings, close
 * codes, subprotocols or extensions. Their clients are as old as the drafts, and rare; what is here is plain rather
 * than fast.
 */

const native = require('../native');
const { isHeldUp } = require('./held_up');
const outbox = require('./stream');
const { HAS_EXTERNAL_STRINGS, MAX_TEXT } = require('../native/runtime');
const { enter } = require('./scope');
const { LOOK, isSlow, startMany } = require('./slow_turns');
const timers = require('./timers');

/** @typedef {import('./connection').Connection & {_draft: import('../native/classes').DraftSession}} Connection */
/** @typedef {import('./connection').Chunk} Chunk */
/** @typedef {import('../native/classes').DraftSession} DraftSession */
/** @typedef {import('../native/classes').DraftEvent} DraftEvent */
/** @typedef {import('../opening/handshake').HeaderFields} HeaderFields */
/** @typedef {import('../opening/handshake').GivenRequest} GivenRequest */

/** So many bytes are parsed at a time: 1,024 empty messages at most. */
const PIECE = 2 * 1024;
/** What a byte and an event cost, in the units of `src/protocol/work.rs`. */
const BYTE = 4;
const EVENT = 2 * 1024;

/** How long a client of hixie-76 may take for the eight bytes behind its head by default, in milliseconds. */
const BODY_TIMEOUT = 30000;

/**
 * Which draft a request speaks; nothing for one of the RFC, which has a version or a key.
 *
 * @param {HeaderFields} headers of the request
 * @returns {'hixie-75' | 'hixie-76' | undefined} `'hixie-75'` or `'hixie-76'`
 */
function draftOf(headers) {
  if (headers['sec-websocket-version'] || headers['sec-websocket-key']) return undefined;
  return headers['sec-websocket-key1'] || headers['sec-websocket-key2'] ? 'hixie-76' : 'hixie-75';
}

/**
 * Answers a draft's request.
 *
 * @param {string} version from `draftOf`
 * @param {GivenRequest} request
 * @param {string} url
 * @param {string[] | undefined} headers the caller's, as a flat list
 * @param {number} maxLength
 * @returns {DraftSession} the native session, with `head` and `fault`
 * @throws {TypeError} for a header that must not be sent
 */
function accept(version, request, url, headers, maxLength) {
  const field = (/** @type {string} */ name) =>
    request.headers[name] === undefined ? undefined : String(request.headers[name]);
  const parts = {
    hixie76: version === 'hixie-76',
    method: String(request.method),
    url,
    upgrade: field('upgrade'),
    connection: field('connection'),
    origin: field('origin'),
    protocol: field('sec-websocket-protocol'),
    key1: field('sec-websocket-key1'),
    key2: field('sec-websocket-key2')
  };
  return new native.DraftSession(parts, headers || [], maxLength, MAX_TEXT, HAS_EXTERNAL_STRINGS);
}

/**
 * Ends the connection if its handshake takes too long; no other timer covers it.
 *
 * @param {Connection} ws the connection
 * @param {number} [timeout] in milliseconds
 */
function awaitBody(ws, timeout = BODY_TIMEOUT) {
  ws._closeTimer = timers.after(() => {
    const text = `The client has not completed its handshake within ${timeout / 1000} s`;
    enter(ws, ws._fail, text, { code: 'ERR_WEBSOCKET_TIMEOUT' }, null, null);
  }, timeout);
}

/**
 * Works on a chunk, piece by piece, for as long as the connection's turn lasts.
 *
 * @param {Connection} ws the connection
 * @param {Chunk} chunk of `lib/transport/turns.js`; its rows are the events of a piece
 */
function work(ws, chunk) {
  let told = 0;
  for (;;) {
    if (isHeldUp(ws)) return;
    if (chunk.row < chunk.end) startMany();
    while (chunk.row < chunk.end) {
      if (chunk.rows[chunk.row].kind === 'long' && !convert(ws, chunk)) return;
      handle(ws, chunk.rows[chunk.row++]);
      if (ws._spare <= 0 || (++told % LOOK === 0 && isSlow(ws))) return;
    }
    if (chunk.isDone || ws._left <= 0) return;
    const piece = chunk.bytes.subarray(chunk.at, chunk.at + PIECE);
    chunk.at += piece.length;
    chunk.rows = eventsOf(ws, piece);
    chunk.row = 0;
    chunk.end = chunk.rows.length;
    ws._left -= piece.length * BYTE + chunk.end * EVENT;
  }
}

/**
 * The events of a chunk. A fault of our own ends the connection without a code, since the drafts have none.
 *
 * @param {Connection} ws
 * @param {Buffer} chunk
 * @returns {DraftEvent[]}
 */
function eventsOf(ws, chunk) {
  try {
    return ws._draft.receive(chunk);
  } catch {
    ws._fail('Internal error', { code: 'ERR_WEBSOCKET_VIOLATION' }, null, null);
    return [];
  }
}

/**
 * Converts a piece of the long text whose row comes next, which takes a turn.
 *
 * @param {Connection} ws
 * @param {Chunk} chunk
 * @returns {boolean} whether it was the last piece: the row is that of a text then
 */
function convert(ws, chunk) {
  ws._left = 0;
  let text;
  try {
    text = ws._draft.convert();
  } catch {
    chunk.row++;
    ws._fail('Internal error', { code: 'ERR_WEBSOCKET_VIOLATION' }, null, null);
    return false;
  }
  if (text === null) return false;
  chunk.rows[chunk.row] = { kind: 'text', text };
  return true;
}

/**
 * @param {Connection} ws
 * @param {DraftEvent} event
 */
function handle(ws, { kind, text, bytes }) {
  if (kind === 'text') {
    ws._receiveMessage(/** @type {string} */ (text));
  } else if (kind === 'open') {
    timers.cancel(ws._closeTimer);
    if (ws._stream.writable) ws._stream.write(/** @type {Buffer} */ (bytes));
    ws._open('');
  } else {
    sendClose(ws);
  }
}

/**
 * Sends a text message.
 *
 * @param {Connection} ws
 * @param {string} text
 * @returns {boolean}
 */
function sendText(ws, text) {
  if (ws._stream.writable && !ws._stream.write(ws._draft.frame(text))) ws._backedUp = true;
  return !ws._backedUp;
}

/**
 * There is no binary frame in the drafts: nothing is sent, and there is no `drain` to wait for.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function sendBytes(ws) {
  return !ws._backedUp;
}

/**
 * Sends the closing handshake; the drafts have no answer to wait for.
 *
 * @param {Connection} ws
 */
function sendClose(ws) {
  const bytes = ws._draft.close();
  if (bytes && bytes.length > 0 && ws._stream.writable) ws._stream.write(bytes);
  ws._beginClose(null, null);
}

module.exports = {
  // Between these and the stream transport there is no difference: nothing of a draft waits in the slab.
  name: outbox.name,
  pending: outbox.pending,
  pause: outbox.pause,
  resume: outbox.resume,
  flush: outbox.flush,
  draftOf,
  accept,
  awaitBody,
  work,
  sendText,
  sendBytes,
  sendClose
};
