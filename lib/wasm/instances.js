'use strict';

/**
 * Instances of the WebAssembly module, and what happens to their sessions when one of them has to stop.
 *
 * One instance serves all connections of a thread. A second one begins, for what connects from then on, in two cases,
 * and the first one goes with the last of its connections:
 *
 * - A WebAssembly memory never shrinks. One that has been large, and is mostly unused after a quiet while, is left.
 * - The module was stopped, by a panic or by the end of memory. Its other connections go on in it, but the memory that
 *   was at work is lost.
 *
 * If what stopped the module may have left its memory in disorder (a fault of the compiler or of unsafe code), nobody
 * looks at it again: all connections of the instance move to a fresh one, where each ends with 1011.
 */

const { MAX_LENGTH, MAX_STRING_LENGTH } = require('buffer').constants;
const { randomFillSync } = require('crypto');

const { numbersOf } = require('./numbers');
const totals = require('./totals');
const values = require('./values');
const { outOfMemory } = require('../native/fault');

/** @typedef {import('../native').Slot} Slot */
/** @typedef {import('../native').Handle} Handle */
/** @typedef {import('./module').Value} Value */
/** @typedef {Error & {code?: string}} CodedError */

/** Bits of a slot number (`src/wasm/state.rs`). */
const INSTANCE_SHIFT = 20;
const MAX_INSTANCES = 16;

/** Cells of the head: the length of what a call returned the address of, a flag, and the work that is left. */
const LENGTH = 1;
const FLAG = 2;
const WORK = 3;

/** A memory from this size up is left once so many times as much is unused as used. */
const LEAVE_FROM = 32 * 1024 * 1024;
const UNUSED = 3;

/** The most bytes that an instance may use. What there is of its memory has to fit into one Buffer. */
const LIMIT = Math.min(3.5 * 1024 ** 3, Math.floor(0.75 * MAX_LENGTH));

/** What stopped a module, and its memory is in order: a panic, or the end of memory. */
const PANIC = 1;
const OUT_OF_MEMORY = 2;
const AT_WORK = 3;

/** The code of the error for a call that did not return. */
const STOPPED = 'ERR_FAYE_WEBSOCKET_STOPPED';

/** UTF-16 units of the longest string. */
let longest = MAX_STRING_LENGTH;
/** @type {WebAssembly.Module | null} once it is compiled */
let compiled = null;
/**
 * Instances by number, and the one for what connects next.
 *
 * @type {(Instance | null)[]}
 */
const instances = new Array(MAX_INSTANCES).fill(null);
/** @type {Instance | null} */
let current = null;

/** Compiles the module: with vectors, or without where the processor has none that V8 could use. */
function compile() {
  try {
    return new WebAssembly.Module(require('./module').bytes());
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return new WebAssembly.Module(require('./module_scalar').bytes());
  }
}

/** One instance. */
class Instance {
  /** @param {number} number which of the instances it is */
  constructor(number) {
    if (compiled === null) compiled = compile();
    /** @type {function(number, number): Uint8Array} */
    const random = (place, length) => randomFillSync(new Uint8Array(this.memory.buffer, place, length));
    const { exports } = new WebAssembly.Instance(compiled, { env: { random } });
    this.number = number;
    /** @type {import('./module').Memory} */
    this.memory = exports.memory;
    /**
     * The module's functions.
     *
     * @type {import('./module').Calls}
     */
    this.calls = { ...exports };
    this._stack = exports.__stack_pointer;
    this._stackTop = this._stack.value;
    /**
     * Slot numbers of its sessions, and how many codecs and sessions of drafts there are besides.
     *
     * @type {Set<Slot>}
     */
    this.slots = new Set();
    this.others = 0;
    exports.init(number, longest);
    exports.limit(LIMIT);
    /** The addresses of the chunk and of a frame's header, as bytes, and of the cells, as numbers. */
    this.chunk = exports.chunk();
    this.header = exports.header_place();
    this.head = exports.cells() >>> 2;
    /** The memory as bytes, and as numbers. */
    this.bytes = Buffer.from(this.memory.buffer);
    this.numbers = numbersOf(this.memory.buffer);
  }

  /** Makes the views anew, which the growth of the memory has detached. */
  renew() {
    this.bytes = Buffer.from(this.memory.buffer);
    this.numbers = numbersOf(this.memory.buffer);
  }

  /** The length of what the last call returned the address of. */
  length() {
    return this.numbers[this.head + LENGTH];
  }

  /** Whether what `take` returned is ASCII. */
  isAscii() {
    return this.numbers[this.head + FLAG] !== 0;
  }

  /**
   * The address of room for `size` bytes.
   *
   * @param {number} size
   * @returns {number}
   * @throws {Error} if there is no memory
   */
  reserve(size) {
    const place = this.call('reserve', size);
    if (place === 0) throw outOfMemory();
    return place;
  }

  /**
   * Calls a function of the module that may not return.
   *
   * @param {string} name
   * @param {...number} args
   * @returns {number}
   * @throws {Error} if it does not
   */
  call(name, ...args) {
    let result;
    try {
      result = this.calls[name](...args);
    } catch (error) {
      throw stopped(this, error, name);
    }
    if (this.bytes.length === 0) this.renew();
    return result;
  }

  /**
   * Calls a function of the module that takes values.
   *
   * @template T
   * @param {string} name
   * @param {Value[]} args
   * @returns {T} the value that it returns
   */
  callWith(name, args) {
    const place = this.reserve(values.sizeOf(args));
    const end = values.write(args, this.bytes, place);
    return this.valueAt(this.call(name, end - place));
  }

