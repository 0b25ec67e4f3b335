'use strict';

/**
 * A server in a process of its own, so that its memory, its processor time and its end can be measured apart from
 * those of the peer that attacks it.
 */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/**
 * Starts the process.
 *
 * @param {import('node:test').TestContext|null} t ends the process with the test; without it, call `stop`
 * @param {object} [settings]
 * @param {function(object, object): void} [settings.behaviour] `(ws, { WebSocket, state, request, socket, server, scopes })`,
 *   called for each connection; sent as source, so it sees nothing but its parameters and what Node has
 * @param {object} [settings.options] of the WebSockets
 * @param {object} [settings.deflate] options of permessage-deflate, which is offered then
 * @param {string} [settings.plugin] with extensions that are plugins, by their name in `subject_process.js`
 * @param {boolean} [settings.secure] over TLS
 * @param {boolean} [settings.scoped] each WebSocket is made within an async context of its own; see `scopes.js`
 * @param {boolean} [settings.driver] with drivers in the place of WebSockets
 * @param {string} [settings.url] connects clients to this, one after the other, in the place of a server
 * @param {boolean} [settings.survive] records uncaught exceptions instead of ending
 * @param {string[]} [settings.flags] of Node
 * @param {object} [settings.env] variables on top of this process's
 * @returns {Promise<Subject>}
 */
async function startSubject(t, settings = {}) {
  const { flags = [], env, behaviour, ...rest } = settings;
  const child = fork(path.join(__dirname, 'subject_process.js'), [], {
    execArgv: ['--expose-gc', ...flags],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  });
  const subject = new Subject(child);
  if (t) t.after(() => subject.stop());
  child.send({ ...rest, behaviour: behaviour && String(behaviour) });
  const [{ port }] = await once(child, 'message');
  subject.port = port;
  child.on('message', (answer) => subject.take(answer));
  return subject;
}

/** The process, as the test sees it. */
class Subject {
  constructor(child) {
    this.child = child;
    this.port = 0;
    this.asked = new Map();
    this.exited = once(child, 'exit').then(([code, signal]) => {
      const error = new Error(`the server's process ended with ${signal || code}`);
      for (const { reject } of this.asked.values()) reject(error);
      this.asked.clear();
      return code;
    });
  }

  take({ id, answer }) {
    const waiting = this.asked.get(id);
    this.asked.delete(id);
    if (waiting) waiting.resolve(answer);
  }

  ask(question, details) {
    const id = this.asked.size === 0 ? 1 : Math.max(...this.asked.keys()) + 1;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.child.send({ id, question, details }, (error) => error && reject(error));
    });
  }

  /**
   * What the process holds after a collection, and what it has seen so far: `rss`, `peak`, `heap` and `external` in
   * bytes, `cpu` in microseconds, `delay` (the longest block of its loop since the last time) in milliseconds,
   * `descriptors`, `sessions`, `buffered`, and the `state` that behaviours write to.
   *
   * @returns {Promise<object>}
   */
  measure() {
    return this.ask('measure');
  }

  /**
   * Resolves with a measure once so many events of a type have happened: `open`, `message`, `error` or `close`.
   *
   * @param {string} type
   * @param {number} [count]
   * @returns {Promise<object>}
   */
  until(type, count = 1) {
    return this.ask('until', { type, count });
  }

  /** Ends the process. */
  async stop() {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

const MEGABYTE = 1 << 20;

/** A number of bytes for people. */
function megabytes(bytes) {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}

module.exports = { MEGABYTE, megabytes, startSubject };
