'use strict';

/** Async contexts of many connections, and what was seen in the wrong one. */

const { AsyncLocalStorage } = require('node:async_hooks');

/** The most that is kept of what was wrong. */
const KEPT = 20;

const storage = new AsyncLocalStorage();
/** How many stores there are, how often one was looked at, and what was wrong with it. */
const seen = { made: 0, checked: 0, wrong: [] };

/** Calls `construct` within a store that nobody else has; what it returns. */
function within(construct) {
  return storage.run({ id: ++seen.made }, construct);
}

/** The store of whoever calls. */
function current() {
  return storage.getStore();
}

/** Whether the caller is within `store`, or one that a handler of the same connection has entered in this turn. */
function check(store, where) {
  seen.checked++;
  const now = storage.getStore();
  if ((now && now.id === store.id) || seen.wrong.length >= KEPT) return;
  seen.wrong.push(`${where} of ${store.id} ran in ${now ? now.id : 'none'}`);
}

/** Checks a handler, and what it puts off: a tick, promises, an immediate, and the same behind a store that it enters. */
function checkHandler(store, where) {
  check(store, where);
  putOff(store, where);
  storage.enterWith({ id: store.id });
  putOff(store, `${where}, behind what it has entered`);
}

function putOff(store, where) {
  process.nextTick(check, store, `a tick of ${where}`);
  queueMicrotask(() => check(store, `a microtask of ${where}`));
  setImmediate(check, store, `an immediate of ${where}`);
  awaiting(store, where);
}

async function awaiting(store, where) {
  await null;
  check(store, `a promise of ${where}`);
  await new Promise(process.nextTick);
  check(store, `a promise behind a tick of ${where}`);
}

module.exports = { checkHandler, current, seen, within };
