'use strict';

/**
 * Tells whether only Node's own code sees the memory that passes through a stream, so that no other code can have kept
 * it.
 *
 * Recorders and mocks put functions of their own in front of a socket's methods, or in place of its class's, at any
 * time. So this is checked each time, and a function counts as Node's only if its source is that of Node's function,
 * since a module that was loaded before us may have replaced it already. An unknown function counts as somebody else's,
 * which costs a copy.
 */

const { EventEmitter } = require('events');
const { Socket } = require('net');
const { TLSSocket } = require('tls');

const { behind } = require('./write_requests');
const { IS_NODE } = require('../native/runtime');

/** @typedef {import('./connection').OwnedStream} OwnedStream */

const plain = Socket.prototype;
const emitter = EventEmitter.prototype;
const secure = TLSSocket.prototype;
const { toString } = Function.prototype;

/** Stands for a method that is not Node's; no stream has it. */
function unknown() {}

/**
 * The method `name` of Node's sockets, if its source has what stands in Node's alone.
 *
 * @param {string} name
 * @param {string} source
 * @returns {Function}
 */
function nodes(name, source) {
  const method = /** @type {any} */ (plain)[name];
  if (typeof method !== 'function' || /** @type {any} */ (secure)[name] !== method) return unknown;
  return IS_NODE && !toString.call(method).includes(source) ? unknown : method;
}

const WRITE = nodes('write', 'return _write(this, chunk, encoding, cb)');
const WRITE_ONE = nodes('_write', 'this._writeGeneric(false, ');
const WRITE_MANY = nodes('_writev', 'this._writeGeneric(true, ');
const WRITE_GENERIC = nodes('_writeGeneric', 'writevGeneric(this, ');
const PUSH = nodes('push', 'readableAddChunk');
const READ = nodes('read', 'tryReadStart(this)');
const EMIT = nodes('emit', 'addCatch(this, result, type, args)');

/**
 * The property of the functions that `lib/transport/taken_socket.js` puts in front of Node's `write`: the function itself, since
 * recorders copy properties to theirs. A set of them would be dearer: the engine looks through all of a weak set whenever it
 * collects young objects.
 */
const FRONT = Symbol('faye-websocket-native front');

/** A handle that was found to be Node's: nearly all are of one class, and have its functions. @type {any} */
let known = { writeBuffer: unknown, writev: unknown };

/**
 * Notes a function that hands its arguments to another one and keeps none.
 *
 * @param {Function} front
 * @param {Function} behind
 */
function noteFront(front, behind) {
  if (behind === WRITE) /** @type {any} */ (front)[FRONT] = front;
}

/**
 * Whether a stream is a socket of one of Node's two classes.
 *
 * @param {object} stream
 * @returns {boolean}
 */
function isSocket(stream) {
  const prototype = Object.getPrototypeOf(stream);
  return prototype === plain || prototype === secure;
}

/**
 * Whether a handle is Node's, and not an object of somebody's in its place.
 *
 * @param {any} handle
 * @returns {boolean}
 */
function isHandle(handle) {
  if (!handle) return false;
  const of = behind(handle);
  const { writeBuffer, writev } = of;
  if (writeBuffer === known.writeBuffer && writev === known.writev) return true;
  for (const name of ['writeBuffer', 'writev']) {
    if (typeof of[name] !== 'function') return false;
    if (!toString.call(of[name]).endsWith(` ${name}() { [native code] }`)) return false;
  }
  known = { writeBuffer, writev };
  return true;
}

/**
 * Whether what is written to `stream` is kept by nobody, once the stream says that it has left.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function writesAlone(stream) {
  const { write } = stream;
  return (
    IS_NODE &&
    plain.write === WRITE &&
    secure.write === WRITE &&
    (write === WRITE || /** @type {any} */ (write)[FRONT] === write) &&
    stream._write === WRITE_ONE &&
    stream._writev === WRITE_MANY &&
    stream._writeGeneric === WRITE_GENERIC &&
    isSocket(stream) &&
    isHandle(stream._handle)
  );
}

/**
 * Whether all methods are Node's through which the bytes of a plain socket pass. Agents wrap `emit` of all emitters for other
 * events.
 *
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function passesUnseen(stream) {
  return (
    isStillUnseen(stream) &&
    stream._write === WRITE_ONE &&
    stream._writev === WRITE_MANY &&
    stream._writeGeneric === WRITE_GENERIC &&
    stream.read === READ
  );
}

/** Whether nobody has put a method in the place of `write` of Node's sockets. V8 knows the answer until somebody does. */
function isWriteNodes() {
  return plain.write === WRITE;
}

/** The same of those that may be replaced later: all take 200 instructions. @param {OwnedStream} stream */
function isStillUnseen(stream) {
  return plain.write === WRITE && stream.push === PUSH && stream.emit === emitter.emit;
}

/**
 * Whether a chunk that `stream` emits to `listener` is seen by nobody else.
 *
 * @param {OwnedStream} stream
 * @param {Function} listener of `data`
 * @returns {boolean}
 */
function readsAlone(stream, listener) {
  const events = stream._events;
  return (
    events !== undefined &&
    events.data === listener &&
    events.readable === undefined &&
    stream.push === PUSH &&
    stream.read === READ &&
    stream.emit === EMIT &&
    isSocket(stream)
  );
}

module.exports = {
  isHandle,
  isSocket,
  isStillUnseen,
  isWriteNodes,
  noteFront,
  passesUnseen,
  readsAlone,
  writesAlone
};
