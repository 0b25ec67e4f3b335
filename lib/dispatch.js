'use strict';

/**
 * Dispatch: a chunk goes to the native side in one call, and the rows that come back become events, in order.
 *
 * Everything that answers the peer (pongs, the reply to a close frame, the end after a violation) happens when
 * its row is reached, so that replies of handlers and of the protocol leave in the order of what they answer.
 * Handlers may do anything meanwhile: send, close, destroy, feed another connection. If one throws, the exception
 * surfaces as it would have, and the rows behind it are dispatched in the next tick, or before any later chunk.
 */

const memory = require('./memory');
const native = require('./native');
const outbox = require('./outbox');
const rows = require('./rows');
const { cells, CELLS, HEAD, QUEUED } = rows;

const OPEN = 1;
/** The close code for what is our own fault (RFC 6455 section 7.4.1). */
const INTERNAL = 1011;
/** Messages from this size up are gathered in memory that the native side keeps for the next. */
const LARGE = 64 * 1024;
/** Whoever keeps a message keeps no more of its chunk than this many bytes, or so many times the message. */
const SMALL_CHUNK = 8 * 1024;
const SHARE = 32;

/** Rows that are not dispatched yet, in case a handler feeds another connection. */
let active = 0;
/** What was left behind by handlers that threw: functions that go on. */
let interrupted = [];
let rescheduled = false;

/**
 * Feeds `chunk` to `ws` and dispatches what it means.
 *
 * @param {object} ws the connection
 * @param {Buffer} chunk bytes that may be written to
 */
function receive(ws, chunk) {
  if (ws._busy) {
    // A handler of this very connection feeds it: what is behind the row being dispatched comes first.
    if (ws._later === null) ws._later = [];
    ws._later.push(chunk);
  } else if (active > 0) {
    // Inside the dispatch of another connection: its rows must survive.
    const count = active;
    const saved = cells.slice(0, HEAD + count * CELLS);
    active = 0;
    try {
      feed(ws, chunk);
    } finally {
      cells.set(saved);
      active = count;
    }
  } else {
    feed(ws, chunk);
  }
}

/** Dispatches what was left behind, then `chunk`, then what handlers fed to the same connection meanwhile. */
function feed(ws, chunk) {
  if (interrupted.length > 0) {
    // What is left may throw again, and this chunk must not go with it.
    interrupt(() => receive(ws, chunk));
    resume();
    return;
  }
  ws._busy = true;
  try {
    parse(ws, chunk, 0);
  } finally {
    ws._busy = false;
    if (ws._later !== null) {
      const chunks = ws._later;
      ws._later = null;
      for (const later of chunks) interrupt(() => receive(ws, later));
    }
  }
  if (interrupted.length > 0) resume();
}

/** Parses `chunk` from `at` on, in as many calls as its rows need. */
function parse(ws, chunk, at) {
  outbox.enter();
  try {
    while (at < chunk.length && ws._slot !== -1) {
      if (ws._held !== null) {
        ws._held.push(chunk.subarray(at));
        break;
      }
      const from = at;
      const count = native.receive(ws._slot, chunk, at);
      at = cells[0];
      if (count === 0 && at === from) {
        // A session that takes nothing and says nothing never will: a fault of ours, which must not go round for ever.
        native.stop(ws._slot);
        ws._receiveViolation(INTERNAL, 'Internal error');
      } else if (count === 1) {
        let done = false;
        try {
          dispatch(ws, chunk, cells[HEAD], cells[HEAD + 1], cells[HEAD + 2], cells[HEAD + 3]);
          done = true;
        } finally {
          if (!done) interrupt(() => parse(ws, chunk, at));
        }
      } else {
        dispatchAll(ws, chunk, at, count);
      }
    }
  } finally {
    outbox.leave();
  }
}

/** Dispatches `count` rows that stand in the shared memory. */
function dispatchAll(ws, chunk, at, count) {
  let i = 0;
  let done = false;
  active = count;
  try {
    while (i < count) {
      const row = HEAD + i++ * CELLS;
      dispatch(ws, chunk, cells[row], cells[row + 1], cells[row + 2], cells[row + 3]);
    }
    done = true;
  } finally {
    active = 0;
    // Also when the last row has thrown: the rest of the chunk is behind it.
    if (!done) {
      const rest = cells.slice(HEAD + i * CELLS, HEAD + count * CELLS);
      interrupt(() => replay(ws, chunk, at, rest));
    }
  }
}

/** Dispatches rows that were left behind, then the rest of their chunk. */
function replay(ws, chunk, at, rest) {
  let i = 0;
  let done = false;
  outbox.enter();
  try {
    while (i < rest.length) {
      const row = i;
      i += CELLS;
      dispatch(ws, chunk, rest[row], rest[row + 1], rest[row + 2], rest[row + 3]);
    }
    done = true;
  } finally {
    if (!done) interrupt(() => replay(ws, chunk, at, rest.subarray(i)));
    outbox.leave();
  }
  parse(ws, chunk, at);
}

/** Puts the rest of an interrupted dispatch where it goes on. */
function interrupt(rest) {
  interrupted.push(rest);
  reschedule();
}

/** Has what was interrupted go on in a turn of the loop to come. */
function reschedule() {
  if (rescheduled) return;
  rescheduled = true;
  setImmediate(() => {
    rescheduled = false;
    resume();
  });
}

/** Goes on with what was interrupted; what is interrupted again waits for its turn. */
function resume() {
  while (interrupted.length > 0) {
    const rest = interrupted;
    interrupted = [];
    let i = 0;
    try {
      while (i < rest.length) rest[i++]();
    } finally {
      if (i < rest.length) {
        interrupted = interrupted.concat(rest.slice(i));
        reschedule();
      }
    }
  }
}

