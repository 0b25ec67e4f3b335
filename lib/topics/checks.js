'use strict';

/** What callers pass to the public calls of topics, checked at the call. */

const { isBlob } = require('../connection/later');
const { Prepared } = require('../connection/prepared');
const { namesOf, withoutEverybodys } = require('../opening/names');
const { isBinary, toBuffer } = require('../native/bytes');

/** The longest name of a topic, in bytes of UTF-8: brokers and the last event IDs of EventSources carry it. */
const LONGEST_NAME = 512;

/** The longest time, in seconds: ten years or so. */
const LONGEST_TIME = 315_000_000;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * How a value looks in an error's text: short, and never by a method of its own.
 *
 * @param {unknown} value
 * @returns {string}
 */
function describe(value) {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

/**
 * The name of a topic.
 *
 * @param {*} topic
 * @returns {string} the same
 * @throws {TypeError} if no topic can have that name
 */
function topicName(topic) {
  if (typeof topic !== 'string' || topic === '') {
    throw new TypeError(`A topic is named by a string that is not empty, not by ${describe(topic)}`);
  }
  if (topic.length > LONGEST_NAME / 3 && Buffer.byteLength(topic) > LONGEST_NAME) {
    throw new TypeError(
      `The name of a topic has at most ${LONGEST_NAME} bytes of UTF-8: ${describe(topic)} is longer`
    );
  }
  if (LONE_SURROGATE.test(topic)) {
    throw new TypeError('The name of a topic must be well-formed: half of a surrogate pair has no UTF-8');
  }
  return topic;
}

/**
 * A message as it is sent: a text, or a Buffer on the caller's memory.
 *
 * @param {*} data
 * @returns {string|Buffer}
 * @throws {TypeError} for anything else than a string, Buffer, ArrayBuffer, typed array or DataView
 */
function messageData(data) {
  if (typeof data === 'string') return data;
  if (isBinary(data)) return toBuffer(data);
  throw new TypeError(
    `A message of a topic is a string, Buffer, ArrayBuffer, typed array or DataView, not ${describe(data)}${instead(data)}`
  );
}

/**
 * What to publish instead of what is no message.
 *
 * @param {unknown} data
 * @returns {string} the end of an error's text
 */
function instead(data) {
  if (isBlob(data)) return '; of a Blob publish what await blob.arrayBuffer() returns';
  if (data instanceof Prepared)
    return '; publish what WebSocket.prepare was given, since a topic prepares it itself';
  return '; for an object publish JSON.stringify(object)';
}

/**
 * A WebSocket or an EventSource.
 *
 * @param {*} connection
 * @returns {import('./types').Connection} the same
 * @throws {TypeError} for anything that cannot be sent to, or that does not tell when it closes
 */
function connectionOf(connection) {
  const usable =
    connection !== null &&
    typeof connection === 'object' &&
    typeof connection.send === 'function' &&
    typeof connection.on === 'function' &&
    typeof connection.removeListener === 'function';
  if (!usable) {
    throw new TypeError(`A topic is for WebSockets and EventSources, not for ${describe(connection)}`);
  }
  return connection;
}

/**
 * Refuses options that nobody reads, since a misspelt one would be ignored in silence.
 *
 * @param {string} call whose options they are, for the error's text
 * @param {*} options
 * @param {string[]} known
 * @returns {Record<string, any>} the options, whose values are still to be checked; an empty object for undefined and null
 * @throws {TypeError}
 */
function optionsOf(call, options, known) {
  if (options === undefined || options === null) return Object.create(null);
  if (typeof options !== 'object') {
    throw new TypeError(`The options of ${call} are an object, not ${describe(options)}`);
  }
  for (const key of namesOf(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`${call} has no option ${describe(key)}; it has ${known.join(', ')}`);
    }
  }
  return withoutEverybodys(options, known);
}

/**
 * An option that is a whole number.
 *
 * @param {string} name of the option
 * @param {*} value
 * @param {number} least
 * @param {number} otherwise what it is if nobody has set it
 * @returns {number}
 * @throws {TypeError}
 */
function wholeNumber(name, value, least, otherwise) {
  if (value === undefined) return otherwise;
  if (!Number.isSafeInteger(value) || value < least) {
    throw new TypeError(`The option ${name} is a whole number from ${least} up, not ${describe(value)}`);
  }
  return value;
}

/**
 * An option that is a number of seconds.
 *
 * @param {string} name of the option
 * @param {*} value
 * @param {number} otherwise what it is if nobody has set it
 * @returns {number} milliseconds, a whole number
 * @throws {TypeError}
 */
function seconds(name, value, otherwise) {
  if (value === undefined) return otherwise * 1000;
  if (typeof value !== 'number' || !(value > 0) || value > LONGEST_TIME) {
    throw new TypeError(
      `The option ${name} is a number of seconds, more than 0 and at most ${LONGEST_TIME}, not ${describe(value)}`
    );
  }
  return Math.ceil(value * 1000);
}

/**
 * An option that is a function.
 *
 * @param {string} name of the option
 * @param {*} value
 * @returns {((argument: any) => unknown)|null} null if nobody has set it
 * @throws {TypeError}
 */
function functionOf(name, value) {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'function') {
    throw new TypeError(`The option ${name} is a function, not ${describe(value)}`);
  }
  return value;
}

/**
 * An option that is one of some strings.
 *
 * @param {string} name of the option
 * @param {*} value
 * @template {string} Choice
 * @param {readonly Choice[]} choices the first is what it is if nobody has set it
 * @returns {Choice}
 * @throws {TypeError}
 */
function oneOf(name, value, choices) {
  if (value === undefined) return choices[0];
  if (!choices.includes(value)) {
    const quoted = choices.map((choice) => `'${choice}'`).join(' or ');
    throw new TypeError(`The option ${name} is ${quoted}, not ${describe(value)}`);
  }
  return value;
}

module.exports = {
  connectionOf,
  describe,
  functionOf,
  messageData,
  oneOf,
  optionsOf,
  seconds,
  topicName,
  wholeNumber
};
