'use strict';

/**
 * Node's requests to write (`WriteWrap`). Hooks of `async_hooks` see them, and may keep them with the memory that is written;
 * ours is used again, for other connections. So it is taken out of a request once it is not needed there any more: over TLS
 * at once, since what is written is encrypted then, and of a plain socket when the request is done.
 */

const { executionAsyncResource } = require('async_hooks');

/** The property of a handle that has the functions below: its prototype, which V8 itself would be asked for with each write. */
const BEHIND = Symbol('faye-websocket-native behind');

/** Whether the next request is one of ours, and the last one that was. */
let ours = false;
/** @type {any} */
let last = null;
/** Whether the handle has got anything of ours since {@link writes}. */
let reached = false;

/**
 * In front of the function of a handle, to tell of its requests: Node makes them first, or, since Node.js 24, the handle itself
 * does, where it cannot write at once.
 *
 * @this {any}
 * @param {any} request
 * @param {any} bytes
 */
function writeBuffer(request, bytes) {
  if (ours) reached = true;
  const result = this[BEHIND].writeBuffer.call(this, request, bytes);
  if (ours) last = request || result;
  return result;
}

/**
 * The same for what is gathered.
 *
 * @this {any}
 * @param {any} request
 * @param {any} chunks
 * @param {any} all
 */
function writev(request, chunks, all) {
  if (ours) reached = true;
  const result = this[BEHIND].writev.call(this, request, chunks, all);
  if (ours) last = request || result;
  return result;
}

/**
 * The object that has a handle's functions to write: its prototype, if these here stand in front of them.
 *
 * @param {any} handle
 * @returns {any}
 */
function behind(handle) {
  return hasFronts(handle) ? handle[BEHIND] : handle;
}

/** Whether a handle has these functions. @param {any} handle */
function hasFronts(handle) {
  return handle.writeBuffer === writeBuffer && handle.writev === writev;
}

/**
 * A stream is written to that encrypts what it is given: {@link written} follows.
 *
 * @param {any} handle of the stream, which is Node's
 */
function writes(handle) {
  ours = true;
  reached = false;
  if (hasFronts(handle)) return;
  handle[BEHIND] = Object.getPrototypeOf(handle);
  handle.writeBuffer = writeBuffer;
  handle.writev = writev;
}

/**
 * The stream was written to.
 *
 * @returns {boolean} whether what was written has reached the handle, and does not wait in the stream: behind an empty write, for
 *   one, it waits although no byte does
 */
function written() {
  ours = false;
  if (last !== null && typeof last === 'object') clear(last);
  last = null;
  const result = reached;
  reached = false;
  return result;
}

/** Memory is to be used again, and the function that says so may be called by a request. */
function done() {
  /** @type {any} */
  const resource = executionAsyncResource();
  if (resource && resource.constructor && resource.constructor.name === 'WriteWrap') clear(resource);
}

/** @param {any} request */
function clear(request) {
  request.buffer = null;
  if (request._chunks !== undefined) request._chunks = null;
}

module.exports = { behind, writes, written, done };
