'use strict';

/**
 * What a server's and a client's WebSocket have in common: a duplex stream of messages, an EventEmitter and an
 * EventTarget over one socket.
 *
 * All moves of `readyState` are in this file: CONNECTING to OPEN in `_open`, to CLOSING in `close` and
 * `_beginClose`, to CLOSED in `_finalizeClose`. Bytes are the native side's matter; see `lib/transport/dispatch.js` for
 * what comes in and `lib/transport/stream.js` for what goes out.
 */

const { Socket } = require('net');
const { Stream } = require('stream');
const { inherits } = require('util');

const { BUFFERED_AMOUNT } = require('./api/buffered_amount');
const Event = require('./api/event');
const EventTarget = require('./api/event_target');
const { ping, pinging } = require('./api/pinging');
const { binaryType } = require('./api/binary_type');
const { modern } = require('./api/modern');
const received = require('./api/received');
const { send, sending } = require('./api/sending');
const ending = require('./api/ending');
const { Limits, readLimits } = require('./api/limits');
const native = require('../../native');
const brake = require('../../transport/brake');
const debug = require('../../transport/debug');
const direct = require('../../transport/direct');
const lastWords = require('../../transport/last_words');
const memory = require('../../transport/memory');
const outbox = require('../../transport/stream');
const timers = require('../../transport/timers');
const turns = require('../../transport/turns');
const { addHidden, hidePrivate } = require('../hidden');
const { publish, watchMessages, watchPings } = require('../channels');
const live = require('../live');
const { seconds, transportOf } = require('../../opening/options');
const { isHttp2Stream } = require('../../opening/http2/server');
const { occupy } = require('../../opening/occupied');
const { listPublicly, setFields } = require('../../transport/fields');
const { enter, makeScope } = require('../../transport/scope');
const { take } = require('../../transport/taken_socket');
const { readsAlone } = require('../../transport/untouched');
const { CONNECTING, OPEN, CLOSING, CLOSED } = require('../../transport/ready_state');

/** @typedef {import('../../transport/connection').Connection} Connection */
/** @template {keyof Connection} K @typedef {import('../../transport/connection').Method<K>} Method */

const { OpenEvent } = Event;

/** The error code of a stream that is not wanted any more (RFC 9113 section 7). */
const CANCEL = 8;

const NO_BYTES = [0, 0];

/** Codes that only a server has reasons for: it goes away, has failed, restarts, or has too much to do. */
const SERVER_CODES = new Set([1001, 1011, 1012, 1013]);

/**
 * Sets up the fields that both roles share, in the order in which faye-websocket has the public ones. The caller has
 * checked the options, and has set `_stream`; a client's also `url`.
 * @this {any}
 * @param {Record<string, any>} options
 * @param {[url: string, version: string]} address
 */
function API(options, ...[url, version]) {
  this.writable = true;
  this.readable = true;
  this.readyState = CONNECTING;
  Object.defineProperty(this, 'bufferedAmount', BUFFERED_AMOUNT);
  this.protocol = '';
  this.url = url;
  this.version = version;

  const limits = readLimits(options);
  setFields(this, {
    /** The native session, -1 before and after. */
    _slot: -1,
    /** Whether frames are masked on the way out, so that payloads cannot leave uncopied. */
    _masks: false,
    /** Bytes that are framed and not yet given to the stream. */
    _pending: 0,
    /** The turn in which the stream was last written to before its end, and when that was. */
    _wroteIn: 0,
    _wroteAt: 0,
    /** How bytes travel: `lib/transport/stream.js` or `lib/transport/direct.js`. */
    _transport: outbox,
    _wantsDirect: transportOf(options.transport) !== 'stream',
    /** Whether the owner has set an idle timeout on a socket that Rust reads. */
    _timed: false,
    /** The handle whose descriptor Rust reads and writes. */
    _handle: null,
    /** Bytes received and sent over the direct transport, while it is not in use. */
    _counters: NO_BYTES,
    /** The memory that rows point into and that does not stay, in the direct transport. */
    _scratch: null,
    /** What was sent before the connection opened, as calls to make then. */
    _queue: [],
    /** Chunks that came before the handshake was answered. */
    _early: null,
    /** What extensions do with messages: `lib/extensions/deflate/coding.js`, `lib/extensions/plugins.js`, or null. */
    _coding: null,
    /** Whether the native side compresses messages. */
    _deflates: false,
    _paused: false,
    _backedUp: false,
    _pong: null,
    _pingCallbacks: null,
    _pingTimer: null,
    _pingSeconds: seconds('ping', options.ping),
    _closeTimer: null,
    /** What the owner allows the peer, if anything of it is set. */
    _limits: limits === null ? null : new Limits(this, limits),
    /** What waits for a Blob, if one is being read. */
    _later: null,
    /** As what binary messages are wanted, if not as Buffers. */
    _binaryType: null,
    /** What `opened` and `closed` are, if somebody has asked, and whether the connection has ever been open. */
    _promises: null,
    _hasOpened: false,
    _closeParams: null,
    _closeSent: false,
    /** The close frame that a server sends in the place of opening, as its code and reason. */
    _farewell: null,
    /** Whether the connection is to close once it is open and what was sent has left. */
    _ends: false,
    /** The native session of a connection that speaks a draft. */
    _draft: null
  });
  turns.prepare(this);
  setFields(this, { _scope: makeScope() });

  this._ignoreErrors();
}
inherits(API, Stream);

