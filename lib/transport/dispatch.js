'use strict';

/**
 * Dispatch: a chunk goes to the native side in one call, and the rows that come back become events, in order.
 *
 * Everything that answers the peer (pongs, the reply to a close frame, the end after a violation) happens when
 * its row is reached, so that replies of handlers and of the protocol leave in the order of what they answer.
 * Handlers may do anything meanwhile: send, close, destroy, feed another connection, throw, run the loop. When a
 * connection's turn ends before its chunk does, see `lib/transport/turns.js`.
 */

const { asciiOf } = require('./ascii');
const batch = require('./batch');
const memory = require('./memory');
const native = require('../native');
const rows = require('../native/rows');
const turns = require('./turns');
const { OPEN } = require('./ready_state');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {Required<import('./connection').Coding>} Coding */
/** @typedef {import('./connection').Chunk} Chunk */
const { cells, CELLS, LEFT, QUEUED, REACHED } = rows;

/** The close code for what is our own fault (RFC 6455 section 7.4.1). */
const INTERNAL = 1011;
/** Messages from this size up are gathered in memory that the native side keeps for the next. */
const TOUCH_FROM = 64 * 1024;
/** Whoever keeps a message keeps no more of its chunk than this many bytes, or so many times the message. */
const SLICE_UP_TO = 8 * 1024;
const SHARE = 32;

/**
 * Works on a chunk: dispatches its rows, and parses what is behind them, in as many calls as that needs and for as long
 * as the connection's turn lasts.
 *
 * @param {Receiver} ws the connection
 * @param {Chunk} chunk of `lib/transport/turns.js`
 */
function work(ws, chunk) {
  try {
    workOff(ws, chunk);
  } catch (error) {
    batch.keepRest(chunk);
    throw error;
  }
}

/**
 * The same, whatever handlers throw.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 */
function workOff(ws, chunk) {
  for (;;) {
    while (chunk.row < chunk.end) {
      const { row, rows: list } = chunk;
      // Counted before it is dispatched: the handler may throw, or run the loop.
      chunk.row = row + CELLS;
      const kind = list[row];
      const offset = list[row + 1];
      if (kind === rows.ASCII && offset !== QUEUED && ws.readyState <= OPEN)
        ws._receiveMessage(asciiOf(chunk, offset, list[row + 2]));
      else dispatch(ws, chunk.bytes, kind, offset, list[row + 2], list[row + 3]);
      if (ws._spare <= 0) {
        batch.release(chunk);
        return;
      }
    }
    if (chunk.isDone || ws._holds || ws._left <= 0) return;
    if (ws._slot === -1) chunk.at = chunk.bytes.length;
    else parse(ws, chunk);
  }
}

/**
 * Has the native side parse a chunk from where it stands.
 *
 * @param {Receiver} ws
 * @param {Chunk} chunk
 */
function parse(ws, chunk) {
  const { at, bytes } = chunk;
  batch.setAside();
  cells[LEFT] = ws._left;
  const count = native.receive(ws._slot, bytes, at);
  ws._left = cells[LEFT];
  chunk.at = cells[REACHED];
  if (count > 0) {
    batch.own(chunk, count);
  } else if (chunk.at === at) {
    // A session that neither takes a byte nor says anything would have us go round for ever.
    chunk.at = bytes.length;
    native.stop(ws._slot);
    ws._receiveViolation(INTERNAL, 'Internal error');
  }
}

/**
 * Turns one row into what it means for `ws`.
 *
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} kind
 * @param {number} offset
 * @param {number} length
 * @param {number} extra
 */
function dispatch(ws, chunk, kind, offset, length, extra) {
  if (kind === rows.ASCII) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    ws._receiveMessage(
      offset === QUEUED ? takeAscii(ws, length) : chunk.latin1Slice(offset, offset + length)
    );
  } else if (kind === rows.BINARY) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    ws._receiveMessage(bytes(ws, chunk, offset, length));
  } else if (kind === rows.TEXT) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    ws._receiveMessage(text(ws, chunk, offset, length));
  } else if (ws._slot !== -1) {
    dispatchControl(ws, chunk, kind, offset, length, extra);
  }
}

/**
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} kind
 * @param {number} offset
 * @param {number} length
 * @param {number} extra
 */
