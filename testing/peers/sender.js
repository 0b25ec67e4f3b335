'use strict';

/** What sends in a process or a worker thread of its own, which then computes on, or ends. */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');

const FILE = path.join(__dirname, 'sender_process.js');

/**
 * Starts a process.
 *
 * @param {import('node:test').TestContext} t ends it with the test
 * @param {object} settings
 * @param {string} settings.kind what sends, by its name in `sender_process.js`
 * @param {function({send: Function, tell: Function, require: Function}): void} settings.then what it does next, without
 *   variables of its surroundings
 * @param {boolean} [settings.secure] over TLS
 * @param {object} [settings.options] of WebSockets
 * @param {string} [settings.url] of the server that a client connects to
 * @returns {Promise<{port: number, sender: import('node:child_process').ChildProcess}>}
 */
async function startSender(t, settings) {
  const child = fork(FILE, [], { stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  child.send({ ...settings, then: String(settings.then) });
  return { sender: child, port: (await once(child, 'message'))[0] };
}

/**
 * Starts a worker thread.
 *
 * @param {import('node:test').TestContext} t ends it with the test
 * @param {object} settings as for {@link startSender}
 * @returns {Promise<{port: number, sender: Worker}>}
 */
async function startSenderThread(t, settings) {
  const worker = new Worker(FILE, { workerData: { ...settings, then: String(settings.then) } });
  t.after(() => worker.terminate());
  return { sender: worker, port: (await once(worker, 'message'))[0] };
}

module.exports = { startSender, startSenderThread };