/** Whether no rows were left behind by handlers that threw. */
function isIdle() {
  return interrupted.length === 0;
}

/**
 * Dispatches rows of several connections that stand in the shared memory, with their bytes in `scratch`. A row of
 * the kind SESSION says whose the rows behind it are.
 *
 * @param {object} batch `{scratch, sessions, position, count, ws, control}`; `position` moves, so that the call can
 *   be made again after an exception and goes on behind the row that threw
 */
function dispatchBatch(batch) {
  const { scratch } = batch;
  outbox.enter();
  active = batch.count;
  let done = false;
  try {
    while (batch.position < batch.count) {
      const row = HEAD + batch.position++ * CELLS;
      const kind = cells[row];
      if (kind === rows.SESSION) {
        batch.begin(cells[row + 3]);
      } else if (batch.ws === null) {
        continue;
      } else if (kind <= rows.VIOLATION || kind === rows.RAW || kind >= rows.INFLATE) {
        dispatch(batch.ws, scratch, kind, cells[row + 1], cells[row + 2], cells[row + 3]);
      } else {
        batch.control(kind, cells[row + 3]);
      }
    }
    done = true;
  } finally {
    // After an exception the call is made again, and until then others must leave the rows alone.
    if (done) active = 0;
    outbox.leave();
  }
}

/** Turns one row into what it means for `ws`. */
function dispatch(ws, chunk, kind, offset, length, extra) {
  if (kind === rows.ASCII) {
    if (ws.readyState > OPEN) return skip(ws, offset);
    ws._receiveMessage(offset === QUEUED ? takeText(ws, length) : chunk.latin1Slice(offset, offset + length));
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

function dispatchControl(ws, chunk, kind, offset, length, extra) {
  switch (kind) {
    case rows.PING:
      // Nobody keeps the payload.
      ws._receivePing(
        offset === QUEUED ? bytes(ws, chunk, offset, length) : chunk.subarray(offset, offset + length)
      );
      break;
    case rows.PONG:
      ws._receivePong(text(ws, chunk, offset, length));
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
      ws._coding.receive(extra & 15, extra >> 4, bytes(ws, chunk, offset, length));
      break;
    case rows.INFLATE:
      hold(ws);
      ws._coding.inflate();
      break;
    case rows.REST:
      takeRest(ws, bytes(ws, chunk, offset, length));
      break;
  }
}

/** What stood behind a large message in the scratch. */
function takeRest(ws, chunk) {
  if (ws._held !== null) ws._held.push(chunk);
  else interrupt(() => receive(ws, chunk));
}

/**
 * Goes on behind a large message that was inflated elsewhere: with the message, then with what was held.
 *
 * @param {object} ws the connection
 * @param {number} kind of the row that the message became
 * @param {number} length
 * @param {number} extra
 */
function goOn(ws, kind, length, extra) {
  if (ws._slot === -1) return;
  if (interrupted.length > 0) {
    // What is left may throw again, and this message must not go with it.
    interrupt(() => goOn(ws, kind, length, extra));
    resume();
    return;
  }
  const held = ws._held || [];
  ws._held = null;
  ws._busy = true;
  outbox.enter();
  try {
    dispatch(ws, null, kind, QUEUED, length, extra);
  } finally {
    ws._busy = false;
    const chunks = held.concat(ws._later || []);
    ws._later = null;
    for (const chunk of chunks) interrupt(() => receive(ws, chunk));
    if (ws._slot !== -1) ws._readOn();
    outbox.leave();
  }
  if (interrupted.length > 0) resume();
}

/**
 * Reads nothing more for a while: what arrives is kept, and the peer is made to wait.
 *
 * @param {object} ws
 */
function hold(ws) {
  ws._held = [];
  ws._transport.pause(ws);
}

/**
 * Ends what {@link hold} began, with what was kept.
 *
 * @param {object} ws
 */
function release(ws) {
  const chunks = ws._held || [];
  ws._held = null;
  for (const chunk of chunks) interrupt(() => receive(ws, chunk));
  ws._readOn();
  if (interrupted.length > 0 && active === 0 && !ws._busy) resume();
}

/** The queue must stay in step with the rows even when nobody wants the message any more. */
function skip(ws, offset) {
  if (offset === QUEUED && ws._slot !== -1) native.skip(ws._slot);
}

/**
 * The bytes of a row, which are the receiver's: the end of a chunk, or a Buffer of their own where the chunk is needed
 * or written over later, and where a small part would keep a large chunk alive.
 */
function bytes(ws, chunk, offset, length) {
  if (offset !== QUEUED) {
    const end = offset + length;
    // At the end of a chunk nobody else needs it any more, so that it is the receiver's to keep or to transfer.
    if (end === chunk.length && chunk !== ws._scratch) {
      const { byteLength } = chunk.buffer;
      if (byteLength <= SMALL_CHUNK || length * SHARE >= byteLength) return chunk.subarray(offset, end);
    }
    const own = memory.own(length);
    chunk.copy(own, 0, offset, end);
    return own;
  }
  if (length >= LARGE) memory.touch();
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

/** The text of a row. */
function text(ws, chunk, offset, length) {
  if (offset === QUEUED) return takeText(ws, length);
  return length === 0 ? '' : native.text(chunk, offset, length);
}

/** A text that did not stay in the chunk. */
function takeText(ws, length) {
  if (length >= LARGE) memory.touch();
  return native.takeText(ws._slot);
}

module.exports = { receive, goOn, hold, release, dispatchBatch, isIdle };