function dispatchControl(ws, chunk, kind, offset, length, extra) {
  switch (kind) {
    case rows.PING:
      ws._receivePing(control(ws, chunk, offset, length));
      break;
    case rows.PONG:
      ws._receivePong(control(ws, chunk, offset, length));
      break;
    case rows.CLOSE:
      ws._receiveClose(extra, text(ws, chunk, offset, length));
      break;
    case rows.VIOLATION:
      ws._receiveViolation(extra, native.takeText(ws._slot));
      break;
    case rows.OPEN:
      ws._receiveOpen();
      break;
    case rows.REFUSED:
      ws._receiveRefusal(extra, native.takeText(ws._slot));
      break;
    case rows.TUNNEL:
      ws._receiveTunnel(bytes(ws, chunk, offset, length));
      break;
    case rows.RAW:
      /** @type {Coding} */ (ws._coding).receive(extra & 15, extra >> 4, bytes(ws, chunk, offset, length));
      break;
    case rows.INFLATE:
      turns.hold(ws);
      /** @type {Coding} */ (ws._coding).inflate();
      break;
    case rows.REST:
      takeRest(ws, bytes(ws, chunk, offset, length));
      break;
    case rows.LATER:
      // With its socket the connection may be over before the others have had their turn.
      if (ws._stream && ws._stream.destroyed) dispatchNow(ws, chunk, extra);
      break;
    default:
      // Of the socket and not of the protocol; its stream knows by itself by now if Rust does not read it any more.
      if (ws._transport.control) ws._transport.control(ws, kind, extra);
  }
}

/**
 * The payload of a ping or a pong, which nobody keeps.
 *
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer}
 */
function control(ws, chunk, offset, length) {
  return offset === QUEUED ? bytes(ws, chunk, offset, length) : chunk.subarray(offset, offset + length);
}

/**
 * Dispatches the message that was put off behind those of other connections.
 *
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} index of its row
 */
function dispatchNow(ws, chunk, index) {
  const row = batch.takePutOff(index);
  if (row !== null) dispatch(ws, chunk, row[0], row[1], row[2], row[3]);
}

/**
 * What stood in the scratch behind a large message, or behind what there was time for: it is next, in another turn.
 *
 * @param {Receiver} ws
 * @param {Buffer} bytes
 */
function takeRest(ws, bytes) {
  const rest = new turns.Chunk(bytes);
  if (ws._behind === null) ws._behind = [rest];
  else ws._behind.unshift(rest);
  ws._left = 0;
}

/**
 * Goes on behind a large message that was inflated elsewhere: with the message, then with what waits.
 *
 * @param {Receiver} ws the connection
 * @param {number} kind of the row that the message became
 * @param {number} length
 * @param {number} extra
 */
function goOn(ws, kind, length, extra) {
  const chunk = new turns.Chunk(null);
  chunk.rows = Int32Array.of(kind, QUEUED, length, extra);
  chunk.end = CELLS;
  turns.putInFront(ws, chunk);
  turns.release(ws);
}

/**
 * The queue must stay in step with the rows even when nobody wants the message any more.
 *
 * @param {Receiver} ws
 * @param {number} offset
 */
function skip(ws, offset) {
  if (offset === QUEUED && ws._slot !== -1) native.skip(ws._slot);
}

/**
 * The bytes of a row, which are the receiver's: the end of a chunk, or a Buffer of their own where the chunk is needed
 * or written over later, and where a small part would keep a large chunk alive.
 *
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {Buffer}
 */
function bytes(ws, chunk, offset, length) {
  if (offset !== QUEUED) {
    const end = offset + length;
    // At the end of a chunk nobody else needs it any more, so that it is the receiver's to keep or to transfer.
    if (end === chunk.length && chunk !== ws._scratch) {
      const { byteLength } = chunk.buffer;
      if (byteLength <= SLICE_UP_TO || length * SHARE >= byteLength) return chunk.subarray(offset, end);
    }
    const own = memory.own(length);
    chunk.copy(own, 0, offset, end);
    return own;
  }
  if (length >= TOUCH_FROM) memory.touch();
  let target;
  try {
    target = memory.own(length);
  } catch {
    // No memory to copy it to: it stays where it is.
    return native.takeOwned(ws._slot);
  }
  native.takeBytes(ws._slot, target);
  return target;
}

/**
 * The text of a row.
 *
 * @param {Receiver} ws
 * @param {Buffer} chunk
 * @param {number} offset
 * @param {number} length
 * @returns {string}
 */
function text(ws, chunk, offset, length) {
  if (offset === QUEUED) return takeText(ws, length);
  return length === 0 ? '' : native.text(chunk, offset, length);
}

/**
 * Texts that did not stay in the chunk.
 *
 * @param {Receiver} ws
 * @param {number} length
 * @returns {string}
 */
function takeAscii(ws, length) {
  if (length >= TOUCH_FROM) memory.touch();
  return native.takeAscii(ws._slot);
}

/**
 * @param {Receiver} ws
 * @param {number} length
 * @returns {string}
 */
function takeText(ws, length) {
  if (length >= TOUCH_FROM) memory.touch();
  return native.takeText(ws._slot);
}

module.exports = { work, goOn };
