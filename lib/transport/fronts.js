'use strict';

/**
 * Methods that stand in front of those of a stream which is no plain socket of Node's, such as one of TLS. What they stand in front
 * of is looked up at each call, since a recorder may put methods on a class at any time (`taken_socket.js` has those of plain
 * sockets).
 */

const { notePause } = require('./reading');
const outbox = require('./stream');
const { noteFront } = require('./untouched');

const { hasOwnProperty } = Object.prototype;

/**
 * What has the method of a stream: its class, unless the stream has one of its own.
 *
 * @param {any} stream
 * @param {string} method
 * @returns {any}
 */
function holderOf(stream, method) {
  const isOwn = hasOwnProperty.call(stream, method);
  return isOwn ? { [method]: stream[method] } : Object.getPrototypeOf(stream);
}

/**
 * Makes a method of a stream write first what was sent in this turn of the loop, before the owner writes to the stream
 * or ends it.
 *
 * @param {any} stream
 * @param {'write' | 'end' | 'destroy'} method
 */
function flushBefore(stream, method) {
  const original = stream[method];
  if (typeof original !== 'function') return;
  const behind = holderOf(stream, method);
  stream[method] = method === 'write' ? writing(behind) : flushing(behind, method);
  noteFront(stream[method], original);
}

/** @param {any} behind has the method `write`: a name that changes is looked up slowly */
function writing(behind) {
  /** @this {unknown} @param {any} first @param {any} second @param {any} third */
  return function (first, second, third) {
    if (!outbox.isFlushing()) outbox.flush();
    return behind.write.call(this, first, second, third);
  };
}

/** @param {any} behind has the method @param {'end' | 'destroy'} method */
function flushing(behind, method) {
  /** @this {unknown} @param {any} first @param {any} second @param {any} third */
  return function (first, second, third) {
    if (!outbox.isFlushing()) outbox.flush();
    return behind[method].call(this, first, second, third);
  };
}

/**
 * Makes `pause` and `resume` of a stream note that the owner has called them.
 *
 * @param {any} stream
 * @param {'pause' | 'resume'} method
 */
function noteBefore(stream, method) {
  if (typeof stream[method] !== 'function') return;
  const behind = holderOf(stream, method);
  /** @this {any} */
  stream[method] = function () {
    notePause(this, method === 'pause');
    return behind[method].call(this);
  };
}

module.exports = { flushBefore, noteBefore };
