'use strict';

/**
 * What the bytes of a peer amount to (RFC 6455 sections 5.2 and 5.4), read slowly and without either implementation.
 */

const { OPCODES } = require('../../testing/wire');

/** Reads the frame at `at`, of whose payload there may be only a part; null if the header is not whole. */
function readFrame(bytes, at) {
  if (bytes.length < at + 2) return null;
  const short = bytes[at + 1] & 0x7f;
  const masked = bytes[at + 1] >= 0x80;
  let start = at + (short === 126 ? 4 : short === 127 ? 10 : 2);
  if (bytes.length < start)
    return { opcode: bytes[at] & 15, fin: bytes[at] >= 0x80, masked, payload: Buffer.alloc(0), whole: false };
  const size =
    short === 126
      ? bytes.readUInt16BE(at + 2)
      : short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short;
  const mask = masked ? bytes.subarray(start, start + 4) : null;
  if (masked) start += 4;
  const payload = Buffer.from(bytes.subarray(start, start + size));
  if (mask) for (let i = 0; i < payload.length; i++) payload[i] ^= mask[i % 4];
  return {
    opcode: bytes[at] & 15,
    fin: bytes[at] >= 0x80,
    masked,
    payload,
    whole: bytes.length >= start + size,
    next: start + size
  };
}

/** Whether bytes can be the beginning of UTF-8. */
function canBeText(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads on until a frame is not whole, or until the first close frame.
 *
 * @param {Buffer} bytes
 * @returns {{badTextUnfinished: boolean, continuationUnfinished: boolean, masked: boolean, newCode: boolean}} whether
 *   there is a text message without its end that cannot become UTF-8; whether there is a continuation of no message
 *   without its end; whether a frame has a mask; whether a close frame has a code that was registered after the RFC
 */
function walk(bytes) {
  const found = { badTextUnfinished: false, continuationUnfinished: false, masked: false, newCode: false };
  let message = null;
  for (let at = 0; at < bytes.length;) {
    const frame = readFrame(bytes, at);
    if (frame === null) break;
    const { opcode, fin, payload, whole, next } = frame;
    if (frame.masked) found.masked = true;
    if (opcode === OPCODES.close && whole && payload.length > 1) {
      const code = payload.readUInt16BE(0);
      found.newCode = code >= 1012 && code <= 1014;
    }
    if (opcode === OPCODES.continuation && message === null) {
      found.continuationUnfinished = !whole;
      return found;
    }
    if (opcode <= OPCODES.binary) {
      if (opcode !== OPCODES.continuation) message = { text: opcode === OPCODES.text, parts: [] };
      message.parts.push(payload);
      const ended = fin && whole;
      if (message.text && !canBeText(Buffer.concat(message.parts))) {
        found.badTextUnfinished = !ended;
        return found;
      }
      if (ended) message = null;
    }
    if (!whole || opcode === OPCODES.close) break;
    at = next;
  }
  return found;
}

module.exports = { walk };
