'use strict';

/**
 * The event objects of WebSocket and EventSource: plain objects in the shape of the WHATWG DOM's
 * `Event`, of which a listener sees `type`, `target` and whatever the event carries.
 *
 * Four constructors beside the general one make the events that connections emit. Each sets all
 * of its fields at once and in a fixed order, so that every event of a type has one hidden class
 * and costs one allocation; they share a prototype, but for `error`, and all of them are `instanceof Event`.
 */

const { listPublicly } = require('../../../transport/fields');
const { namesOf } = require('../../../opening/names');

/** @typedef {import('../../../transport/connection').Connection} Connection */

const AT_TARGET = 2;

/**
 * An event of any type, for `dispatchEvent`.
 *
 * @param {string} eventType what `type` will be
 * @param {object} [options] fields to copy onto the event
 */
function Event(eventType, options) {
  this.type = eventType;
  const fields = /** @type {Record<string, unknown>} */ (options);
  for (const key of namesOf(options)) /** @type {any} */ (this)[key] = fields[key];
}

/**
 * Sets the type and the two flags of an event made by hand.
 *
 * @param {string} eventType
 * @param {boolean} canBubble
 * @param {boolean} cancelable
 */
Event.prototype.initEvent = function (eventType, canBubble, cancelable) {
  this.type = eventType;
  this.bubbles = canBubble;
  this.cancelable = cancelable;
};

/** Does nothing: no event here travels beyond its target. */
Event.prototype.stopPropagation = function () {};

/** Does nothing: no event here has a default action. */
Event.prototype.preventDefault = function () {};

Event.CAPTURING_PHASE = 1;
Event.AT_TARGET = AT_TARGET;
Event.BUBBLING_PHASE = 3;

/** `open`, with no fields of its own. @param {object} target the connection */
function OpenEvent(target) {
  this.type = 'open';
  this.bubbles = false;
  this.cancelable = false;
  this.currentTarget = target;
  this.target = target;
  this.eventPhase = AT_TARGET;
}

/**
 * `message`, with what was received.
 *
 * @param {object} target the connection
 * @param {string|Buffer} data a text or a binary message
 */
function MessageEvent(target, data) {
  this.type = 'message';
  this.data = data;
  this.bubbles = false;
  this.cancelable = false;
  this.currentTarget = target;
  this.target = target;
  this.eventPhase = AT_TARGET;
}

/**
 * `error`, with a sentence that says what went wrong, and in `error` a real Error with the same message. The event is an
 * Error, too, since that is what `events.once` rejects with; what an Error has besides, no listing of it shows.
 *
 * @param {object} target the connection
 * @param {string} message
 * @param {object} [detail] what the Error has besides: `code`, `cause`, `statusCode`
 */
function ErrorEvent(target, message, detail) {
  const event = Reflect.construct(Error, [message], ErrorEvent);
  // It has its place among the others, and can be enumerated as they can.
  delete event.message;
  event.type = 'error';
  event.message = message;
  event.bubbles = false;
  event.cancelable = false;
  event.currentTarget = target;
  event.target = target;
  event.eventPhase = AT_TARGET;
  for (const key of Object.keys(detail || {})) {
    Object.defineProperty(event, key, {
      value: /** @type {any} */ (detail)[key],
      writable: true,
      configurable: true
    });
  }
  defineError(event, message, detail);
  return event;
}

/**
 * Gives `event` an `error` that is made when somebody looks, and that a listing of the event does not show.
 *
 * @param {object} event
 * @param {string} message
 * @param {import('../../../transport/connection').ErrorDetail | undefined} detail
 */
function defineError(event, message, detail) {
  /** @type {Error | null} */
  let error = null;
  const get = () => {
    if (error === null) {
      const { cause, ...rest } = detail || {};
      error = Object.assign(new Error(message, cause === undefined ? undefined : { cause }), rest);
    }
    return error;
  };
  Object.defineProperty(event, 'error', { configurable: true, enumerable: false, get });
}

/**
 * `close` of a WebSocket, with the code and the reason of RFC 6455, section 7.1.5 and 7.1.6.
 *
 * @param {object} target the connection
 * @param {number} code
 * @param {string} reason
 */
function CloseEvent(target, code, reason) {
  this.type = 'close';
  this.code = code;
  this.reason = reason;
  this.bubbles = false;
  this.cancelable = false;
  this.currentTarget = target;
  this.target = target;
  this.eventPhase = AT_TARGET;
}

/** `close` of an EventSource, which has neither code nor reason. @param {object} target the connection */
function EndEvent(target) {
  this.type = 'close';
  this.bubbles = false;
  this.cancelable = false;
  this.currentTarget = target;
  this.target = target;
  this.eventPhase = AT_TARGET;
}

// A listing leaves out what has the same value in all events.
listPublicly(Event.prototype, {
  silent: ['bubbles', 'cancelable', 'currentTarget', 'eventPhase'],
  name: (/** @type {any} */ { type }) => `Event ${typeof type === 'string' ? type : ''}`.trim()
});

// By names of its own, since the bundler of an application may take those of the functions away.
/** @type {Record<string, Function>} */
const constructors = { OpenEvent, MessageEvent, ErrorEvent, CloseEvent, EndEvent };
for (const name of Object.keys(constructors)) {
  if (constructors[name] !== ErrorEvent) constructors[name].prototype = Event.prototype;
  // Not enumerable: a listing of `Event` shows what faye-websocket's has.
  Object.defineProperty(Event, name, { value: constructors[name] });
}

ErrorEvent.prototype = Object.create(Error.prototype, Object.getOwnPropertyDescriptors(Event.prototype));
Object.defineProperty(Event, Symbol.hasInstance, {
  /** @this {any} @param {unknown} value */
  value(value) {
    return (
      Function.prototype[Symbol.hasInstance].call(this, value) || (this === Event && isErrorEvent(value))
    );
  }
});

/** @param {unknown} value */
function isErrorEvent(value) {
  return Object.prototype.isPrototypeOf.call(ErrorEvent.prototype, /** @type {object} */ (value));
}

/** @typedef {typeof Event & Record<'OpenEvent' | 'MessageEvent' | 'ErrorEvent' | 'CloseEvent' | 'EndEvent', any>} EventClass */

module.exports = /** @type {EventClass} */ (Event);
