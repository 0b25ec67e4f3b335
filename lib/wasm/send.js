'use strict';

/**
 * Frames out, into the slab. A server's payload goes there without passing through the module's memory, which makes the
 * header alone; a client's is masked there, where chunks are received.
 */

const { of, recovering, stale, stopped } = require('./instances');
const { lengthOf } = require('../native/bytes');
const { outOfMemory } = require('../native/fault');
const { MAX_HEADER, shortHeader } = require('../native/header');
const { TEXT } = require('../native/opcodes');

/** @typedef {import('../native').Core} Core */
/** @typedef {import('../native').Slot} Slot */
/** @typedef {import('./instances').Instance} Instance */

/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const WIDEST = 3;
/** A slot number with this bit is a client's. */
const CLIENT = 1 << 24;
/** What is masked at once, and the most that a frame for the slab has. */
const PART = 64 * 1024;
/** Copying fewer bytes one by one costs less than a call. */
const FEW = 32;

const NO_ROOM = -1;
/** What the module returns instead of a size (`src/wasm/pack.rs`). */
const STALE = -1;
const AWAY = -2;
const FAILED = -3;
const OUT_OF_MEMORY = -4;

/** @type {Buffer} */
let slab;

/**
 * `shareSlab(bytes)`: frames are written to this memory from now on.
 *
 * @type {Core['shareSlab']}
 */
function shareSlab(bytes) {
  slab = bytes;
}

/**
 * Where the last `room` bytes of the slab begin, if they have a place for `size` bytes, and otherwise -1. A slab whose memory
 * was taken away has no room, or less than nothing.
 *
 * @param {number} room
 * @param {number} size
 * @returns {number}
 */
function cursorOf(room, size) {
  return room >= size && room <= slab.length ? slab.length - room : NO_ROOM;
}

/**
 * Has the module make a header, and mask the payload of a client in its chunk; the size of the header.
 *
 * @param {Instance} instance
 * @param {Slot} slot
 * @param {number} opcode
 * @param {number} length
 * @returns {number}
 */
function makeHeader(instance, slot, opcode, length) {
  let size;
  try {
    size = instance.calls.frame(slot, opcode, length);
  } catch (error) {
    throw stopped(instance, error, 'frame');
  }
  if (instance.bytes.length === 0) instance.renew();
  if (size === STALE) throw stale(slot);
  return size;
}

/**
 * Copies the header that the module has made.
 *
 * @param {Instance} instance
 * @param {number} size
 * @param {Buffer} target
 * @param {number} at
 */
function copyHeader({ bytes, header }, size, target, at) {
  for (let i = 0; i < size; i++) target[at + i] = bytes[header + i];
}

/**
 * Copies the payload that the module has masked.
 *
 * @param {Instance} instance
 * @param {number} length
 * @param {Buffer} target
 * @param {number} at
 */
function copyPayload({ bytes, chunk }, length, target, at) {
  if (length <= FEW) for (let i = 0; i < length; i++) target[at + i] = bytes[chunk + i];
  else bytes.copy(target, at, chunk, chunk + length);
}

/**
 * `sendText(slot, string, room)`: writes a text frame where the last `room` bytes of the slab begin. Returns where it
 * ends, or -1.
 *
 * @type {Core['sendText']}
 */
function sendText(slot, text, room) {
  const units = text.length;
  const most = units * WIDEST;
  const cursor = cursorOf(room, most + MAX_HEADER);
  if (cursor === NO_ROOM) return NO_ROOM;
  const instance = of(slot);
  if ((slot & CLIENT) !== 0) {
    const length = instance.bytes.utf8Write(text, instance.chunk, most);
    const size = makeHeader(instance, slot, TEXT, length);
    copyHeader(instance, size, slab, cursor);
    copyPayload(instance, length, slab, cursor + size);
    return cursor + size + length;
  }
  // The header's size depends on the length in bytes, which for most text is the length in units.
  const guess = shortHeader(units, false);
  const length = slab.utf8Write(text, cursor + guess, most);
  const size = makeHeader(instance, slot, TEXT, length);
  if (size !== guess) slab.copyWithin(cursor + size, cursor + guess, cursor + guess + length);
  copyHeader(instance, size, slab, cursor);
  return cursor + size + length;
}

/**
 * `sendBytes(slot, opcode, bytes, room)`: the same for bytes.
 *
 * @type {Core['sendBytes']}
 */
function sendBytes(slot, opcode, payload, room) {
  const length = lengthOf(payload);
  const cursor = cursorOf(room, MAX_HEADER + length);
  if (cursor === NO_ROOM) return NO_ROOM;
  const instance = of(slot);
  const masks = (slot & CLIENT) !== 0;
  if (masks) instance.bytes.set(payload, instance.chunk);
  const size = makeHeader(instance, slot, opcode, length);
  copyHeader(instance, size, slab, cursor);
  if (masks) copyPayload(instance, length, slab, cursor + size);
  else slab.set(payload, cursor + size);
  return cursor + size + length;
}

/**
 * `sendClose(slot, code, reason, room)`: the same for a close frame.
 *
 * @type {Core['sendClose']}
 */