API.CONNECTING = CONNECTING;
API.OPEN = OPEN;
API.CLOSING = CLOSING;
API.CLOSED = CLOSED;

/** How long a peer may take to answer our close frame if `closeTimeout` says nothing else, in milliseconds. */
API.CLOSE_TIMEOUT = 30000;

/**
 * The same as `send`, for pipes.
 * @this {Connection}
 * @param {*} data
 * @returns {boolean}
 */
function write(data) {
  return this.send(data);
}

/**
 * Sends `data` if given, then closes. What was accepted before the connection is open is sent once it is.
 * @type {(this: Connection, data?: unknown) => void}
 */
function end(data) {
  if (data !== undefined) this.send(data);
  if (this.readyState === CONNECTING && this._queue !== null && this._queue.length > 0) this._ends = true;
  else this.close();
}

/**
 * Stops reading from the stream. Messages that have been read already are still emitted.
 * @type {(this: Connection) => void}
 */
function pause() {
  if (!this._paused && this._transport === direct) direct.pauseSoon(this);
  this._paused = true;
}

/** Reads on after `pause`. @type {(this: Connection) => void} */
function resume() {
  this._paused = false;
  if (this._stream && this._stream.readable !== false) this._readOn();
}

/**
 * Closes the connection: sends a close frame and waits for the peer's, for up to `closeTimeout`. A connection that is not
 * open yet never opens. A server's completes the handshake all the same, so that the peer hears of the code, behind
 * what was sent before; a client's is given up, as in a browser (RFC 6455, sections 7.1.2 and 7.1.7).
 *
 * @throws {Error} for any other code
 * @type {(this: Connection, code?: any, reason?: any) => void}
 */
function close(code, reason) {
  if (code === undefined) code = 1000;
  if (code !== 1000 && !(code >= 3000 && code <= 4999) && (this._masks || !SERVER_CODES.has(code))) {
    throw new Error(
      "Failed to execute 'close' on WebSocket: The code must be either 1000, " +
        `or between 3000 and 4999. ${String(code)} is neither.`
    );
  }
  code = Number(code);
  reason = reason === undefined || reason === null ? '' : String(reason);

  if (this.readyState === CONNECTING) {
    // The drafts know neither.
    if (this._draft !== null) this._beginClose(null, null);
    else if (this._masks) this._beginClose(code, reason);
    else this._awaitClose(() => (this._farewell = [code, reason]));
  } else if (this.readyState === OPEN) {
    this._awaitClose(() => this._sendClose(code, reason));
  }
}

/** Begins the closing handshake. @type {Method<'_awaitClose'>} */
API.prototype._awaitClose = function (say) {
  this._closeTimer = timers.after(() => enter(this, this._beginClose, 1006, ''), this._closeTimeout());
  this.readyState = CLOSING;
  say();
};

/** How long the peer may take to close, in milliseconds. @type {Method<'_closeTimeout'>} */
API.prototype._closeTimeout = function () {
  return (this._limits !== null && this._limits.close) || API.CLOSE_TIMEOUT;
};

/**
 * Ends the connection at once, without a close frame. What was sent just now may be lost.
 * @type {(this: Connection) => void}
 */
function terminate() {
  this._beginClose(1006, '');
}

/** Sends the one close frame of this side. @type {Method<'_sendClose'>} */
API.prototype._sendClose = function (code, reason) {
  if (this._closeSent) return;
  this._closeSent = true;
  this._settle(() => this._transport.sendClose(this, code, reason));
};

/**
 * What the connection costs on the native side, in bytes.
 * @type {(this: Connection) => {messages: number, windows: number}}
 */
function memoryUsage() {
  const [, , messages, windows] = this._slot === -1 ? [0, 0, 0, 0] : native.memoryUsage(this._slot);
  return { messages, windows };
}

