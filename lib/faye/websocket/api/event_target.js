'use strict';

/**
 * The EventTarget half of a connection, as a table of properties to be copied onto a prototype
 * that inherits from EventEmitter. A listener added here is an EventEmitter listener, so the two
 * interfaces can be mixed freely on one function.
 */

const { AT_TARGET } = require('./event');
const { watch } = require('../../../opening/abort');
const { withoutEverybodys } = require('../../../opening/names');

/** @typedef {{once?: boolean, signal?: AbortSignal}} ListenerOptions */

/** What a listener of ours calls, on that: an object with `handleEvent`, or a function with options. */
const HANDLER = Symbol('faye-websocket-native handler');

/** What a listener's options may say. */
const LISTENER = ['once', 'signal'];
/** @type {ListenerOptions} */
const NONE = Object.freeze(Object.create(null));

/** @type {ThisType<any> & Record<string, any>} */
const EventTarget = {
  onopen: null,
  onmessage: null,
  onerror: null,
  onclose: null,

  /**
   * Adds a listener; the same as `on` for a function without options.
   *
   * @param {string} eventType
   * @param {function(Event): void|{handleEvent: function(Event): void}} listener
   * @param {boolean|object} [useCapture] or options: `once`, and a `signal` that takes the listener off. `capture` and
   *   `passive` are accepted and ignored: there is nothing to capture through, and nothing to prevent
   */
  addEventListener: function (eventType, listener, useCapture) {
    /** @type {ListenerOptions} */
    const options = typeof useCapture === 'object' && useCapture !== null ? useCapture : NONE;
    const { once, signal } = withoutEverybodys(options, LISTENER);
    if (isObject(listener) || (typeof listener === 'function' && (once || signal)))
      addWithOptions(this, eventType, listener, { once, signal });
    else this.on(eventType, listener);
  },

  /**
   * Removes a listener added by `addEventListener`, `on` or `once`.
   *
   * @param {string} eventType
   * @param {function(Event): void|{handleEvent: function(Event): void}} listener
   * @param {boolean|object} [useCapture] accepted and ignored
   */
  // eslint-disable-next-line no-unused-vars -- the parameter counts in the function's `length`
  removeEventListener: function (eventType, listener, useCapture) {
    const own = this.listeners(eventType).find((/** @type {any} */ each) => each[HANDLER] === listener);
    if (own !== undefined) this.removeListener(eventType, own);
    else if (typeof listener !== 'object') this.removeListener(eventType, listener);
  },

  /**
   * Aims an event at this object, then calls the `on<type>` handler and the listeners, in that order.
   *
   * @param {any} event
   */
  dispatchEvent: function (event) {
    event.currentTarget = this;
    event.target = this;
    event.eventPhase = AT_TARGET;

    const handler = 'on' + event.type;
    if (this[handler]) this[handler](event);

    this.emit(event.type, event);
  }
};

/** Whether a listener is an object that is called by a method. @param {unknown} listener */
function isObject(listener) {
  return typeof listener === 'object' && listener !== null && 'handleEvent' in listener;
}

/**
 * Adds a listener that is an object, goes after its first event, or goes with a signal.
 *
 * @param {any} target
 * @param {string} eventType
 * @param {any} listener
 * @param {ListenerOptions} options
 */
function addWithOptions(target, eventType, listener, { once, signal }) {
  if (signal && typeof signal.addEventListener !== 'function') {
    throw new TypeError('The option signal must be an AbortSignal');
  }
  if (signal && signal.aborted) return;
  let unwatch = () => {};
  /** @type {((this: any, event: any) => void) & {[HANDLER]?: unknown}} */
  const own = function (event) {
    if (once) target.removeListener(eventType, own);
    if (once) unwatch();
    if (typeof listener === 'function') listener.call(this, event);
    else listener.handleEvent(event);
  };
  own[HANDLER] = listener;
  target.on(eventType, own);
  if (signal) unwatch = watch(signal, () => target.removeListener(eventType, own));
}

module.exports = EventTarget;
