'use strict';

/** What a WebSocket tells its owner, as a list of words, and what it leaves behind. */

const assert = require('node:assert');
const { setImmediate: turn } = require('node:timers/promises');

const native = require('../../lib/native');
const { stopAll } = require('./raw_server');

/**
 * Records the events of `ws`.
 *
 * @param {object} ws
 * @returns {{events: string[], errors: object[], closed: Promise<string[]>}} `closed` resolves with the events, and
 *   with everything that still happens in the turns of the loop after `close`
 */
function watch(ws) {
  const events = [];
  const errors = [];
  ws.on('open', () => events.push('open'));
  ws.on('message', ({ data }) => events.push(`message ${data}`));
  ws.on('error', (event) => {
    events.push(`error ${event.message}`);
    errors.push(event);
  });
  const closed = new Promise((resolve) => {
    ws.on('close', async ({ code, reason }) => {
      events.push(`close ${code} ${reason}`);
      for (let i = 0; i < 20; i++) await turn();
      resolve(events);
    });
  });
  return { events, errors, closed };
}

/** Sockets and timers of this process that keep it alive, as Node counts them. */
function handles() {
  const counted = /^(TCPSocketWrap|TCPConnectWrap|TLSWrap|Timeout|GetAddrInfoReqWrap)$/;
  return process.getActiveResourcesInfo().filter((name) => counted.test(name)).length;
}

/**
 * Notes what there is now; the function that it returns stops all raw servers, waits until there is no more than there
 * was, and fails if that never comes.
 *
 * @returns {function(): Promise<void>}
 */
function leakCheck() {
  const before = handles();
  return async () => {
    await stopAll();
    for (let i = 0; i < 1000 && (native.sessions() > 0 || handles() > before); i++) await turn();
    assert.strictEqual(native.sessions(), 0, 'slots are left');
    assert.ok(handles() <= before, `left: ${process.getActiveResourcesInfo()}`);
  };
}

/**
 * Keeps exceptions that nobody caught from the test runner while a test runs.
 *
 * @param {import('node:test').TestContext} t
 * @returns {string[]} their messages
 */
function uncaught(t) {
  const messages = [];
  const handlers = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => messages.push(error.message));
  t.after(() => {
    process.removeAllListeners('uncaughtException');
    for (const handler of handlers) process.on('uncaughtException', handler);
  });
  return messages;
}

module.exports = { watch, leakCheck, uncaught };
