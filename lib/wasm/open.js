'use strict';

/** Sessions, from their beginning to their end, and what they cost. */

const { all, forNew, of, find, recovering, dropIfUnused, trim } = require('./instances');
const { acceptArguments, connectArguments } = require('./fields');
const jobs = require('./jobs');
const totals = require('./totals');

/** @typedef {import('../native').Core} Core */
/** @typedef {import('../native').Accepted} Accepted */
/** @typedef {import('../native').Connecting} Connecting */
/** @typedef {import('../native').Answer} Answer */
/** @typedef {import('../native').MemoryUsage} MemoryUsage */
/** @typedef {import('../native').ParsedExtension} ParsedExtension */
/** @typedef {import('./module').Value} Value */

/**
 * `accept({…})`: see the native binding.
 *
 * @type {Core['accept']}
 */
function accept(request) {
  const args = acceptArguments(request);
  const instance = forNew();
  // What a client sends must not throw into the server.
  /** @type {Accepted} */
  const answer = recovering(
    () => instance.callWith('accept', args),
    () => refusal()
  );
  if (answer[1] !== -1) instance.slots.add(answer[1]);
  return answer;
}

/** What is answered where the module was stopped. @returns {Accepted} */
function refusal() {
  const instance = forNew();
  return instance.valueAt(instance.call('refuse'));
}

/**
 * `connect({…})`: see the native binding.
 *
 * @type {Core['connect']}
 */
function connect(request) {
  const instance = forNew();
  /** @type {Connecting} */
  const asked = instance.callWith('connect', connectArguments(request));
  instance.slots.add(asked[0]);
  return asked;
}

/**
 * `answer(slot)`: what the server answered.
 *
 * @type {Core['answer']}
 */
function answer(slot) {
  return of(slot).callWith('answer', [slot]);
}

/**
 * `release(slot)`: ends the session; the number is stale from now on.
 *
 * @type {Core['release']}
 */
function release(slot) {
  const instance = find(slot);
  if (instance === null || !instance.slots.delete(slot)) return;
  recovering(
    () => instance.call('release', slot),
    () => 0
  );
  jobs.forget(slot);
  dropIfUnused(instance);
}

/**
 * `isWebSocket(method, connection, upgrade)`: whether a request asks for a WebSocket.
 *
 * @type {Core['isWebSocket']}
 */
function isWebSocket(method, connection, upgrade) {
  return forNew().callWith('is_websocket', [method, connection, upgrade]) === 1;
}

/**
 * `parseExtensions(header)`: the extensions in a header, with their parameters.
 *
 * @type {Core['parseExtensions']}
 */
function parseExtensions(header) {
  /** @type {any[]} */
  const flat = forNew().callWith('parse_extensions', [header]);
  const offers = [];
  for (let i = 0; i < flat.length; i += 2) offers.push({ name: flat[i], params: flat[i + 1].map(paramOf) });
  return offers;
}

/**
 * @param {[name: string, ...values: (string | number | undefined)[]]} param
 * @returns {ParsedExtension['params'][0]}
 */
function paramOf([name, ...values]) {
  return { name, values: values.map((value) => (value === undefined ? true : value)) };
}

/** `sessions()`: how many there are. @returns {number} */
function sessions() {
  return all().reduce((sum, { slots }) => sum + slots.size, 0);
}

/**
 * `memoryUsage(slot)`: see the native binding.
 *
 * @type {Core['memoryUsage']}
 */
function memoryUsage(slot) {
  if (slot !== undefined) return of(slot).callWith('memory_usage', [slot]);
  /** @type {MemoryUsage} */
  const sum = [0, 0, 0, 0, 0, 0];
  for (const instance of all()) {
    /** @type {MemoryUsage} */
    const cells = instance.callWith('memory_usage', []);
    cells.forEach((cell, i) => (sum[i] += cell));
  }
  return sum;
}

/**
 * `compressionTotals()`: see the native binding.
 *
 * @type {Core['compressionTotals']}
 */
const compressionTotals = () => totals.total(all());

/** `hibernate()`: idle connections with compression, and idle codecs, free memory. Returns how many there are, idle or not. */
function hibernate() {
  const idle = (/** @type {import('./instances').Instance} */ instance) =>
    recovering(
      () => instance.call('hibernate'),
      () => 0
    );
  return all().reduce((sum, instance) => sum + idle(instance), 0);
}

module.exports = {
  refusal,
  binding: {
    accept,
    connect,
    answer,
    release,
    isWebSocket,
    parseExtensions,
    sessions,
    memoryUsage,
    compressionTotals,
    hibernate,
    trim,
    keep() {},
    /** @returns {0} */
    trimSome: () => 0
  }
};
