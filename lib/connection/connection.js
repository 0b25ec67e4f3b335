'use strict';

/**
 * A connection over a stream, in either role: what it has received and is to send, and what becomes of it. It knows
 * nothing of event objects and public methods: whoever puts a face on it (`lib/faye/websocket`) gives it a table of
 * functions, which it calls with the object that the application holds, its target.
 *
 * What each field is, and which part writes it, stands in `lib/transport/connection_state.d.ts`. The methods are in tables
 * beside this file: `receiving.js`, `sending.js`, `pinging.js`, `closing.js`. A server's and a client's opening are in
 * `server.js` and `client.js`.
 */

const { Socket } = require('net');

const { closing } = require('./closing');
const { Limits } = require('./limits');
const live = require('./live');
const { pinging } = require('./pinging');
const { receiving } = require('./receiving');
const { sending } = require('./sending');
const { watchMessages, watchPings } = require('./channels');
const states = require('./states');
const { hear } = require('./stream_events');
const native = require('../native');
const { isHttp2Stream } = require('../opening/http2/server');
const { occupy } = require('../opening/occupied');
const debug = require('../transport/debug');
const direct = require('../transport/direct');
const { listNothing } = require('../transport/fields');
const outbox = require('../transport/stream');
const { AT_ONCE } = require('../transport/prompt');
const { CONNECTING, OPEN, CLOSED } = require('../transport/ready_state');
const { makeScope } = require('../transport/scope');
const { take } = require('../transport/taken_socket');
const { TurnTaker } = require('../transport/turn_taker');
const { afterwards } = require('../transport/turns');
const { LOST } = require('../native/close_codes');

/** @typedef {import('../transport/connection').Methods} Methods */
/** @typedef {import('../transport/connection').Connection} ConnectionFields */
/** @typedef {import('../transport/connection').Settings} Settings */
/** @typedef {import('../transport/connection').Face} Face */

const NO_BYTES = [0, 0];

/**
 * The code and the reason of a connection that ends without a close frame (RFC 6455 section 7.1.5).
 *
 * @type {[code: number | null, reason: string | null]}
 */
const UNTOLD = [LOST, ''];

class Connection extends TurnTaker {
  /**
   * Gives each field its first value, in one order, so that all connections have one hidden class. What the fields are
   * stands in `lib/transport/connection_state.d.ts`.
   *
   * @param {Face} face what is called, with `target` as the first argument
   * @param {object} target the object that the application holds
   * @param {any} stream
   * @param {Settings} settings
   */
  constructor(face, target, stream, { url, version, transport, limits, ping }) {
    super();
    this._face = face;
    this._target = target;
    this._stream = stream;
    this.url = url;
    this.version = version;
    this.readyState = CONNECTING;
    this._state = states.CONNECTING;

    this._slot = -1;
    this._masks = false;
    this._draft = null;
    this._coding = null;
    this._deflates = false;

    this._transport = outbox;
    this._wantsDirect = transport !== 'stream';
    this._pending = 0;
    this._wroteIn = 0;
    this._wroteAt = 0;
    this._writes = 0;
    this._atOnce = AT_ONCE;
    this._timed = false;
    this._handle = null;
    this._counters = NO_BYTES;
    this._scratch = null;

    /** @type {import('../transport/connection').Queued[] | null} */
    this._queue = [];
    this._early = null;
    this.hasOpened = false;

    this._paused = false;
    this._pausedByOwner = false;
    this._unread = 0;
    this._shared = false;
    this._backedUp = false;
    this._unsent = false;
    this._pong = null;
    this._hasPinged = false;
    this._pingCallbacks = null;
    this._pingTimer = null;
    this._pingSeconds = ping;
    this._limits = limits === null ? null : new Limits(this, limits);
    /** @type {import('./later').Later | null} */
    this._later = null;

    this._closeTimer = null;
    this._lingers = false;
    this._closeParams = null;
    this._farewell = null;

    this._place = -1;

    this._scope = makeScope();
  }
}

