'use strict';

/** What is owned as an object: sessions of the drafts, and readers of heads. The module knows both by handle. */

const { find, forNew, handleOf, indexOf, of, recovering, dropIfUnused } = require('./instances');
const { refusal } = require('./open');

/** @typedef {import('./instances').Instance} Instance */
/** @typedef {import('../native/classes').DraftRequest} DraftRequest */
/** @typedef {import('../native/classes').DraftEvent} DraftEvent */
/** @typedef {import('../native/classes').Head} Head */
/** @typedef {import('./module').Value} Value */

/** The most bytes of a chunk that one call takes. */
const CHUNK = 64 * 1024;

/** Ends what was collected. */
const forgotten = new FinalizationRegistry(({ handle, end }) => {
  const instance = find(handle);
  if (instance === null) return;
  instance.call(end, indexOf(handle));
  instance.others--;
  dropIfUnused(instance);
});

/** An object with a handle. */
class Handled {
  constructor() {
    this._handle = -1;
  }

  /**
   * Takes a handle, which `end` of the module ends.
   *
   * @param {Instance} instance
   * @param {number} index
   * @param {string} end
   */
  _own(instance, index, end) {
    this._handle = handleOf(instance, index);
    instance.others++;
    forgotten.register(this, { handle: this._handle, end }, this);
  }

  /**
   * Calls a function with the handle. One that the module was stopped in is never called again.
   *
   * @param {string} name
   * @param {...number} args
   * @returns {number}
   */
  _call(name, ...args) {
    const instance = of(this._handle);
    try {
      return instance.call(name, indexOf(this._handle), ...args);
    } catch (error) {
      forgotten.unregister(this);
      this._handle = -1;
      instance.others--;
      throw error;
    }
  }

  /**
   * Calls a function that takes bytes of a chunk; the value that it returns.
   *
   * @template T
   * @param {string} name
   * @param {Uint8Array} part
   * @returns {T}
   */
  _receive(name, part) {
    const instance = of(this._handle);
    instance.bytes.set(part, instance.chunk);
    return instance.valueAt(this._call(name, part.length));
  }
}

/** The fields of a draft's request, in order. */
/** @type {(Exclude<keyof DraftRequest, 'hixie76'>)[]} */
const FIELDS = ['method', 'url', 'upgrade', 'connection', 'origin', 'protocol', 'key1', 'key2'];

/** One connection in one of the drafts; see the native binding. */
class DraftSession extends Handled {
  /**
   * @param {DraftRequest} request
   * @param {string[]} headers
   * @param {number} maxLength
   * @param {number} maxText
   * @param {boolean} _externalStrings
   */
  constructor(request, headers, maxLength, maxText, _externalStrings) {
    super();
    const instance = forNew();
    const fields = FIELDS.map((name) => request[name]);
    const args = [request.hixie76 ? 1 : 0, ...fields, headers, maxLength, maxText];
    /** @type {[index: number, head: Buffer, fault: string | undefined]} */
    const [index, head, fault] = recovering(
      () => instance.callWith('draft_accept', args),
      () => {
        const [text, , , said] = refusal();
        return [-1, Buffer.from(text), said];
      }
    );
    this.head = head;
    this.fault = fault === undefined ? null : fault;
    if (index !== -1) this._own(instance, index, 'draft_release');
  }

  /** Whether messages may be sent. */
  get isOpen() {
    return this._handle !== -1 && this._call('draft_is_open') === 1;
  }

  /**
   * What `chunk` meant, in order.
   *
   * @param {Uint8Array} chunk
   * @returns {DraftEvent[]}
   */
  receive(chunk) {
    const events = [];
    for (let at = 0; at < chunk.length && this._handle !== -1; at += CHUNK) {
      /** @type {any} */
      const flat = this._receive('draft_receive', chunk.subarray(at, at + CHUNK));
      for (let i = 0; i < flat.length; i += 2) events.push(eventOf(flat[i], flat[i + 1]));
    }
    return events;
  }

  /** Texts are made strings of at once here, so that none comes in pieces. @returns {string | null} */
  convert() {
    return '';
  }

  /**
   * The frame of a text message.
   *
   * @param {string} text
   * @returns {Buffer}
   */
  frame(text) {
    const instance = forNew();
    const room = text.length * 3;
    const area = instance.reserve(room);
    const length = instance.bytes.utf8Write(text, area, room);
    const place = instance.call('draft_frame', length);
    return Buffer.from(instance.bytes.subarray(place, place + instance.length()));
  }

  /**
   * The bytes that end a session of hixie-76; undefined if there are none to send.
   *
   * @returns {Buffer | null}
   */
  close() {
    if (this._handle === -1) return null;
    const instance = of(this._handle);
    /** @type {Buffer | undefined} */
    const bytes = instance.valueAt(this._call('draft_close'));
    return bytes === undefined ? null : bytes;
  }
}

/**
 * @param {string} kind
 * @param {string | Buffer | undefined} value
 * @returns {DraftEvent}
 */
function eventOf(kind, value) {
  if (typeof value === 'string') return { kind, text: value };
  return Buffer.isBuffer(value) ? { kind, bytes: value } : { kind };
}

/** Reads one head, out of chunks of any size; see the native binding. */
class HeadReader extends Handled {
  /** @param {boolean} response */
  constructor(response) {
    super();
    const instance = forNew();
    this._own(instance, instance.call('head_open', response ? 1 : 0), 'head_release');
  }

  /**
   * The head, once it is complete; a text for what is none.
   *
   * @param {Uint8Array} chunk
   * @returns {Head | string | null}
   */
  receive(chunk) {
    try {
      return this._head(chunk);
    } catch (error) {
      return /** @type {Error} */ (error).message;
    }
  }

  /** @param {Uint8Array} chunk @returns {Head | null} */
  _head(chunk) {
    for (let at = 0; at < chunk.length; at += CHUNK) {
      /** @type {[number, string, string, number, string[]] | undefined} */
      const head = this._receive('head_receive', chunk.subarray(at, at + CHUNK));
      if (head === undefined) continue;
      const [used, method, target, status, headers] = head;
      return { used: at + used, method, target, status, headers };
    }
    return null;
  }
}

module.exports = { DraftSession, HeadReader };
