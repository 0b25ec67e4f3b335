'use strict';

/**
 * The direct transport: Rust reads and writes the descriptor on Node's own loop, and calls us once per batch with the
 * rows of all connections that have received bytes.
 *
 * Node's socket keeps the descriptor and only stops reading it; the end, errors and close of the connection still go
 * through the socket. Anything unusual gives the descriptor back to Node: the connection goes on over the stream
 * transport, and no byte is lost.
 */

const batch = require('./batch');
const debug = require('./debug');
const { soon } = require('./posting');
const { beforeExit } = require('./exit');
const { lend, takeBack } = require('./handle');
const memory = require('./memory');
/** The native side with this transport; `isUsable` is asked before it is used. */
const native = /** @type {import('../native').Core & import('../native').Direct} */ (require('../native'));
const outbox = require('./stream');
const owner = require('./direct_owner');
const sending = require('./direct_sending');
const { isPausedByOwner, pauseStream, startReading } = require('./reading');
const rows = require('../native/rows');
const { IS_NODE } = require('../native/runtime');
const { both, enter } = require('./scope');
const { failureOf } = require('./socket_failure');
const { DIRECT, OWNER, isTaken } = require('./taken_socket');
const { isStillUnseen, passesUnseen } = require('./untouched');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */
/** @typedef {import('./connection').Handle} Handle */

/** Bytes of one batch, of all connections. */
const SCRATCH = 256 * 1024;
/** The bits of a slot number that say which slot. */
const INDEX = (1 << 20) - 1;

/** What the native side passes instead of a number of rows: to go on after a handler threw. */
const GO_ON = -1;

/**
 * Connections by the index of their slot.
 *
 * @type {(Connection | undefined)[]}
 */
const sessions = [];
/** @type {Buffer | null} */
let scratch = null;
/** Whether this transport can be used; null as long as that is not known. */
/** @type {boolean | null} */
let usable = null;

/** Whether the runtime has what this transport needs. */
function isUsable() {
  if (usable !== false) usable = IS_NODE && typeof native.directOpen === 'function' && isOpened();
  return usable === true;
}

/**
 * Opens the transport on the native side, unless it is open. It may have been closed in favour of another copy of this
 * package while there was no connection. Returns null if there are no descriptors at the moment.
 *
 * @returns {boolean | null}
 */
function isOpened() {
  if (scratch === null) {
    scratch = Buffer.allocUnsafeSlow(SCRATCH);
    memory.useScratch(scratch);
    batch.share(scratch, find);
  }
  try {
    return native.directOpen(scratch, onRows) === 1;
  } catch {
    return null;
  }
}

/**
 * Dispatches `count` rows; a negative number asks for something else (`src/binding/batch.rs`).
 *
 * @param {number} count
 */
function onRows(count) {
  if (count >= 0) batch.dispatchBatch(count);
  else if (count === GO_ON) batch.goOn();
  else batch.setAside();
}

/**
 * The connection of a slot whose rows are next; null if it is over, or if another one's handler has destroyed its socket.
 *
 * @param {number} slot
 * @returns {Connection | null}
 */
function find(slot) {
  const ws = sessions[slot & INDEX];
  if (ws === undefined || ws._slot !== slot || (ws._transport !== direct && ws._stream.destroyed))
    return null;
  if (ws._timed) ws._stream._unrefTimer();
  if (ws._limits !== null) ws._limits.heard();
  if (ws._transport === direct && !(isTaken(ws._stream) && isStillUnseen(ws._stream))) giveBack(ws);
  return ws;
}

/**
 * Handles a row about the socket.
 *
 * @param {Connection} ws
 * @param {number} kind
 * @param {number} number
 */
function control(ws, kind, number) {
  switch (kind) {
    case rows.END:
      // Node reads EOF once more, and handles it as ever.
      giveBack(ws, true);
      break;
    case rows.READ_FAILED:
      fail(ws, number, 'read');
      break;
    case rows.WRITE_FAILED:
      fail(ws, number, 'write');
      break;
    case rows.DRAINED:
      ws._backedUp = true;
      tellDrain(ws);
      break;
  }
}

/** There is room again: the connection is told, and who else listens to its socket. @param {Connection} ws */
function tellDrain(ws) {
  const { _stream: socket } = ws;
  if (socket.listenerCount('drain') === 1) return ws._drain();
  both(
    ws,
    () => ws._drain(),
    () => socket.emit('drain')
  );
}

/**
 * Destroys the socket with the error that Node would have found.
 *
 * @param {Connection} ws
 * @param {number} number
 * @param {'read' | 'write'} syscall
 */
function fail(ws, number, syscall) {
  // Node reads first what the peer has sent before the failure (`lib/transport/last_words.js`).
  if (syscall === 'write') giveBack(ws);
  ws._stream.destroy(failureOf(number, syscall));
}

/**
 * Takes over a connection's descriptor, if nothing prevents that.
 *
 * @param {Connection} ws an open connection on the stream transport
 * @returns {boolean} whether it did
 */
