'use strict';

/** One message to many WebSockets. */

const { SENT, messages } = require('../connection/totals');
const { hasSubscribers } = require('../connection/channels');
const { isBlob } = require('../connection/later');
const { Prepared, REFUSED, formNow, sendPrepared } = require('../connection/prepared');
const states = require('../connection/states');
const { isBinary, toBuffer } = require('../native/bytes');
const { TEXT, BINARY } = require('../native/opcodes');
const { NONE, withoutEverybodys } = require('../opening/names');
const { refuseUnknown } = require('../opening/options');
const { isOneOfMany, sendToMany } = require('../transport/many');
const memory = require('../transport/memory');
const { CONNECTION, connectionOf } = require('./connection_of');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../connection/prepared').Form} Form */

/** How the functions are to be called. */
const CALL = 'WebSocket.broadcast(connections, data, options) needs an iterable of WebSockets';

/** What the two calls take. */
const PREPARE = ['binary'];
const BROADCAST = ['except', 'binary'];

/**
 * The options of a call, none for none.
 *
 * @param {any} options
 * @param {string[]} names
 * @returns {{except?: any, binary?: boolean}}
 * @throws for an option that is not among them
 */
function given(options, names) {
  if (!options) return NONE;
  refuseUnknown(options, names);
  return withoutEverybodys(options, names);
}

/**
 * A message that is framed once, and compressed once for all connections that compress in the same way, for `send` and
 * `broadcast`.
 *
 * @param {any} data what `send` takes, but for a Blob
 * @param {{binary?: boolean}} [options] whether it is sent as binary; otherwise that depends on what `data` is
 * @returns {Prepared}
 */
function prepare(data, options) {
  const { binary } = given(options, PREPARE);
  return messageOf('prepare', data, binary, true);
}

/**
 * Sends a message to each of many WebSockets, as `send` would: those that are closing get none, those that are not open yet
 * get it then, and so on.
 *
 * @param {Iterable<object>} connections
 * @param {any} data what `send` takes, but for a Blob; or what `prepare` has made
 * @param {{except?: object | Iterable<object>, binary?: boolean}} [options]
 * @returns {number} how many connections have taken it
 */
function broadcast(connections, data, options) {
  const { binary, except: spared } = given(options, BROADCAST);
  const message = messageOf('broadcast', data, binary, false);
  const except = exceptions(spared);
  const isWatched = hasSubscribers('message:sent');
  // First all are asked for, since that may run code of the caller's; what then happens to one, happens to it in `send`.
  const found = connectionsIn(connections, except);
  return distribute(message, found, isWatched);
}

/**
 * Sends a message to each of some connections: first to those that all get the same frame, in one call of the native side.
 * Where one cannot get it, the others do all the same, and then the first exception is thrown.
 *
 * @param {Prepared} message
 * @param {Connection[]} found
 * @param {boolean} isWatched whether somebody is told of each message that is sent
 * @returns {number} how many have taken it
 */
