'use strict';

/** Events in the format `text/event-stream` (WHATWG HTML, section 9.2.5). */

const { NONE, withoutEverybodys } = require('../../opening/names');

const LINE_BREAK_OR_NUL = /[\r\n\0]/;

const LINE_BREAK = /\r\n|\r|\n/g;
const LF = 0x0a;
const CR = 0x0d;
const DATA = 'data: ';
/** What a message takes. */
const OPTIONS = ['event', 'id'];

/** So many UTF-16 units are formatted at a time. */
const PIECE = 1 << 16;
/** From so many on, line breaks are looked for in bytes: a regular expression takes half a microsecond for each. */
const LARGE = 4096;

/**
 * Formats an event. The lines of the message, however they end, are one `data` field each.
 *
 * @param {*} message turned into a string
 * @param {object} [options]
 * @param {string|number} [options.event] the type of event that the client dispatches
 * @param {string|number} [options.id] what the client remembers as its last event ID
 * @returns {string}
 * @throws {TypeError} for CR, LF or NUL in `event` or `id`
 */
function frame(message, options) {
  const { event, id } = options ? withoutEverybodys(options, OPTIONS) : NONE;
  let text = '';
  if (event || event === 0) text += field('event', event);
  if (id || id === 0) text += field('id', id);
  return text + DATA + linesOf(String(message)) + '\r\n\r\n';
}

/**
 * A message with the name of its field behind each line break. V8 ends the process for a text of which a regular expression
 * finds more than some twenty million, and a peer may have sent one that is relayed here.
 *
 * @param {string} message
 * @returns {string}
 */
function linesOf(message) {
  if (message.length < LARGE) return message.replace(LINE_BREAK, `$&${DATA}`);
  if (!message.includes('\n') && !message.includes('\r')) return message;
  let lines = '';
  let at = 0;
  while (at < message.length) {
    const end = endOfPiece(message, at);
    lines += linesOfPiece(message.slice(at, end));
    at = end;
  }
  return lines;
}

/**
 * Where a piece ends that cuts neither a pair of surrogates nor CRLF.
 *
 * @param {string} message
 * @param {number} at where the piece begins
 * @returns {number}
 */
function endOfPiece(message, at) {
  let end = Math.min(at + PIECE, message.length);
  // What looks like half of a pair may stand alone, with CRLF behind it.
  while (end < message.length && isCut(message.charCodeAt(end - 1), message.charCodeAt(end))) end += 1;
  return end;
}

/**
 * Whether nothing may come between two units of a message.
 *
 * @param {number} last
 * @param {number} next
 * @returns {boolean}
 */
function isCut(last, next) {
  return ((last & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00) || (last === CR && next === LF);
}

/** @param {string} piece @returns {string} */
function linesOfPiece(piece) {
  if (!piece.includes('\n') && !piece.includes('\r')) return piece;
  const bytes = Buffer.from(piece);
  const lines = Buffer.allocUnsafe(bytes.length * (1 + DATA.length));
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    lines[length++] = byte;
    if (byte !== LF && (byte !== CR || bytes[i + 1] === LF)) continue;
    for (let d = 0; d < DATA.length; d++) lines[length++] = DATA.charCodeAt(d);
  }
  return lines.utf8Slice(0, length);
}

/**
 * Formats one field of an event.
 *
 * @param {string} name
 * @param {*} value
 * @returns {string}
 */
function field(name, value) {
  const line = name + ': ' + value;
  if (LINE_BREAK_OR_NUL.test(line)) {
    throw new TypeError(`The ${name} of an EventSource message must not contain CR, LF or NUL`);
  }
  return line + '\r\n';
}

module.exports = { LINE_BREAK_OR_NUL, field, frame };
