'use strict';

/**
 * Which values are sent as binary messages. All others are sent as text.
 *
 * The native side reads memory in place, so it is never given memory that may change, move or be freed during the call.
 * Types are told by internal slots and not by constructors, since objects of another realm (`vm`, Jest) have other
 * constructors.
 */

const { Buffer } = require('buffer');
const { types } = require('util');

const call = Function.prototype.call;
const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
/**
 * The memory of a typed array. Asked of the getter, since the engine calls it in a roundabout way when it is asked of the
 * object, and since an object can have a property of that name.
 *
 * @type {(view: NodeJS.TypedArray) => ArrayBuffer | SharedArrayBuffer}
 */
const memoryOfArray = call.bind(getter(TypedArray, 'buffer'));
/**
 * Whether an ArrayBuffer is resizable; throws for a SharedArrayBuffer. Where none is resizable (Node.js 18) something that
 * throws for the same ones.
 *
 * @type {(memory: any) => boolean}
 */
const isResizable =
  'resizable' in ArrayBuffer.prototype
    ? call.bind(getter(ArrayBuffer.prototype, 'resizable'))
    : (memory) => byteLengthOf(memory) < 0;
/** How many elements a typed array has, whatever property of that name somebody has given it. @type {(view: any) => number} */
const lengthOf = call.bind(getter(TypedArray, 'length'));
/** Where it begins in its memory. @type {(view: any) => number} */
const offsetOf = call.bind(getter(TypedArray, 'byteOffset'));
/** @type {(memory: any) => number} */
const byteLengthOf = call.bind(getter(ArrayBuffer.prototype, 'byteLength'));
/**
 * What a view is on. The getters are asked here, too: properties of those names may run code of the caller's, which may close
 * the connection in the midst of a call.
 *
 * @typedef {{buffer: (view: any) => any, byteOffset: (view: any) => number, byteLength: (view: any) => number}} Getters
 */
/** @type {Getters} */
const ofArray = gettersOf(TypedArray);
/** @type {Getters} */
const ofDataView = gettersOf(DataView.prototype);

/** The longest typed array that V8 makes in its own heap. */
const IN_HEAP_UP_TO = 64;
/** A Buffer of more bytes is not kept for being recognized. */
const KEPT_UP_TO = 8 * 1024;
/**
 * The last Buffer that was received, and the last one that was found to be in fixed memory. To ask for the memory of a Buffer
 * takes the engine longer than all else that is asked here, and what is sent is often what has just come, or what was just sent
 * to another connection or as another answer.
 *
 * @type {unknown}
 */
let received = null;
/** @type {unknown} */
let sent = null;
/** The last one that transports copy (`lib/transport/small_bytes.js`). If it is sent once more, it is worth being asked for. @type {unknown} */
let copied = null;

/**
 * Notes a Buffer that was received in memory of which it is known that it is fixed, and not shared with another thread.
 *
 * @param {Buffer} buffer
 */
function know(buffer) {
  if (buffer.length <= KEPT_UP_TO) received = buffer;
}

/**
 * Whether `data` is bytes: a Buffer, typed array, DataView, ArrayBuffer or SharedArrayBuffer.
 *
 * @param {*} data
 * @returns {boolean}
 */
function isBinary(data) {
  return ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data);
}

/**
 * A Buffer on the memory of `data`; a copy if that memory is shared, since another thread may change it during the
 * call, or resizable, since it may get shorter while something of it waits.
 *
 * @param {*} data of which `isBinary` is true
 * @returns {Buffer}
 * @throws {TypeError} for memory that is detached, as in a browser
 */
function toBuffer(data) {
  return Buffer.isBuffer(data) && isInFixedMemory(data) ? data : toCheckedBuffer(data);
}

/**
 * The bytes of `data` as the transports take them: no Buffer has to be made of a Uint8Array, and few bytes are not asked in what
 * memory they are, since that would move them out of V8's heap.
 *
 * @param {any} data of which `isBinary` is true
 * @returns {Uint8Array}
 */
function toBytes(data) {
  if ((data === received || data === sent) && data.length > 0) return data;
  if (!types.isUint8Array(data)) return toCheckedBuffer(data);
  if (data !== copied && isInHeap(data)) {
    copied = data;
    return data;
  }
  return isInFixedMemory(data) ? data : toCheckedBuffer(data);
}

/**
 * Whether bytes may be in V8's heap, where short typed arrays are made.
 *
 * @param {Uint8Array} bytes
 * @returns {boolean}
 */
