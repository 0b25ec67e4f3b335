'use strict';

/**
 * Rows in the memory that both languages share (`lib/native/rows.js`): those of one connection's chunk, or those of all
 * connections that a batch of the direct transport has read from.
 *
 * The shared memory holds the rows of the last chunk or batch that was parsed. Before another one is parsed (a handler
 * feeds another connection, or runs the loop), the rows that were not dispatched yet are copied to memory of their own.
 */

const { Chunk } = require('./chunk');
const memory = require('./memory');
const native = require('../native');
const rows = require('../native/rows');
const turns = require('./turns');
const { drain, drains, isInside } = require('./scope');

/** @typedef {import('./connection').Receiver} Receiver */
/** @typedef {import('./connection').Chunk} ChunkOf */
const { cells, CELLS, DEPTH, HEAD, QUEUED } = rows;

/** The chunk whose rows stand in the shared memory. */
/** @type {ChunkOf | null} */
let owner = null;
/** The memory of the direct transport's chunks, and the function that finds the connection of a slot. */
/** @type {Buffer} */
let scratch = Buffer.alloc(0);
/** @type {(slot: number) => Receiver | null} */
let find = () => null;
/** Where in the shared memory the connections begin that have not had their turn, and where they end. */
let position = 0;
let end = 0;
/** The chunk of the connection whose turn it is. */
/** @type {ChunkOf | null} */
let front = null;

/**
 * Prepares {@link dispatchBatch}.
 *
 * @param {Buffer} bytes into which rows of several connections point, until the next ones are written
 * @param {(slot: number) => Receiver | null} finder gives the connection of a slot; null for one that is over
 */
function share(bytes, finder) {
  scratch = bytes;
  find = finder;
}

/**
 * Makes the shared memory that of `chunk`. What stands there must have been set aside.
 *
 * @param {ChunkOf} chunk
 * @param {number} count of rows that were written
 */
function own(chunk, count) {
  owner = chunk;
  chunk.rows = cells;
  chunk.row = HEAD;
  chunk.end = HEAD + count * CELLS;
}

/** The shared memory is about to be written to: copies the rows that were not dispatched yet. */
function setAside() {
  if (owner !== null && owner.row < owner.end && owner.rows === cells) keep(owner);
  owner = null;
  front = null;
  while (position < end) {
    const chunk = new Chunk(scratch);
    const ws = next();
    take(chunk);
    if (ws === null) continue;
    keep(chunk);
    turns.append(ws, chunk);
  }
}

/**
 * The turn of a chunk's connection is over: copies what is left of the chunk to memory of its own, where it waits.
 *
 * @param {ChunkOf} chunk
 */
function leaveShared(chunk) {
  if (chunk.rows === cells) {
    if (chunk.row < chunk.end) keep(chunk);
    else chunk.rows = null;
  }
  if (owner === chunk) owner = null;
  if (front === chunk) front = null;
}

/**
 * Copies what is left of a chunk whose handler has thrown. After an exception Node runs the next ticks only at the end
 * of the turn of the loop, and until then the direct transport may write to the shared memory. Chunks of the direct
 * transport itself go on before that, or are copied at the end of their batch.
 *
 * @param {ChunkOf} chunk
 */
function keepRest(chunk) {
  if (chunk.rows === cells && chunk.row < chunk.end && chunk.bytes !== scratch) keep(chunk);
}

/**
 * Gives the rows of a chunk memory of their own, and their bytes if those stand in the scratch. Both are going to be those of
 * other connections: without memory, nothing more of this one is told, and it ends.
 *
 * @param {ChunkOf} chunk
 */
function keep(chunk) {
  try {
    copyOwn(chunk);
  } catch {
    chunk.rows = Int32Array.of(rows.LOST, 0, 0, 0);
    chunk.row = 0;
    chunk.end = CELLS;
    chunk.bytes = null;
  }
}

/** @param {ChunkOf} chunk */
function copyOwn(chunk) {
  const own = cells.slice(chunk.row, chunk.end);
  if (chunk.bytes === scratch) {
    let first = scratch.length;
    let last = 0;
    for (let row = 0; row < own.length; row += CELLS) {
      if (own[row + 1] === QUEUED || own[row + 2] === 0) continue;
      first = Math.min(first, own[row + 1]);
      last = Math.max(last, own[row + 1] + own[row + 2]);
    }
    for (let row = 0; row < own.length; row += CELLS) {
      if (own[row + 1] !== QUEUED) own[row + 1] = own[row + 2] === 0 ? 0 : own[row + 1] - first;
    }
    const bytes = memory.own(Math.max(last - first, 0));
    scratch.copy(bytes, 0, first, last);
    chunk.group = '';
    chunk.bytes = bytes;
    chunk.at = bytes.length;
  }
  chunk.rows = own;
  chunk.row = 0;
  chunk.end = own.length;
}

