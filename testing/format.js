'use strict';

/** How values appear in a trace: short, on one line, and different when they are different. */

const crypto = require('crypto');

/** Longer strings and bytes are cut, and a digest of the whole stands for the rest. */
const LONGEST_STRING = 300;
const LONGEST_BYTES = 64;

/** The first bits of a digest, enough to tell two payloads apart. */
function digest(value) {
  return crypto.createHash('sha256').update(value).digest('hex').slice(0, 12);
}

/** Prints a string as a JSON literal. */
function formatString(value) {
  if (value.length <= LONGEST_STRING) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, 40))}... (${value.length} characters, ${digest(value)})`;
}

/** Prints bytes: as ASCII when that loses nothing, or else in hex. */
function formatBytes(value) {
  if (value.length > LONGEST_BYTES) {
    return `<${value.subarray(0, 16).toString('hex')}...> (${value.length} bytes, ${digest(value)})`;
  }
  const ascii = value.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13);
  return ascii ? `<${JSON.stringify(value.toString('latin1'))}>` : `<${value.toString('hex')}>`;
}

/** The words of Node's engine about what an implementation did; they tell of its source code, not of its behaviour. */
const ENGINE_WORDS =
  /^(Cannot read properties of|Cannot destructure|.* is not a function$|.* is not iterable)/;

/** Prints an exception. */
function formatError(error) {
  if (error instanceof TypeError && ENGINE_WORDS.test(error.message)) return 'TypeError';
  return `${error.name}(${formatString(error.message)})`;
}

/** Prints any value of a trace. */
function format(value) {
  if (typeof value === 'string') return formatString(value);
  if (Buffer.isBuffer(value)) return formatBytes(value);
  if (typeof value === 'function') return '[function]';
  if (value instanceof Error) return formatError(value);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const name = (value.constructor && value.constructor.name) || 'null prototype';
    if (name !== 'Object') return `[${name}]`;
    return `{${Object.keys(value)
      .map((key) => `${key}: ${format(value[key])}`)
      .join(', ')}}`;
  }
  return String(value);
}

module.exports = { format, digest };