function attach(ws) {
  const socket = ws._stream;
  const handle = socket._handle;
  if (
    !isTaken(socket) ||
    !passesUnseen(socket) ||
    socket[DIRECT] ||
    !handle ||
    !(handle.fd >= 0) ||
    !socket.readable ||
    !socket.writable ||
    socket.isPaused() ||
    socket.readableLength > 0 ||
    socket.writableLength > 0 ||
    socket.writableCorked > 0 ||
    socket.listenerCount('data') !== 1 ||
    socket.listenerCount('readable') > 0 ||
    !isUsable()
  ) {
    return false;
  }
  outbox.flush();
  if (socket.writableLength > 0 || !lend(handle, ws)) return false;
  handle.readStop();
  handle.reading = false;
  if (native.directAttach(ws._slot, handle.fd, handle.hasRef() ? 1 : 0) !== 0) {
    // The descriptor cannot be watched: the connection stays on the stream transport.
    takeBack(handle);
    handle.reading = true;
    handle.readStart();
    return false;
  }
  sessions[ws._slot & INDEX] = ws;
  socket[DIRECT] = ws;
  socket[OWNER] = ws;
  ws._handle = handle;
  socket.on('newListener', onNewListener);
  ws._transport = direct;
  ws._scratch = scratch;
  // Node's timer calls what it found when it was set.
  if (Number(socket.timeout) > 0) socket.setTimeout(Number(socket.timeout));
  if (ws._waits || ws._holds) pause(ws);
  else if (ws._paused) pauseSoon(ws);
  return true;
}

/**
 * The application listens for raw bytes: from now on Node reads, and emits them to it and to us.
 *
 * @this {OwnedStream}
 * @param {string} event
 */
function onNewListener(event) {
  if ((event === 'data' || event === 'readable') && this[DIRECT]) giveBack(this[DIRECT]);
  // Who listens for that reads by calls, whether the stream is paused or not.
  if (event === 'readable') startReading(this);
}

/**
 * Ends our use of the descriptor. With `keep`, returns Buffers with the bytes that could not be sent yet.
 *
 * @param {Connection} ws
 * @param {boolean} [keep]
 * @returns {Buffer[]}
 */
function detach(ws, keep = false) {
  const socket = ws._stream;
  /** @type {[received: number, sent: number]} */
  const moved = [0, 0];
  const unsent = native.directDetach(ws._slot, keep ? 1 : 0, moved);
  ws._counters = [ws._counters[0] + moved[0], ws._counters[1] + moved[1]];
  socket[DIRECT] = undefined;
  takeBack(/** @type {Handle} */ (ws._handle));
  ws._handle = null;
  socket.removeListener('newListener', onNewListener);
  ws._transport = outbox;
  return unsent || [];
}

/**
 * Moves the connection to the stream transport. If only EOF is left to read, it is read even if the connection is
 * paused.
 *
 * @param {Connection} ws
 * @param {boolean} [ended]
 */
function giveBack(ws, ended = false) {
  const socket = ws._stream;
  const unsent = detach(ws, true);
  if (debug.isOn)
    debug.tellTransport(ws, ended ? 'the peer has ended its side' : 'the owner of its socket uses that');
  let isFull = false;
  if (socket.writable) for (const bytes of unsent) isFull = !socket.write(bytes);
  // What backs us up may be below Node's high-water mark; then Node emits no `drain`.
  if (ws._backedUp && !isFull) soon(() => enter(ws, tellDrain, ws));
  ws._backedUp ||= isFull;
  if (!socket._handle) return;
  const isStopped = ws._isReadingStopped();
  if (isStopped) pauseStream(socket);
  // A socket that its owner has paused Node reads until it holds enough.
  const reads = ended || isPausedByOwner(socket);
  if (!isStopped || (reads && !ws._waits && !ws._holds)) startReading(socket);
}

/**
 * The socket is being closed: what the kernel takes has been sent, and the rest is dropped with the socket.
 *
 * @param {Connection} ws
 */
function letGo(ws) {
  if (ws._transport === direct) detach(ws);
}

/** Drops a connection that is over. Where its end was only emitted, Node reads on to it. @param {Connection} ws */
function forget(ws) {
  ws._backedUp = false;
  if (ws._transport === direct) giveBack(ws);
  const index = ws._slot & INDEX;
  if (sessions[index] === ws) sessions[index] = undefined;
}

/**
 * Bytes that have not left the process.
 *
 * @param {Connection} ws
 * @returns {number}
 */
function pending(ws) {
  return native.directPending(ws._slot);
}

/** Stops reading. @param {Connection} ws */
function pause(ws) {
  native.directPause(ws._slot, 1);
}

/**
 * Stops reading after the chunk that is being dispatched, or after the next one if none is, like a stream.
 *
 * @param {Connection} ws
 */
function pauseSoon(ws) {
  native.directPause(ws._slot, ws._chunk === null ? 2 : 1);
}

/** Reads on. @param {Connection} ws */
function resume(ws) {
  native.directPause(ws._slot, 0);
}

/** Sends what waits, now. @param {Connection} ws */
function flush(ws) {
  native.directFlush(ws._slot);
}

/** Sends what waits of all connections. */
function flushAll() {
  if (usable) native.directFlush();
}

/** @satisfies {import('./connection').Transport & {[name: string]: unknown}} */
const direct = {
  name: /** @type {'direct'} */ ('direct'),
  ...sending,
  pending,
  pause,
  pauseSoon,
  resume,
  control,
  flush,
  flushAll,
  giveBack,
  letGo,
  ...owner,
  attach,
  forget
};

beforeExit(direct);

module.exports = direct;