/**
 * Dispatches rows of several connections. A row of the kind SESSION says whose the rows behind it are, and how many.
 * The handlers of each connection run in its scope; the ticks and promises of one connection's handlers run before the
 * handlers of the next.
 *
 * @param {number} count of rows
 */
function dispatchBatch(count) {
  position = HEAD;
  end = HEAD + count * CELLS;
  goOn();
}

/** Gives the connections their turn that have not had it yet. */
function goOn() {
  // In a loop that a handler runs, the ticks and promises of that handler run only after it has returned.
  const inside = isInside();
  cells[DEPTH]++;
  try {
    while (position < end) {
      const ws = next();
      const message = ws === null || inside || !turns.isFree(ws) ? null : onlyMessage();
      if (message !== null) {
        position += 2 * CELLS;
        turns.tell(/** @type {Receiver} */ (ws), message);
      } else if (!takeTurn(ws, inside)) {
        continue;
      }
      if (inside) {
        endTurn(ws);
        continue;
      }
      if (position < end) {
        if (drains) drain();
        else setAside();
        endTurn(ws);
      }
      if (owner !== null) keepTurn(owner);
    }
  } finally {
    cells[DEPTH]--;
  }
}

/**
 * Copies what is left of a chunk behind its turn: a handler of it has thrown. It goes on in a tick behind the exception. At the
 * end of a batch Node runs that only in an immediate; before that, a batch of another phase of the loop may write to what all
 * share.
 *
 * @param {ChunkOf} chunk
 */
function keepTurn(chunk) {
  if (chunk.rows === cells && chunk.row < chunk.end) {
    keep(chunk);
    front = null;
  }
  owner = null;
}

/**
 * The turn of a connection, and what its handlers had put off, are over, and others come next: what waits of it leaves.
 *
 * @param {Receiver | null} ws
 */
function endTurn(ws) {
  if (ws === null || !ws._unsent) return;
  ws._unsent = false;
  ws._transport.flush(ws);
}

/** The connection whose turn is next; null if it is over. */
function next() {
  return find(cells[position + 3]);
}

/**
 * The message of the connection whose turn is next, if its only row is a message that stands in the scratch; null if not, and
 * where there is no memory for it.
 *
 * @returns {string | Buffer | null}
 */
function onlyMessage() {
  const row = position + CELLS;
  const offset = cells[row + 1];
  if (cells[row - 2] !== 1 || offset === QUEUED) return null;
  const length = cells[row + 2];
  try {
    switch (cells[row]) {
      case rows.ASCII:
        return scratch.latin1Slice(offset, offset + length);
      case rows.TEXT:
        return length === 0 ? '' : native.text(scratch, offset, length);
      case rows.BINARY:
        return memory.ownPart(scratch, offset, length);
    }
  } catch {
    // It is told in the scope of the connection, which ends.
  }
  return null;
}

/**
 * Gives the connection whose rows are next its turn with them.
 *
 * @param {Receiver | null} ws null if it is over
 * @param {boolean} inside of a loop that a handler runs
 * @returns {boolean} whether there was one
 */
function takeTurn(ws, inside) {
  if (front === null) front = new Chunk(scratch);
  const chunk = front;
  take(chunk);
  if (ws === null) return false;
  if (ws._chunk === null) {
    owner = chunk;
    ws._chunk = chunk;
    turns.begin(ws);
    turns.proceed(ws);
    // Behind an exception, what is left waits for a tick, and none comes before the next connection's handlers.
    if (inside) leaveShared(chunk);
  } else {
    keep(chunk);
    front = null;
    turns.append(ws, chunk);
  }
  return true;
}

/**
 * Makes `chunk` that of the connection whose turn is next.
 *
 * @param {ChunkOf} chunk
 */
function take(chunk) {
  const row = position;
  chunk.at = scratch.length;
  chunk.row = row + CELLS;
  chunk.end = chunk.row + cells[row + 2] * CELLS;
  position = chunk.end;
  chunk.rows = cells;
  chunk.group = '';
}

module.exports = { share, own, leaveShared, setAside, keepRest, dispatchBatch, goOn };