/** @type {Methods} */
const methods = {
  /** `'direct'` while Rust reads and writes the socket, `'stream'` while Node does. */
  get transport() {
    return this._transport.name;
  },

  /** What `close` reports: a code and a reason. */
  get closeParams() {
    return this._closeParams || UNTOLD;
  },

  /** Bytes that were sent and have not left the process. */
  get bufferedAmount() {
    let queued = 0;
    if (this._later !== null) queued += this._later.size;
    if (this._queue !== null) for (const { size } of this._queue) queued += size;
    if (this.readyState === CLOSED || !this._stream) return queued;
    if (this._coding !== null) queued += this._coding.queued;
    return queued + this._transport.pending(this);
  },

  /** What the connection costs on the native side, in bytes. */
  memoryUsage() {
    const [, , messages, windows] = this._slot === -1 ? [0, 0, 0, 0] : native.memoryUsage(this._slot);
    return { messages, windows };
  },

  /** Stops reading from the stream until the close. Messages that have been read already are still told. */
  pause() {
    this._pausedByOwner = true;
    this._pause();
  },

  /** Reads on after `pause`, unless somebody else holds the peer up. */
  resume() {
    this._pausedByOwner = false;
    this._resume();
  },

  /** Counts who reads messages too slowly for the peer, whatever the owner asks for. @param {1 | -1} change */
  holdUp(change) {
    this._slowReaders += change;
    if (change > 0) this._pause();
    else this._resume();
  },

  _pause() {
    if (!this._paused && this._transport === direct && this.readyState <= OPEN) direct.pauseSoon(this);
    this._paused = true;
  },

  _resume() {
    if (this._pausedByOwner || this._slowReaders > 0) return;
    this._paused = false;
    if (this._stream && this._stream.readable !== false) this._readOn();
  },

  /** Goes on with another stream, which the target shows. */
  _use(stream) {
    this._stream = stream;
    this._face.streamed(this._target, stream);
  },

  /** Takes over the stream. Bytes that arrive before `_open` wait. */
  _configureStream() {
    const stream = this._stream;
    live.add(this);
    if (this._pingSeconds) this._startPings();
    this._fromLoop = stream instanceof Socket || isHttp2Stream(stream);
    this._early = [];

    if (stream.setTimeout) stream.setTimeout(0);
    if (stream.setNoDelay) stream.setNoDelay(true);

    hear(this, stream);
    take(stream);
    occupy(stream);
  },

  /** Bytes that came early are handled in the order in which they came. */
  _catchUp() {
    const chunks = this._early || [];
    this._early = null;
    for (const chunk of chunks) this._receive(chunk);
    this._takeOver();
  },

  /** Rust may do the reading, once nothing that has been read waits for its turn. */
  _takeOver() {
    afterwards(this, () => {
      if (this.readyState === OPEN && this._wantsDirect) direct.attach(this);
      if (debug.isOn && this.readyState === OPEN) debug.tellTransport(this);
    });
  },

  /** Takes over what was agreed on. */
  _setCoding(coding, deflates) {
    this._coding = coding;
    this._deflates = deflates;
    // Behind the end of the peer's half, extensions may still have to finish what leaves: our half ends by itself only then.
    if (coding !== null && this._stream instanceof Socket) this._stream.allowHalfOpen = true;
  }
};

/** A getter must not be called here. */
for (const table of [methods, receiving, sending, pinging, closing]) {
  Object.defineProperties(Connection.prototype, Object.getOwnPropertyDescriptors(table));
}
listNothing(Connection.prototype);
// Reactive proxies wrap what is an `Object` by this name.
Object.defineProperty(Connection.prototype, Symbol.toStringTag, { value: 'Connection' });
watchMessages(Connection.prototype);
watchPings(Connection.prototype);

/** @typedef {new (face: Face, target: object, stream: any, settings: Settings) => ConnectionFields} ConnectionClass */

module.exports = { Connection: /** @type {ConnectionClass} */ (/** @type {unknown} */ (Connection)) };
