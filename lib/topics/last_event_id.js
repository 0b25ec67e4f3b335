'use strict';

/**
 * The last event ID of an EventSource that is in topics whose messages have offsets: `name=offset` for each topic,
 * joined by `&`, with names and offsets percent-encoded. A client that comes back sends it, and so says what it has
 * had of each.
 */

/** The longest one: it comes back in a header, and Node takes 16 KiB of headers. */
const LONGEST_ID = 4096;

/** The longest offset of a broker: two numbers of 64 bits, and what stands between them. */
const LONGEST_OFFSET = 41;

/**
 * The part of one topic.
 *
 * @param {{encodedName: string}} topic
 * @param {string} offset
 * @returns {string}
 */
function entry(topic, offset) {
  return `${topic.encodedName}=${encodeURIComponent(offset)}`;
}

/**
 * Where an EventSource is in all of its topics.
 *
 * @param {import('./record').Record} record
 * @returns {string} `''` if no topic of it has offsets
 */
function idOf(record) {
  let id = '';
  for (const { topic, offset } of record.members.values()) {
    if (offset !== null) id += (id === '' ? '' : '&') + entry(topic, offset);
  }
  return id;
}

/**
 * Whether the ID would become too long with one more topic.
 *
 * @param {import('./record').Record} record
 * @param {{encodedName: string}} topic
 * @returns {boolean}
 */
function isFull(record, topic) {
  let length = topic.encodedName.length;
  for (const member of record.members.values()) length += member.topic.encodedName.length;
  return length + (record.members.size + 1) * (LONGEST_OFFSET + 2) > LONGEST_ID;
}

/**
 * Reads what a client sent, which may be anything.
 *
 * @param {string} id
 * @returns {Map<string, string>} offsets by the names of their topics; what cannot be read is left out
 */
function parse(id) {
  const offsets = new Map();
  if (id.length > LONGEST_ID) return offsets;
  for (const part of id.split('&')) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    try {
      offsets.set(decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1)));
    } catch {
      // A stray percent sign.
    }
  }
  return offsets;
}

module.exports = { entry, idOf, isFull, parse };
