'use strict';

/**
 * The EventTarget half of a connection, as a table of properties to be copied onto a prototype
 * that inherits from EventEmitter. A listener added here is an EventEmitter listener, so the two
 * interfaces can be mixed freely on one function.
 */

const { AT_TARGET } = require('./event');

const EventTarget = {
  onopen: null,
  onmessage: null,
  onerror: null,
  onclose: null,

  /**
   * Adds a listener; the same as `on`.
   *
   * @param {string} eventType
   * @param {function(Event): void} listener
   * @param {boolean} [useCapture] accepted and ignored: there is nothing to capture through
   */
  // eslint-disable-next-line no-unused-vars -- the parameter counts in the function's `length`
  addEventListener: function (eventType, listener, useCapture) {
    this.on(eventType, listener);
  },

  /**
   * Removes a listener added by `addEventListener`, `on` or `once`.
   *
   * @param {string} eventType
   * @param {function(Event): void} listener
   * @param {boolean} [useCapture] accepted and ignored
   */
  // eslint-disable-next-line no-unused-vars -- the parameter counts in the function's `length`
  removeEventListener: function (eventType, listener, useCapture) {
    this.removeListener(eventType, listener);
  },

  /**
   * Aims an event at this object, then calls the `on<type>` handler and the listeners, in that order.
   *
   * @param {Event} event
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

module.exports = EventTarget;
