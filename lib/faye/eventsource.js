'use strict';

/**
 * EventSource: the server side of a server-sent event stream (WHATWG HTML, section 9.2), which is
 * an HTTP response that does not end.
 *
 * It writes to the response's socket directly, over HTTP/2 to the response's stream. What a caller
 * passes cannot forge a header or a field: each line of a message becomes a `data` field of its own,
 * and a line break or NUL where no line break can stand is refused before anything is written.
 */

const { Stream } = require('stream');
const { inherits } = require('util');

const Event = require('./websocket/api/event');
const EventTarget = require('./websocket/api/event_target');
const { isSecure } = require('../opening/address');
const { headerPairs, streamOf, writeHead } = require('./eventsource/response');
const { frame } = require('./eventsource/format');
const { isURL, refuseCall, refuseMisspelt } = require('../opening/misplaced');
const { withoutEverybodys } = require('../opening/names');
const { occupy, refuseOccupied } = require('../opening/occupied');
const { LONGEST_DELAY, seconds } = require('../opening/options');
const { callFromTick, soon } = require('../transport/posting');
const { listPublicly, setFields } = require('../transport/fields');
const { destroyUnlessTaken } = require('../transport/half_close');
const { enter, makeScope, within } = require('../transport/scope');
const timers = require('../transport/timers');
const { hidePrivate } = require('./hidden');
const live = require('../connection/live');
const { CONNECTING, OPEN, CLOSED } = require('../transport/ready_state');

/** @typedef {import('./eventsource/stream').EventStream} EventStream */

/** How long a client of a stream that was closed may take nothing of what waits for it, in milliseconds. */
const TAKING = 30000;

/** What the constructor takes. */
const OPTIONS = ['headers', 'retry', 'ping'];

/** From so many UTF-16 units on, a text becomes bytes here: Node takes up to four times as long for it. */
const LARGE = 1 << 20;

/**
 * Answers a request for an event stream. The response starts at once and `open` fires on the next
 * tick. Where the socket is gone or not writable, `close` fires instead.
 *
 * @this {any}
 * @param {any} request
 * @param {any} response
 * @param {object} [options]
 * @param {object} [options.headers] more response headers
 * @param {number} [options.retry=5] seconds that a client waits before it connects again
 * @param {number} [options.ping=10] seconds between comments that keep the connection open
 * @throws {TypeError} for a header with a bad name, or with CR, LF or NUL in its value, and for a misspelt option
 * @throws {Error} if the response has sent its head before, or its socket belongs to another one
 */
function EventSource(request, response, options) {
  if (isURL(request) || !request || !request.headers || !response) {
    throw new TypeError(
      'EventSource is the end of a server: write new EventSource(request, response, options), with the request and the ' +
        'response of an HTTP server'
    );
  }
  refuseCall(this, EventSource, 'new EventSource(request, response, options)');
  refuseMisspelt(options);
  const { headers, retry, ping } = withoutEverybodys(options || {}, OPTIONS);
  const pairs = headerPairs(headers);

  this.writable = true;

  this._stream = streamOf(response);
  setFields(this, {
    _ping: seconds('ping', ping) || this.DEFAULT_PING,
    _retry: seconds('retry', retry) || this.DEFAULT_RETRY,
    _pingTimer: null,
    /** What listens to the stream, and to the request or the response: who emits, the event, the listener. */
    _listeners: [],
    /** Where it stands in the list of all (`lib/connection/live.js`). */
    _place: -1,
    _scope: null
  });

  const scheme = isSecure(request) ? 'https:' : 'http:';
  this.url = scheme + '//' + (request.headers.host || request.headers[':authority']) + request.url;
  this.lastEventId = request.headers['last-event-id'] || '';
  this.readyState = CONNECTING;

  const stream = this._stream;
  this._scope = makeScope();
  if (!stream || !stream.writable) {
    // It has ended before it began.
    this.readyState = CLOSED;
    this.writable = false;
    soon(() => enter(this, this.dispatchEvent, new Event.EndEvent(this)));
    return;
  }
  begin(this, request, response, pairs);
}
inherits(EventSource, Stream);

/**
 * Takes over the stream of a response, and begins the answer.
 *
 * @param {EventStream} source
 * @param {any} request
 * @param {any} response
 * @param {string[][]} headers names and values
 */
function begin(source, request, response, headers) {
  const stream = source._stream;
  refuseOccupied(stream);
  const ends = writeHead(request, response, headers, (head) => source._write(head));
  occupy(stream);
  live.add(source);
  soon(() => enter(source, source._open));

  if (stream.setTimeout) stream.setTimeout(0);
  if (stream.setNoDelay) stream.setNoDelay(true);
  source._write('retry: ' + Math.floor(source._retry * 1000) + '\r\n\r\n');

  const onDrain = () => callFromTick(() => enter(source, source.emit, 'drain'));
  const onEnd = () => callFromTick(() => enter(source, source.close));
  source._listeners = [[stream, 'drain', onDrain]];
  for (const [emitter, event] of ends) source._listeners.push([emitter, event, onEnd]);
  for (const [emitter, event, listener] of source._listeners) emitter.on(event, listener);

  if (source._ping > 0) {
    source._pingTimer = timers.every(() => keepOpen(source), Math.min(source._ping * 1000, LONGEST_DELAY));
  }
}