function sendClose(slot, code, reason, room) {
  const instance = of(slot);
  const most = reason.length * WIDEST;
  const area = instance.reserve(most);
  const frame = instance.call('close', slot, code, instance.bytes.utf8Write(reason, area, most));
  if (frame === 0) throw stale(slot);
  const size = instance.length();
  const cursor = cursorOf(room, size);
  if (cursor === NO_ROOM) return NO_ROOM;
  instance.bytes.copy(slab, cursor, frame, frame + size);
  return cursor + size;
}

/** The text that was measured last, and its bytes. */
let measured = '';
let measuredLength = 0;

/**
 * `measureText(string, units, isAscii)`: reads a large text, for `encodeText`. Returns how many bytes its frame needs.
 *
 * @type {Core['measureText']}
 */
function measureText(text, _units, _isAscii) {
  measured = text;
  measuredLength = Buffer.byteLength(text);
  return MAX_HEADER + measuredLength;
}

/**
 * `encodeText(slot, target, string, units)`: the frame of the text that was measured last; the frame's size.
 *
 * @type {Core['encodeText']}
 */
function encodeText(slot, target, _text, _units) {
  const size = beginFrame(slot, TEXT, measuredLength, target);
  target.utf8Write(measured, size, measuredLength);
  measured = '';
  mask(slot, target, size, measuredLength);
  return size + measuredLength;
}

/**
 * `frameBytes(slot, opcode, bytes, target)`: a large frame into a Buffer with room for it; the frame's size.
 *
 * @type {Core['frameBytes']}
 */
function frameBytes(slot, opcode, payload, target) {
  const length = lengthOf(payload);
  const size = beginFrame(slot, opcode, length, target);
  target.set(payload, size);
  mask(slot, target, size, length);
  return size + length;
}

/**
 * Writes the header of a large frame to the front of `target`; its size.
 *
 * @param {Slot} slot
 * @param {number} opcode
 * @param {number} length
 * @param {Buffer} target
 * @returns {number}
 */
function beginFrame(slot, opcode, length, target) {
  const instance = of(slot);
  const size = instance.call('frame_begin', slot, opcode, length);
  if (size === STALE) throw stale(slot);
  copyHeader(instance, size, target, 0);
  return size;
}

/**
 * Masks the payload of a large frame of a client where it stands.
 *
 * @param {Slot} slot
 * @param {Buffer} target
 * @param {number} start
 * @param {number} length
 */
function mask(slot, target, start, length) {
  if ((slot & CLIENT) === 0) return;
  const instance = of(slot);
  for (let at = 0; at < length; at += PART) {
    const part = Math.min(PART, length - at);
    target.copy(instance.bytes, instance.chunk, start + at, start + at + part);
    instance.call('mask_part', part, at);
    copyPayload(instance, part, target, start + at);
  }
}

/** The frame that was packed last: the instance that has it, its address and its size. */
/** @type {Instance} */
let frame;
let place = 0;
let size = 0;

/**
 * `packText(slot, string, units, room)`: writes a frame; see the native binding.
 *
 * @type {Core['packText']}
 */
function packText(slot, text, units, room) {
  const instance = of(slot);
  const area = instance.reserve(units * WIDEST);
  return pack(instance, slot, TEXT, instance.bytes.utf8Write(text, area, units * WIDEST), room);
}

/**
 * `packBytes(slot, opcode, bytes, room)`: the same for bytes.
 *
 * @type {Core['packBytes']}
 */
function packBytes(slot, opcode, payload, room) {
  const instance = of(slot);
  const length = lengthOf(payload);
  const area = instance.reserve(length);
  instance.bytes.set(payload, area);
  return pack(instance, slot, opcode, length, room);
}

/**
 * @param {Instance} instance
 * @param {Slot} slot
 * @param {number} opcode
 * @param {number} length
 * @param {number} room
 * @returns {number}
 */
function pack(instance, slot, opcode, length, room) {
  const outcome = recovering(
    () => {
      const made = instance.call('pack', slot, opcode, length);
      place = instance.call('packed');
      return made;
    },
    () => {
      of(slot).calls.recover(slot, 0);
      return FAILED;
    }
  );
  if (outcome === STALE) throw stale(slot);
  // The message does not leave, and none behind it can: the shim ends the connection.
  if (outcome === FAILED) throw Object.assign(new Error('Internal error'), { code: 'NOT_SENT' });
  if (outcome === OUT_OF_MEMORY) throw outOfMemory();
  if (outcome === AWAY) throw new Error('The codec is at work elsewhere');
  frame = instance;
  size = outcome;
  return sendPacked(room);
}

/**
 * `sendPacked(room)`: writes the frame that was packed, as the call before it.
 *
 * @type {Core['sendPacked']}
 */
function sendPacked(room) {
  const cursor = cursorOf(room, size);
  if (cursor === NO_ROOM) return -size;
  takePacked(slab, cursor);
  return cursor + size;
}

/**
 * `takePacked(target)`: writes the frame to a Buffer with room for it.
 *
 * @param {Buffer} target
 * @param {number} [at]
 */
function takePacked(target, at = 0) {
  frame.bytes.copy(target, at, place, place + size);
}

module.exports = {
  shareSlab,
  sendText,
  sendBytes,
  sendClose,
  measureText,
  encodeText,
  frameBytes,
  packText,
  packBytes,
  sendPacked,
  /** @type {Core['takePacked']} */
  takePacked: (target) => takePacked(target)
};
