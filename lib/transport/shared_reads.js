'use strict';

/**
 * Reads TLS sockets without memory of its own for each record: Node reads into one piece of memory that all of them share,
 * as it does for a socket that is made with the option `onread`, and which can be given to no socket that exists. If nobody
 * but the connection hears the socket, its bytes are worked on there. Otherwise the socket gets a copy of them, as if Node
 * had read into memory of their own: that is decided for each read, so that others may come and go.
 */

const { READER } = require('./last_words');
const memory = require('./memory');
const { SIZE } = require('./scratch_copies');
const { isHandle, isSocket, readsAlone } = require('./untouched');
const { Fronts } = require('./views');
const { IS_NODE } = require('../native/runtime');

/** @typedef {import('./connection').Connection} Connection */
/** @typedef {import('./connection').OwnedStream} OwnedStream */
/** @typedef {(this: any) => unknown} OnRead what a handle calls when it has read, or has come to the end */

/** What stands in Node's function alone that a handle calls. */
const IN_SOURCE = ['streamBaseState[kReadBytesOrError]', 'stream[kBufferCb](nread, '];
/** The property of a handle that keeps the memory for as long as the handle may read. */
const KEPT = Symbol('faye-websocket-native reads');

/** @type {Buffer} */
let scratch;
/** @type {Fronts} */
let fronts;
/** Node's function that a handle calls; null as long as none was seen. @type {OnRead | null} */
let nodes = null;
/** Where a socket has the memory of the option `onread`, its function, and the function that gives the next memory. @type {any} */
let keys = null;
/** The listener of `data` by which connections hear their sockets. @type {Function} */
let hearer;

/**
 * Whether a handle calls Node's own function.
 *
 * @param {any} handle
 * @returns {boolean}
 */
function isNodes({ onread }) {
  if (onread === nodes) return nodes !== null;
  if (typeof onread !== 'function') return false;
  const source = Function.prototype.toString.call(onread);
  if (!IN_SOURCE.every((part) => source.includes(part))) return false;
  nodes = onread;
  return true;
}

/**
 * Whether a socket could have been given the option `onread`, and was not.
 *
 * @param {any} stream
 * @returns {boolean}
 */
function hasNoBuffer(stream) {
  if (keys === null) {
    const symbols = Object.getOwnPropertySymbols(stream);
    const [buffer, take, next] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map((name) =>
      symbols.find(({ description }) => description === name)
    );
    keys = { buffer, take, next };
  }
  return stream[keys.buffer] === null && stream[keys.take] === null && stream[keys.next] === null;
}

/**
 * Has Node read a TLS socket into the shared memory, if it is one of Node's.
 *
 * @param {OwnedStream} stream that a connection hears
 * @param {Function} listener of `data`, which hears it for the connection
 */
function share(stream, listener) {
  const handle = /** @type {any} */ (stream)._handle;
  if (!IS_NODE || !isSocket(stream) || !isHandle(handle)) return;
  if (typeof handle.useUserBuffer !== 'function' || typeof handle.bytesRead !== 'number') return;
  if (!isNodes(handle) || !hasNoBuffer(stream)) return;
  if (scratch === undefined) {
    scratch = Buffer.allocUnsafeSlow(SIZE);
    memory.share(scratch.buffer);
    fronts = new Fronts(scratch);
  }
  hearer = listener;
  stream[keys.take] = take;
  const onread = makeOnRead(stream, handle);
  Object.defineProperty(handle, KEPT, { value: onread });
  handle.useUserBuffer(scratch);
  handle.onread = onread;
}

/**
 * What a handle calls in the place of Node's function, which does all but one thing: to take the bytes.
 *
 * @param {any} stream
 * @param {any} handle
 * @returns {OnRead}
 */
function makeOnRead(stream, handle) {
  const { buffer } = keys;
  const node = /** @type {OnRead} */ (nodes);
  let before = handle.bytesRead;
  return function () {
    const { bytesRead } = this;
    // The end, or a failure.
    if (bytesRead === before) return node.call(this);
    before = bytesRead;
    stream[buffer] = scratch;
    try {
      return node.call(this);
    } finally {
      stream[buffer] = null;
    }
  };
}

/**
 * Takes what has been read.
 *
 * @this {any} the socket
 * @param {number} length
 * @returns {boolean} false if Node is to read nothing more
 */
function take(length) {
  // But for this call, it is to Node a socket without the option: it is paused and goes on as such.
  this[keys.buffer] = null;
  /** @type {Connection} */
  const ws = this[READER];
  if (isAlone(this) && canTake(ws)) {
    ws._receive(fronts.of(length), true);
    return true;
  }
  let bytes;
  try {
    bytes = Buffer.allocUnsafeSlow(length);
  } catch (error) {
    // What comes behind would be worth nothing.
    this.destroy(error);
    return false;
  }
  scratch.copy(bytes, 0, 0, length);
  return this.push(bytes);
}

/**
 * Whether the socket would give a chunk to the connection at once, as it is, and to nobody else.
 *
 * @param {any} stream
 * @returns {boolean}
 */
function isAlone(stream) {
  return (
    stream.readableFlowing === true &&
    stream.readableLength === 0 &&
    stream.readableEncoding === null &&
    // What a first chunk changes in a stream, it does itself.
    stream.readableDidRead &&
    readsAlone(stream, hearer)
  );
}

/**
 * Whether a connection would work on a chunk at once.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function canTake(ws) {
  return ws._slot !== -1 && ws._chunk === null && ws._early === null && ws._draft === null && ws._unread <= 0;
}

/**
 * Node's own function of a handle, which may call ours.
 *
 * @param {any} handle
 * @returns {any}
 */
function onreadOf(handle) {
  return handle[KEPT] !== undefined && handle.onread === handle[KEPT] ? nodes : handle.onread;
}

module.exports = { onreadOf, share };
