'use strict';

/**
 * The way out of a driver: each frame is emitted at once, in memory of its own, which is its receiver's.
 *
 * It has the functions of a transport (`lib/transport/stream.js`), so that extensions send over it as they do over a socket.
 */

const native = require('../native');
const { outOfMemory } = require('../native/fault');
const { MAX_HEADER } = require('../native/header');
const { TEXT, BINARY, CLOSE } = require('../native/opcodes');

/** Room in the shared slab in which no frame fits, so that what was compressed stays on the native side. */
const NOWHERE = 0;

/** The longest reason of a close frame, in bytes. */
const MAX_REASON = 123;

/** @typedef {import('./hybi').HybiDriver} HybiDriver */

/**
 * Sends a text message.
 *
 * @param {HybiDriver} driver
 * @param {string} text
 * @returns {boolean} true
 */
function sendText(driver, text) {
  return sendBytes(driver, TEXT, Buffer.from(text));
}

/**
 * Sends a frame.
 *
 * @param {HybiDriver} driver
 * @param {number} opcode with the RSV bits from bit 4 up
 * @param {Uint8Array} bytes
 * @returns {boolean} true
 */
function sendBytes(driver, opcode, bytes) {
  if (driver._deflates && (opcode === TEXT || opcode === BINARY)) {
    const target = roomFor(-native.packBytes(driver._slot, opcode, bytes, NOWHERE));
    native.takePacked(target);
    driver._write(target);
    return true;
  }
  const target = Buffer.allocUnsafe(bytes.length + MAX_HEADER);
  const size = native.frameBytes(driver._slot, opcode, bytes, target);
  driver._write(target.subarray(0, size));
  return true;
}

/**
 * Memory for a frame that is compressed already: without it the peer could not inflate the next one.
 *
 * @param {number} size
 * @returns {Buffer}
 */
function roomFor(size) {
  try {
    return Buffer.allocUnsafe(size);
  } catch {
    throw outOfMemory();
  }
}

/**
 * Sends a close frame.
 *
 * @param {HybiDriver} driver
 * @param {number} code
 * @param {string} reason
 */
function sendClose(driver, code, reason) {
  const text = Buffer.from(reason).subarray(0, MAX_REASON);
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  sendBytes(driver, CLOSE, payload);
}

module.exports = {
  name: 'driver',
  sendText,
  sendBytes,
  sendClose,
  // The owner moves the bytes: there is nothing here to stop, to wait for or to hasten.
  pause() {},
  resume() {},
  flush() {},
  pending: () => 0
};