function isInHeap(bytes) {
  if (offsetOf(bytes) > 0) return false;
  const length = lengthOf(bytes);
  // Without a length, it may be what is left of memory that was transferred.
  return length > 0 && length <= IN_HEAP_UP_TO;
}

/** Whether bytes are those of which {@link toBytes} has not asked in what memory they are. @param {Uint8Array} bytes */
function isCopied(bytes) {
  return bytes === copied;
}

/**
 * Whether a typed array of bytes has some, in memory that stays as it is during a call.
 *
 * @param {Uint8Array} data
 * @returns {boolean}
 */
function isInFixedMemory(data) {
  const length = lengthOf(data);
  // That of a transferred one.
  if (length === 0) return false;
  if (data === received || data === sent) return true;
  try {
    if (isResizable(memoryOfArray(data))) return false;
  } catch {
    return false;
  }
  // Of others, a property may say their length.
  if (length <= KEPT_UP_TO && Buffer.isBuffer(data)) sent = data;
  return true;
}

/**
 * As {@link toBuffer}, whatever the data is.
 *
 * @param {any} data
 * @returns {Buffer}
 */
function toCheckedBuffer(data) {
  const memory = memoryOf(data);
  const isShared = types.isSharedArrayBuffer(memory);
  if (!isShared && byteLengthOf(memory) === 0 && isDetached(memory)) {
    throw new TypeError(
      'The bytes are in a detached ArrayBuffer: send them, or a copy, before it is transferred'
    );
  }
  if (isShared || isResizable(memory)) return Buffer.from(viewOf(data));
  return Buffer.isBuffer(data) ? data : viewOf(data);
}

/**
 * A Buffer of the bytes that an extension has returned.
 *
 * @param {*} data binary, or what `Buffer.from` takes
 * @returns {Buffer} a copy where the memory may change, move or go
 */
function bytesOf(data) {
  if (!isBinary(data)) return Buffer.from(data);
  const memory = memoryOf(data);
  const isFixed = !types.isSharedArrayBuffer(memory) && !isResizable(memory);
  return isFixed ? viewOf(data) : Buffer.from(viewOf(data));
}

/**
 * The ArrayBuffer or SharedArrayBuffer of `data`.
 *
 * @param {any} data
 * @returns {any}
 */
function memoryOf(data) {
  if (!ArrayBuffer.isView(data)) return data;
  return (types.isDataView(data) ? ofDataView : ofArray).buffer(data);
}

/**
 * A Buffer on the memory of `data`.
 *
 * @param {any} data
 * @returns {Buffer}
 */
function viewOf(data) {
  if (!ArrayBuffer.isView(data)) return bufferOn(data);
  const { buffer, byteOffset, byteLength } = types.isDataView(data) ? ofDataView : ofArray;
  const memory = buffer(data);
  // A view on detached memory has no offset any more.
  const isEmpty = !types.isSharedArrayBuffer(memory) && byteLengthOf(memory) === 0;
  return isEmpty ? Buffer.alloc(0) : bufferOn(memory, byteOffset(data), byteLength(data));
}

/**
 * A Buffer on memory. `Buffer.from` asks the memory for a property, which may run code of the caller's; what does not takes four
 * times as long.
 *
 * @param {any} memory
 * @param {number} [offset]
 * @param {number} [length]
 * @returns {Buffer}
 */
function bufferOn(memory, offset, length) {
  const isPlain =
    Object.getPrototypeOf(memory) === ArrayBuffer.prototype && !Object.hasOwn(memory, 'byteLength');
  return isPlain
    ? Buffer.from(memory, offset, length)
    : Reflect.construct(Uint8Array, [memory, offset, length], Buffer);
}

/**
 * Whether an ArrayBuffer without bytes had some that were transferred.
 *
 * @param {ArrayBuffer} memory
 * @returns {boolean}
 */
function isDetached(memory) {
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}

/**
 * @param {object} prototype
 * @param {string} name
 * @returns {any}
 */
function getter(prototype, name) {
  return /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, name)).get;
}

/** @param {object} prototype @returns {Getters} */
function gettersOf(prototype) {
  return {
    buffer: call.bind(getter(prototype, 'buffer')),
    byteOffset: call.bind(getter(prototype, 'byteOffset')),
    byteLength: call.bind(getter(prototype, 'byteLength'))
  };
}

module.exports = { IN_HEAP_UP_TO, bytesOf, isBinary, isCopied, know, lengthOf, toBuffer, toBytes };
