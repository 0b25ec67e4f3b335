'use strict';

/**
 * A message in the bytes that travel over a broker.
 *
 * What begins with 0xff, which no UTF-8 does, has a header of ours: a byte of flags, and, where the broker may repeat or
 * lose messages without saying so, who published it and its number among all that this one published in the topic.
 * Anything else is a text by another program, as it stands: `redis-cli PUBLISH` reaches a topic.
 */

const { randomBytes } = require('crypto');

const MARK = 0xff;
const BINARY = 1;
const NUMBERED = 2;

const SHORT = 2;
const PUBLISHER = 8;
const NUMBER = 6;
const LONG = SHORT + PUBLISHER + NUMBER;

/** The name of a publisher, which is nobody else's. */
function newPublisher() {
  return randomBytes(PUBLISHER);
}

/**
 * Makes the bytes of a message.
 *
 * @param {string|Buffer} data
 * @param {Buffer} [publisher]
 * @param {number} [number] of a publisher's message
 * @returns {Buffer}
 */
function encode(data, publisher, number) {
  const isText = typeof data === 'string';
  const header = publisher === undefined ? SHORT : LONG;
  const bytes = Buffer.allocUnsafe(header + (isText ? Buffer.byteLength(data) : data.length));
  bytes[0] = MARK;
  bytes[1] = (isText ? 0 : BINARY) | (publisher === undefined ? 0 : NUMBERED);
  if (publisher !== undefined) {
    publisher.copy(bytes, SHORT);
    bytes.writeUIntBE(/** @type {number} */ (number), SHORT + PUBLISHER, NUMBER);
  }
  if (isText) bytes.write(data, header);
  else data.copy(bytes, header);
  return bytes;
}

/**
 * Reads a message. Bytes that begin with 0xff and are not ours are bytes.
 *
 * @param {Buffer} bytes
 * @returns {{data: string|Buffer, publisher: string|null, number: number}}
 */
function decode(bytes) {
  const flags = bytes[0] === MARK && bytes.length >= SHORT ? bytes[1] : -1;
  const isNumbered = (flags & NUMBERED) !== 0;
  if (flags < 0 || flags > (BINARY | NUMBERED) || (isNumbered && bytes.length < LONG)) {
    return { data: bytes[0] === MARK ? bytes : bytes.toString(), publisher: null, number: 0 };
  }
  const body = bytes.subarray(isNumbered ? LONG : SHORT);
  return {
    data: flags & BINARY ? body : body.toString(),
    publisher: isNumbered ? bytes.latin1Slice(SHORT, SHORT + PUBLISHER) : null,
    number: isNumbered ? bytes.readUIntBE(SHORT + PUBLISHER, NUMBER) : 0
  };
}

module.exports = { decode, encode, newPublisher };
