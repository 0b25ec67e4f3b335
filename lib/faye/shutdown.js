'use strict';

/** The end of many connections: what is open is closed, at a rate that its clients can come back at, and what stays is ended. */

const { Server } = require('net');
const { clearInterval, setInterval } = require('timers');

const live = require('../connection/live');
const { withoutEverybodys } = require('../opening/names');
const { milliseconds, refuseUnknown } = require('../opening/options');
const timers = require('../transport/timers');
const { SERVER_CODES } = require('../connection/closing');
const { OPEN, CLOSED } = require('../transport/ready_state');
const { connectionOf } = require('./connection_of');
const { LOST } = require('../native/close_codes');

/** @typedef {{code: number, reason: string, timeout: number, rate: number}} Settings */

/** How long peers may take to close unless told otherwise, in milliseconds. */
const TIMEOUT = 30000;
/** How long a connection may take to be gone that was ended, in milliseconds. */
const GONE = 1000;
/** Connections that are closed in one turn of the loop. */
const BATCH = 500;
/** How often a batch leaves if there is a rate, in milliseconds. */
const STEP = 50;

/** How the function is to be called. */
const CALL = 'shutdown(connections, options) needs an iterable of WebSockets and EventSources, or a server';

/**
 * Closes connections, waits for their peers, and ends the connections of those that do not answer.
 *
 * @param {Iterable<object>|import('net').Server} target connections, or a server whose connections are meant; what connects
 *   to that meanwhile is closed as well
 * @param {object} [options]
 * @param {number} [options.code=1001]
 * @param {string} [options.reason]
 * @param {number} [options.timeout=30] seconds that each peer has from when it is told
 * @param {number} [options.rate] connections to close in a second; as many as there are unless given
 * @returns {Promise<{closed: number, terminated: number}>} how many have closed, and how many were ended or lost; what was
 *   over before counts for neither
 */
async function shutdown(target, options) {
  const settings = settingsOf(options || {});
  const batch = settings.rate === Infinity ? BATCH : Math.max(1, Math.floor((settings.rate * STEP) / 1000));
  const pause = settings.rate === Infinity ? 0 : (batch * 1000) / settings.rate;
  const isServer = target instanceof Server;
  /** @type {Promise<string>[]} */
  const endings = [];
  let waiting = isServer ? live.of(target) : connectionsIn(target);
  const seen = new Set(waiting);
  // The timers of connections keep no process alive, and somebody waits for what comes of this.
  const alive = setInterval(() => {}, TIMEOUT);
  try {
    for (;;) {
      for (let i = 0; i < waiting.length; i += batch) {
        if (i > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        for (const connection of waiting.slice(i, i + batch)) endings.push(endOf(connection, settings));
      }
      const results = await Promise.all(endings);
      waiting = isServer ? live.of(target).filter((connection) => !seen.has(connection)) : [];
      for (const connection of waiting) seen.add(connection);
      if (waiting.length === 0) return count(results);
    }
  } finally {
    clearInterval(alive);
  }
}

/**
 * How many connections ended in each way.
 *
 * @param {string[]} results
 * @returns {{closed: number, terminated: number}}
 */
function count(results) {
  const of = (/** @type {string} */ way) => results.filter((result) => result === way).length;
  return { closed: of('closed'), terminated: of('terminated') };
}

/** What it takes. */
const OPTIONS = ['code', 'reason', 'timeout', 'rate'];

/** Reads the options. @param {any} options @returns {Settings} */
function settingsOf(options) {
  refuseUnknown(options, OPTIONS);
  const { code = 1001, reason = '', timeout, rate = Infinity } = withoutEverybodys(options, OPTIONS);
  if (code !== 1000 && !SERVER_CODES.has(code) && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
    const codes = [1000, ...SERVER_CODES].join(', ');
    const given = typeof code === 'string' ? 'a string' : String(code);
    throw new RangeError(`The code of shutdown must be ${codes}, or between 3000 and 4999, not ${given}`);
  }
  if (!(typeof rate === 'number' && rate > 0)) {
    throw new RangeError('The option rate must be a number of connections in a second, more than 0');
  }
  return { code, reason: String(reason), timeout: milliseconds('timeout', timeout) || TIMEOUT, rate };
}

/** The connections of an iterable, each once. @param {any} target @returns {any[]} */
function connectionsIn(target) {
  if (target === null || typeof target !== 'object' || typeof target[Symbol.iterator] !== 'function') {
    throw new TypeError(CALL);
  }
  const connections = [...new Set(target)];
  for (const connection of connections) {
    const fits = connection && typeof connection.close === 'function' && 'readyState' in connection;
    if (!fits) throw new TypeError(CALL);
  }
  return connections;
}

/**
 * Closes a connection; how that ended.
 *
 * @param {any} connection
 * @param {Settings} settings
 * @returns {Promise<string>}
 */
function endOf(connection, { code, reason, timeout }) {
  if (connection.readyState === CLOSED) return Promise.resolve('over');
  return new Promise((resolve) => {
    let terminated = false;
    /** @type {(event: {code?: number}) => void} */
    const done = ({ code: ended }) => {
      timers.cancel(timer);
      connection.removeListener('close', done);
      resolve(terminated || ended === LOST ? 'terminated' : 'closed');
    };
    const timer = timers.after(() => {
      // It is over, and its owner has taken all listeners off, or it has had its second chance.
      if (connection.readyState === CLOSED || terminated) return done({});
      terminated = true;
      timers.again(timer, GONE);
      return connection.terminate();
    }, timeout);
    connection.on('close', done);
    if (connection.readyState > OPEN) return;
    const own = connectionOf(connection);
    if (own !== undefined && own._masks && SERVER_CODES.has(code)) connection.close(1000, reason);
    else connection.close(code, reason);
    // From here on this is the time that counts.
    if (own !== undefined) own.stopCloseTimer();
  });
}

module.exports = { shutdown };