/** Takes over the stream. Bytes that arrive before `_open` wait. @type {Method<'_configureStream'>} */
API.prototype._configureStream = function () {
  const stream = this._stream;
  live.add(this);
  this._startPings();
  this._fromLoop = stream instanceof Socket;
  this._early = [];

  if (stream.setTimeout) stream.setTimeout(0);
  if (stream.setNoDelay) stream.setNoDelay(true);

  // A socket's chunks are fresh memory of ours, unless somebody else has seen them: what waits in the socket may have
  // been put there by its owner, and a listener before ours may have taken itself off. Other streams may hand out
  // memory that its owner still needs. Unmasking in place is for the former.
  let waiting = stream.readableLength || 0;
  let shared = stream.listenerCount('data') > 0;
  const listener = (/** @type {Buffer} */ chunk) => {
    const alone = readsAlone(stream, listener) && Buffer.isBuffer(chunk);
    const ours = alone && !shared && waiting <= 0;
    shared = !alone;
    waiting -= chunk.length;
    this._receive(ours ? chunk : memory.copy(chunk));
  };
  stream.on('data', listener);
  // The owner may have paused it, to ask first who that is.
  if (stream.readableFlowing === false) stream.resume();
  stream.on('drain', () => enter(this, this._drain));
  // An owner who ends the stream gets no `drain` any more, and what the peer still sends must be read all the same.
  stream.on('finish', () => {
    this._backedUp = false;
    if (brake.release(this) && this._slot !== -1) this._readOn();
  });
  this._endWith(stream);
  take(stream);
  lastWords.listen(stream, this);
  occupy(stream);
};

/**
 * The handshake is complete. What was queued leaves before any handler of `open` runs.
 * @type {Method<'_open'>}
 */
API.prototype._open = function (protocol) {
  if (this.readyState !== CONNECTING && this._farewell === null) return;
  const queue = this._queue || [];
  this._queue = null;
  if (this._farewell !== null) {
    for (const { replay } of queue) replay();
    this._sendClose(...this._farewell);
    return;
  }
  this.readyState = OPEN;
  this._hasOpened = true;
  this.protocol = protocol;
  for (const { replay } of queue) replay();
  if (this._limits !== null) this._limits.start();
  if (this._promises !== null) this._promises.open();
  publish('open', this);
  try {
    this._dispatch(new OpenEvent(this), this.onopen);
  } finally {
    if (this._ends) this.close();
  }
};

/** Bytes that came early are handled in the order in which they came. @type {Method<'_catchUp'>} */
API.prototype._catchUp = function () {
  const chunks = this._early || [];
  this._early = null;
  for (const chunk of chunks) this._receive(chunk);
  this._takeOver();
};

/**
 * Rust may do the reading, once nothing that has been read waits for its turn.
 * @type {Method<'_takeOver'>}
 */
API.prototype._takeOver = function () {
  turns.afterwards(this, () => {
    if (this.readyState === OPEN && this._wantsDirect) direct.attach(this);
    if (debug.isOn && this.readyState === OPEN) debug.tellTransport(this);
  });
};

/**
 * The connection is over for us: `close` will report `code` and `reason` once the stream is gone.
 * @type {Method<'_beginClose'>}
 */
API.prototype._beginClose = function (code, reason, gently) {
  if (this.readyState === CLOSED) return;
  this.readyState = CLOSING;
  this._farewell = null;
  this._closeParams = [code, reason];
  const stream = this._stream;
  if (!stream || (gently && this._endSoon(stream))) return;
  // RFC 8441 section 5: what is a reset of a socket is one of the stream.
  if (isHttp2Stream(stream)) /** @type {any} */ (stream).close(CANCEL);
  stream.destroy();
  if (!stream.readable) this._finalizeClose();
};

/** @type {Method<'_finalizeClose'>} */
API.prototype._finalizeClose = function () {
  if (this.readyState === CLOSED) return;
  this.readyState = CLOSED;
  live.remove(this);
  timers.cancel(this._closeTimer);
  timers.cancel(this._pingTimer);
  if (this._limits !== null) this._limits.end();
  if (this._later !== null) this._later.end();
  this._early = this._early && [];
  this._queue = null;
  this._pingCallbacks = null;
  turns.drop(this);
  if (this._slot !== -1) {
    if (this._coding !== null) this._coding.end();
    this._transport.flush(this);
    direct.forget(this);
    native.release(this._slot);
    this._slot = -1;
  }

  this._tellClosed();
};

// In this order the properties of the prototype are enumerated; what faye-websocket does not have is hidden.
Object.assign(API.prototype, { write, end, pause, resume, send, ping, close }, EventTarget);
hidePrivate(API.prototype);
listPublicly(API.prototype);
addHidden(API.prototype, received);
addHidden(API.prototype, pinging);
addHidden(API.prototype, ending);
addHidden(API.prototype, sending);
watchMessages(API.prototype);
watchPings(API.prototype);
addHidden(API.prototype, binaryType);
addHidden(API.prototype, modern);
addHidden(API.prototype, { CONNECTING, OPEN, CLOSING, CLOSED });
addHidden(API.prototype, {
  terminate,
  memoryUsage,

  /** `'direct'` while Rust reads and writes the socket, `'stream'` while Node does; undefined of a prototype. */
  /** @this {Connection} */
  get transport() {
    return this._transport ? this._transport.name : undefined;
  }
});

module.exports = API;
