'use strict';

/**
 * What a WebSocket shows of its connection: the functions that a connection (`lib/connection`) calls, each with the
 * WebSocket as its target.
 */

const { EventEmitter } = require('events');

const { BINARY_TYPE, converted } = require('./binary_type');
const { CloseEvent, ErrorEvent, MessageEvent, OpenEvent } = require('./event');
const { dispatchEvent } = /** @type {Record<string, any>} */ (require('./event_target'));
const { PROMISES, promisesOf } = require('./modern');
const { CONNECTION } = require('../../connection_of');
const { publish } = require('../../../connection/channels');

/** An `emit` that is Node's own, and one that is not. */
/** @type {unknown} */
let plain = null;
/** @type {unknown} */
let other = null;

/**
 * Whether `emit` is Node's own: not a wrapper's on the instance or on a prototype, nor that of `domain`, whenever that
 * was put there. Its source names what nothing outside of Node can name.
 *
 * @param {Function} emit
 * @returns {boolean}
 */
function isPlain(emit) {
  if (emit === plain) return true;
  if (emit === other) return false;
  if (/\bkErrorMonitor\b/.test(Function.prototype.toString.call(emit))) plain = emit;
  else other = emit;
  return emit === plain;
}

/**
 * Calls the `on<type>` handler, then the listeners, as `dispatchEvent` does: that itself if somebody has put another in its place.
 *
 * @param {any} target
 * @param {any} event
 * @param {((event: any) => void) | null} handler
 */
function tell(target, event, handler) {
  if (target.dispatchEvent !== dispatchEvent) {
    target.dispatchEvent(event);
    return;
  }
  if (handler) handler.call(target, event);
  target.emit(event.type, event);
}

/** An `error` that nobody listens for must not throw, also when somebody has taken all listeners off. @param {any} target */
function ignoreErrors(target) {
  if (target.listenerCount('error') === 0) target.on('error', ignore);
}

function ignore() {}

/**
 * The face, of both roles.
 *
 * @type {import('../../../transport/connection').Face}
 */
const face = {
  // `api.js` replaces this by the time that applications may change, `API.CLOSE_TIMEOUT`.
  closeTimeout: () => Infinity,

  changed(target, readyState) {
    target.readyState = readyState;
  },

  streamed(target, stream) {
    target._stream = stream;
  },

  redirected(target, url) {
    target.url = url;
  },

  answered(target, headers, statusCode) {
    target.headers = headers;
    target.statusCode = statusCode;
  },

  opened(target, protocol) {
    target.protocol = protocol;
    if (target[PROMISES] !== null) target[PROMISES].open();
    tell(target, new OpenEvent(target), target.onopen);
  },

  // `emit` is most of the cost of a small message, so when it is Node's own it is not called for events without a listener,
  // and a single listener is called as `emit` would call it.
  message(target, data) {
    const type = target[BINARY_TYPE];
    const event = new MessageEvent(target, type === null ? data : converted(type, data));
    const isHooked = !isPlain(target.emit) || target.dispatchEvent !== dispatchEvent;
    if (isHooked || EventEmitter.captureRejections) {
      if (target.readable) target.emit('data', data);
      tell(target, event, target.onmessage);
      return;
    }
    if (target.readable && target._events.data !== undefined) target.emit('data', data);
    if (target.onmessage) target.onmessage(event);
    const listener = target._events.message;
    if (typeof listener === 'function') listener.call(target, event);
    else if (listener !== undefined) target.emit('message', event);
  },

  ping(target, message) {
    target.ping(message);
  },

  drained(target) {
    target.emit('drain');
  },

  failed(target, message, detail) {
    ignoreErrors(target);
    const event = new ErrorEvent(target, message, detail);
    // Who asks for `opened` later is to be told of this.
    promisesOf(target).fail(event.error);
    publish('error', target[CONNECTION], { error: event });
    tell(target, event, target.onerror);
  },

  ended(target) {
    if (target.readable) target.emit('end');
  },

  closed(target, code, reason) {
    target.readable = false;
    target.writable = false;
    try {
      tell(target, new CloseEvent(target, code, reason), target.onclose);
    } finally {
      if (target[PROMISES] !== null) target[PROMISES].end(code, reason);
    }
  }
};

module.exports = { face, ignoreErrors };
