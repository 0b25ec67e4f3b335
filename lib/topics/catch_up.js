'use strict';

/** Reading what the broker keeps: for a topic that missed something, and for a member that comes back. */

const { pauseAfter } = require('./interest');
const { BEHIND, LIVE } = require('./record');
const { Queue } = require('../transport/queue');
const { Wire } = require('./wire');

/** Messages that are read at a time, and so the most that wait in this process for one member. */
const PAGE = 64;
/** Reads that are under way at a time, so that a thousand who come back at once do not ask the broker at once. */
const MOST_READS = 16;

/** @typedef {import('./types').Page} Page */
/** @typedef {import('./record').Member} Member */
/** @typedef {import('./hub').Hub} Hub */

/** Reads for one hub, some at a time. */
class Reader {
  /**
   * @param {import('./types').Adapter} adapter
   * @param {(error: unknown, topic: string) => void} onFailed is told what went wrong before another attempt, and in which topic
   */
  constructor(adapter, onFailed) {
    this._adapter = adapter;
    this._onFailed = onFailed;
    this._running = 0;
    /** @type {Queue<() => void>} */
    this._waiting = new Queue();
  }

  /**
   * Reads a page, however often it takes.
   *
   * @param {string} topic
   * @param {string} after the offset behind which it begins
   * @param {function(): boolean} isWanted whether anybody still waits for it
   * @param {number} [most] messages in it
   * @returns {Promise<Page|null>} null if nobody does
   * @throws {Error} what the broker refuses
   */
  async read(topic, after, isWanted, most = PAGE) {
    if (this._running >= MOST_READS)
      await new Promise((/** @type {(value?: undefined) => void} */ resolve) => this._waiting.push(resolve));
    this._running += 1;
    try {
      for (let failures = 1; isWanted(); failures += 1) {
        try {
          return this._checked(await this._adapter.read(topic, after, most));
        } catch (error) {
          if (this._adapter.isRefusal(/** @type {Error} */ (error))) throw error;
          this._onFailed(error, topic);
        }
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(failures)));
      }
      return null;
    } finally {
      this._running -= 1;
      const next = this._waiting.shift();
      if (next !== undefined) next();
    }
  }

  /**
   * A page, whose offsets are some: they come from a broker.
   *
   * @param {Page} page
   * @returns {Page} the same
   * @throws {TypeError}
   */
  _checked(page) {
    const { messages, isWhole, tail } = page;
    const offsets = messages.map((message) => message.offset);
    // Nobody looks at the tail of another one, which an adapter of the caller's may leave out there.
    if (messages.length === 0 && !isWhole) offsets.push(tail);
    for (const offset of offsets) {
      if (typeof offset !== 'string' || !this._adapter.isOffset(offset)) {
        throw new TypeError('The broker has answered with something else than messages and their offsets');
      }
    }
    return page;
  }
}

/**
 * Sends a member what it missed, until it is where its topic is. As soon as more waits for it than may, the rest of a page is
 * dropped, and read again once it has drained: whoever asks for everything and reads nothing holds no page.
 *
 * @param {Member} member that is behind
 * @param {Hub} hub
 * @returns {Promise<void>} once it is live or gone
 */
async function catchUp(member, hub) {
  let most = PAGE;
  // It may be behind again before this goes on, and is sent what it has missed by another call then.
  while (most > 0 && member.state === BEHIND) {
    await member.record.drained();
    most = await sendPage(member, hub, most);
  }
}

/**
 * Sends a member a page, and makes it live if it is where its topic is then. What waits for the member to drain is elsewhere,
 * so that it keeps no page.
 *
 * @param {Member} member that is behind
 * @param {Hub} hub
 * @param {number} most messages in the page
 * @returns {Promise<number>} the same for the next page: fewer where they were too many for the member, none once it is live
 */
async function sendPage(member, hub, most) {
  const { record, topic } = member;
  const adapter = /** @type {import('./types').Adapter} */ (hub.adapter);
  const isWanted = () => member.state === BEHIND;
  // What is published from here on may be missing in the answer, and is no reason to take that for the end.
  const reached = topic.position;
  const page = await readFor(member, hub, most, isWanted);
  if (page === null || !isWanted()) return most;
  if (!page.isWhole) hub.tellGap(topic, record.connection, member.position, 'trimmed');
  let sent = 0;
  for (const message of page.messages) {
    if (!isWanted()) return most;
    if (sent > 0 && hub.delivery.isOver(record)) return sent;
    member.position = message.offset;
    hub.delivery.push(member, new Wire(topic, message, hub.shapes));
    sent += 1;
  }
  // Code of the caller's may have taken it out with the last one, and the topic may have nobody else.
  if (!isWanted()) return most;
  const isAtEnd = page.messages.length === 0;
  if (isAtEnd && !page.isWhole) {
    // It was where nobody knows: it goes on where the log ends.
    member.position = page.tail;
  } else if (
    isAtEnd &&
    adapter.compare(/** @type {string} */ (member.position), /** @type {string} */ (reached)) < 0
  ) {
    // What the topic has had since is not kept any more.
    hub.tellGap(topic, record.connection, member.position, 'trimmed');
    member.position = reached;
  }
  return goLive(member, adapter) ? 0 : Math.min(2 * most, PAGE);
}

/**
 * Makes a member live, if it is where its topic is, or further.
 *
 * @param {Member} member that is behind
 * @param {import('./types').Adapter} adapter
 * @returns {boolean} whether it is
 */
function goLive(member, adapter) {
  const ahead = adapter.compare(
    /** @type {string} */ (member.position),
    /** @type {string} */ (member.topic.position)
  );
  if (ahead < 0) return false;
  if (ahead === 0) member.position = null;
  // From here on it may fall behind again.
  member.state = LIVE;
  member.catchingUp = null;
  return true;
}

/**
 * Reads a page for a member, from what this process remembers if that reaches back so far. A member whose read the broker
 * refuses goes on with the messages that come.
 *
 * @param {Member} member
 * @param {Hub} hub
 * @param {number} most messages, if they come from the broker
 * @param {() => boolean} isWanted
 * @returns {Promise<Page|null>}
 */
async function readFor(member, hub, most, isWanted) {
  const { topic } = member;
  const position = /** @type {string} */ (member.position);
  const tail = /** @type {string} */ (topic.position);
  const { recent } = topic;
  const messages = recent === null ? null : recent.after(position);
  if (messages !== null) return { messages, isWhole: true, isFull: false, tail };
  try {
    return await /** @type {Reader} */ (hub.reader).read(topic.name, position, isWanted, most);
  } catch (error) {
    hub.fail(error, { topic: topic.name });
    return { messages: [], isWhole: false, isFull: false, tail: /** @type {string} */ (topic.position) };
  }
}

module.exports = { Reader, catchUp };