/**
 * Whether a request asks for an event stream: a GET that accepts `text/event-stream`.
 *
 * @param {import('http').IncomingMessage} request
 * @returns {boolean}
 * @throws {TypeError} for nothing, and for what says GET and has no headers
 */
EventSource.isEventSource = function (request) {
  if (!request || (request.method === 'GET' && !request.headers)) {
    throw new TypeError('isEventSource(request) needs the request of an HTTP server');
  }
  if (request.method !== 'GET') return false;
  const types = (request.headers.accept || '').split(',');
  return types.some((type, i) => {
    // Blanks around commas do not count; those at either end were for the HTTP parser to take off.
    if (i > 0) type = type.trimStart();
    if (i < types.length - 1) type = type.trimEnd();
    return type === 'text/event-stream';
  });
};

/** @type {Partial<EventStream> & ThisType<EventStream>} */
const instance = {
  DEFAULT_PING: 10,
  DEFAULT_RETRY: 5,

  /**
   * Writes to the socket.
   *
   * @param {string} chunk
   * @returns {boolean} false when the socket is full, gone, or no longer ours
   */
  _write: function (chunk) {
    if (!this.writable || !this._stream) return false;
    if (!this._stream.writable) {
      // Somebody else has ended it, and what waits in it may never leave: nothing else may tell that.
      soon(() => enter(this, this.close));
      return false;
    }
    try {
      return this._stream.write(chunk.length < LARGE ? chunk : Buffer.from(chunk), 'utf8');
    } catch {
      // A socket of Node's own does not throw; one that wraps another may.
      return false;
    }
  },

  /** Announces the connection, unless it was closed within its first tick. */
  _open: function () {
    if (this.readyState !== CONNECTING) return;

    this.readyState = OPEN;
    this.dispatchEvent(new Event.OpenEvent(this));
  },

  /**
   * The same as `send(message)`, for pipes.
   *
   * @param {*} message
   * @returns {boolean}
   */
  write: function (message) {
    return this.send(message);
  },

  /** Sends a last message, if there is one, and closes. @param {*} [message] */
  end: function (message) {
    if (message !== undefined) this.write(message);
    this.close();
  },

  /**
   * Sends a message. Its lines, however they end, are sent as one `data` field each.
   *
   * @param {*} message turned into a string
   * @param {object} [options]
   * @param {string} [options.event] the type of event that the client dispatches
   * @param {string} [options.id] what the client remembers as its last event ID
   * @returns {boolean} false when closed, and when the socket is full until `drain`
   * @throws {TypeError} for CR, LF or NUL in `event` or `id`
   */
  send: function (message, options) {
    if (this.readyState > OPEN) return false;

    return this._write(frame(message, options));
  },

  /**
   * Sends a comment, which keeps proxies from closing the connection and which the client ignores.
   *
   * @returns {boolean} false when closed, and when the socket is full until `drain`
   */
  ping: function () {
    return this._write(':\r\n\r\n');
  },

  /** Ends the response, and dispatches `close`. @returns {boolean} true for the first call only */
  close: function () {
    if (this.readyState > OPEN) return false;

    this.readyState = CLOSED;
    this.writable = false;
    live.remove(this);
    timers.cancel(this._pingTimer);
    try {
      if (this._stream) {
        this._letGo();
        this._stream.end();
        destroyUnlessTaken(this._stream, TAKING);
      }
    } finally {
      within(this, this.dispatchEvent, new Event.EndEvent(this));
    }
    return true;
  },

  /** Takes our listeners off, so that nothing of the response holds this object any more. */
  _letGo: function () {
    // The last bytes may still fail to leave, and that must not be an uncaught error.
    this._stream.on('error', ignore);
    for (const [emitter, event, listener] of this._listeners) emitter.removeListener(event, listener);
    this._listeners = [];
  }
};

Object.assign(EventSource.prototype, instance, EventTarget);
hidePrivate(EventSource.prototype);
listPublicly(EventSource.prototype);

/**
 * Sends a comment, unless something waits for the client: that keeps the connection open by itself, and comments behind it
 * would pile up while the client reads nothing.
 *
 * @param {EventStream} source
 */
function keepOpen(source) {
  const stream = source._stream;
  if (stream.writable && stream.writableLength > 0) return;
  source.ping();
}

/** A listener that does nothing. */
function ignore() {}

module.exports = EventSource;