  /**
   * The value at an address.
   *
   * @template T
   * @param {number} place
   * @returns {T}
   */
  valueAt(place) {
    return /** @type {T} */ (/** @type {unknown} */ (values.read(this.bytes, place)));
  }

  /** Whether nothing belongs to it any more. */
  isUnused() {
    return this.slots.size === 0 && this.others === 0;
  }
}

/** Sets the length of the longest string. @param {number} units */
function setLongest(units) {
  longest = units;
}

/** The instance for what begins now. @returns {Instance} */
function forNew() {
  if (current === null) {
    const number = instances.indexOf(null);
    // With all numbers in use, one that was left serves again.
    current = number === -1 ? all()[0] : (instances[number] = new Instance(number));
  }
  return current;
}

/**
 * The instance of a slot, or of a handle: a number with that of its instance in it.
 *
 * @param {Slot | Handle} number
 * @returns {Instance}
 */
function of(number) {
  const instance = instances[(number >>> INSTANCE_SHIFT) & (MAX_INSTANCES - 1)];
  if (instance === null) throw stale(number);
  return instance;
}

/**
 * The same, or null.
 *
 * @param {Slot | Handle} number
 * @returns {Instance | null}
 */
function find(number) {
  return instances[(number >>> INSTANCE_SHIFT) & (MAX_INSTANCES - 1)];
}

/**
 * The error for a number that nothing has any more.
 *
 * @param {Slot} slot
 * @returns {Error}
 */
function stale(slot) {
  return new Error(`No session has the slot ${String(slot)}`);
}

/**
 * The handle for what has `index` in an instance, and the index of a handle.
 *
 * @param {Instance} instance
 * @param {number} index
 * @returns {Handle}
 */
const handleOf = (instance, index) => (instance.number << INSTANCE_SHIFT) | index;
/**
 * @param {Handle} handle
 * @returns {number}
 */
const indexOf = (handle) => handle & ((1 << INSTANCE_SHIFT) - 1);

/** All that there are. @returns {Instance[]} */
function all() {
  return instances.filter((one) => one !== null);
}

/** Leaves an instance: what begins from now on begins elsewhere. @param {Instance} instance */
function leave(instance) {
  if (current === instance) current = null;
  dropIfUnused(instance);
}

/** Lets an instance go that nothing belongs to and nothing will. @param {Instance} instance */
function dropIfUnused(instance) {
  if (!instance.isUnused()) return;
  if (current === instance) {
    if (instance.memory.buffer.byteLength < LEAVE_FROM) return;
    current = null;
  }
  if (instances[instance.number] !== instance) return;
  totals.keep(instance);
  instances[instance.number] = null;
}

/** @type {import('../native').Core['trim']} Frees what large messages have left behind, and leaves memories that are mostly unused. */
function trim(_heap) {
  for (const instance of all()) {
    instance.call('trim');
    const size = instance.memory.buffer.byteLength;
    const used = instance.calls.in_use() >>> 0;
    if (size >= LEAVE_FROM && size - used >= used * UNUSED) leave(instance);
  }
}

/**
 * A call did not return. Makes the instance usable again, or puts another one in its place.
 *
 * @param {Instance} instance
 * @param {unknown} error
 * @param {string} name of the call
 * @returns {CodedError} to throw
 */
function stopped(instance, error, name) {
  instance._stack.value = instance._stackTop;
  const reason = instance.calls.stopped_by();
  if (instance.bytes.length === 0) instance.renew();
  let text = /** @type {Error} */ (error).message;
  // A stack of JavaScript's that overflows stops the module between two of its functions, which is as good as a panic.
  if (reason === PANIC || reason === OUT_OF_MEMORY || (reason !== AT_WORK && error instanceof RangeError)) {
    if (reason === OUT_OF_MEMORY) text = 'out of memory';
    if (reason === PANIC) text = wordsOf(instance);
    instance.calls.give_up();
    leave(instance);
  } else {
    replace(instance);
  }
  const message = `faye-websocket-native: ${name} was stopped: ${text}`;
  return Object.assign(new Error(message, { cause: error }), { code: STOPPED });
}

/**
 * @param {Instance} instance
 * @returns {string}
 */
function wordsOf(instance) {
  const place = instance.calls.last_words();
  if (instance.bytes.length === 0) instance.renew();
  return instance.bytes.utf8Slice(place, place + instance.length());
}

/**
 * Puts a fresh instance in the place of one whose memory may be in disorder. Each session ends with 1011 there, and
 * whatever has a handle finds nothing. Nothing new begins in it, lest an old handle mean it.
 *
 * @param {Instance} instance
 */
function replace(instance) {
  const fresh = new Instance(instance.number);
  // Shared, so that jobs of the old one know which of its sessions are still there.
  fresh.slots = instance.slots;
  fresh.others = instance.others;
  for (const slot of fresh.slots) fresh.calls.recover(slot, 1);
  if (fresh.bytes.length === 0) fresh.renew();
  instances[instance.number] = fresh;
  if (current === instance) current = null;
  leave(fresh);
}

/**
 * Calls `body`; if the module was stopped meanwhile, warns and calls `recover`.
 *
 * @template T
 * @param {function(): T} body
 * @param {function(): T} recover
 * @returns {T}
 */
function recovering(body, recover) {
  try {
    return body();
  } catch (thrown) {
    const error = /** @type {CodedError} */ (thrown);
    if (error.code !== STOPPED) throw error;
    process.emitWarning(error);
    return recover();
  }
}

module.exports = {
  Instance,
  setLongest,
  recovering,
  LENGTH,
  WORK,
  forNew,
  of,
  find,
  stale,
  handleOf,
  indexOf,
  all,
  dropIfUnused,
  trim,
  stopped
};