function distribute(message, found, isWatched) {
  /** @type {Map<Form, Connection[]>} */
  const groups = new Map();
  /** @type {Form | null} */
  let last = null;
  /** @type {Connection[]} */
  let group = [];
  /** @type {Connection[]} */
  const others = [];
  /** @type {unknown[]} */
  const failures = [];
  let taken = 0;
  for (let i = 0; i < found.length; i++) {
    const ws = found[i];
    const form = isWatched || !isSimple(ws) ? null : formNow(message, ws);
    if (form === null) {
      others.push(ws);
    } else if (ws._limits === null || ws._limits.admits()) {
      if (form !== last) {
        group = groups.get(form) || [];
        if (group.length === 0) groups.set(form, group);
        last = form;
      }
      group.push(ws);
    }
  }
  for (const [form, members] of groups) taken += sendGroup(members, form, failures);
  for (let i = 0; i < others.length; i++) {
    try {
      if (sendPrepared(message, others[i], false) !== REFUSED) taken++;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return taken;
}

/**
 * Whether nothing of a connection stands between a message and the direct transport.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function isSimple(ws) {
  return ws._state === states.OPEN && ws._later === null && ws._brake === null && isOneOfMany(ws);
}

/**
 * Whether `distribute` sends to a connection without calling anything of anybody's, and without asking how much waits for
 * it.
 *
 * @param {Connection} ws
 * @returns {boolean}
 */
function takesWithoutAsking(ws) {
  return isSimple(ws) && (ws._limits === null || !ws._limits.isBounded);
}

/**
 * Sends a message to connections that all get the same frame; how many.
 *
 * @param {Connection[]} group
 * @param {Form} form of the message
 * @param {unknown[]} failures gets what was thrown
 * @returns {number}
 */
function sendGroup(group, form, failures) {
  messages[SENT] += group.length;
  try {
    sendToMany(group, form.opcode, form.bytes);
  } catch (error) {
    failures.push(error);
  }
  return group.length;
}

/**
 * The message of a call.
 *
 * @param {string} name of the function
 * @param {any} data
 * @param {unknown} binary
 * @param {boolean} keeps whether the message outlives the call
 * @returns {Prepared}
 */
function messageOf(name, data, binary, keeps) {
  if (binary !== undefined && binary !== null && typeof binary !== 'boolean') {
    throw new TypeError('The option binary must be true or false');
  }
  if (data instanceof Prepared) {
    if (typeof binary === 'boolean' && binary !== data.binary) {
      throw new TypeError(
        'What WebSocket.prepare has made is text or binary already: give it the option binary'
      );
    }
    return data;
  }
  if (isBlob(data)) {
    throw new TypeError(`WebSocket.${name} takes no Blob: give it what await blob.arrayBuffer() returns`);
  }
  if (!isBinary(data)) {
    const text = typeof data === 'string' ? data : String(data);
    return new Prepared(binary ? BINARY : TEXT, Buffer.from(text), binary ? null : text, true);
  }
  const bytes = toBuffer(data);
  if (binary === false) {
    return new Prepared(TEXT, keeps ? memory.copy(bytes) : bytes, textOf(bytes), keeps);
  }
  return new Prepared(BINARY, keeps ? memory.copy(bytes) : bytes, null, keeps);
}

/** The text that bytes are. @param {Buffer} bytes @returns {string} */
function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw Object.assign(new TypeError('With binary: false the bytes must be a text in UTF-8'), { cause });
  }
}

/** The connections that get no message. @param {any} except @returns {Set<object> | null} */
function exceptions(except) {
  if (except === undefined || except === null) return null;
  if (isWebSocket(except)) return new Set([except]);
  if (typeof except === 'object' && typeof except[Symbol.iterator] === 'function') {
    const all = new Set(except);
    for (const one of all) refuseOther(one, 'The option except is a WebSocket, or an iterable of WebSockets');
    return all;
  }
  throw new TypeError('The option except is a WebSocket, or an iterable of WebSockets');
}

/** @param {any} value @returns {boolean} */
function isWebSocket(value) {
  return typeof value === 'object' && value !== null && connectionOf(value) !== undefined;
}

/**
 * Throws for what is no WebSocket.
 *
 * @param {any} value
 * @param {string} text what is wanted
 */
function refuseOther(value, text) {
  if (isWebSocket(value)) return;
  if (Array.isArray(value)) throw new TypeError(`${text}; of a Map, give map.values()`);
  const isEventSource = value && typeof value === 'object' && value.constructor?.isEventSource;
  if (isEventSource) {
    throw new TypeError(`${text}, and no EventSources: give each of those its message with its method send`);
  }
  throw new TypeError(`${text} of this package`);
}

/**
 * The connections of an iterable.
 *
 * @param {any} all
 * @param {Set<object> | null} except
 * @returns {Connection[]}
 */
function connectionsIn(all, except) {
  if (
    all === null ||
    typeof all !== 'object' ||
    typeof all[Symbol.iterator] !== 'function' ||
    isWebSocket(all)
  ) {
    throw new TypeError(CALL);
  }
  /** @type {Connection[]} */
  const found = [];
  for (const one of all) {
    const connection = one === null || one === undefined ? undefined : one[CONNECTION];
    if (connection === undefined) refuseOther(one, CALL);
    if (except === null || !except.has(one)) found.push(connection);
  }
  return found;
}

module.exports = { broadcast, distribute, prepare, takesWithoutAsking };
