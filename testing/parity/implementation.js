'use strict';

/** The parent's handle on a worker: asks it for the trace of a script, and starts another when one has died. */

const path = require('path');
const { fork } = require('child_process');

const OURS = path.join(__dirname, '..', '..', 'index.js');

/** What scripts can run on: a module, and for ours a transport. Any other name is the path of a module. */
const TARGETS = {
  reference: ['faye-websocket-reference'],
  native: [OURS],
  'native-stream': [OURS, 'stream'],
  'native-wasm': [OURS, 'stream'],
  'original-on-ours': [path.join(__dirname, 'original_on_ours.js')]
};

/** What the environment of some targets has besides. */
const ENVIRONMENTS = { 'native-wasm': { FAYE_WEBSOCKET_NATIVE: 'wasm' } };

/**
 * A worker that has not answered for so many seconds is stuck in one turn of its loop, where its own watchdog cannot
 * see it. Counted one by one, as there.
 */
const STUCK_SECONDS = 60;

class Implementation {
  /**
   * @param {string} name one of TARGETS, or the path of a module
   * @param {object} [settings]
   * @param {number} [settings.stuckSeconds]
   * @param {{program: string, args: string[]}} [settings.runtime] another runtime than this one
   * @param {object} [settings.env] added to that of this process
   */
  constructor(name, { stuckSeconds = STUCK_SECONDS, runtime, env } = {}) {
    this.name = name;
    this.stuckSeconds = stuckSeconds;
    this.env = env;
    // Other runtimes talk to Node in JSON alone.
    this.how = runtime
      ? { execPath: runtime.program, execArgv: runtime.args, serialization: 'json' }
      : { execArgv: ['--no-warnings'], serialization: 'advanced' };
    this.child = null;
    /** The script that runs: `{ name, child, resolve, reject }`. */
    this.pending = null;
    this.queue = Promise.resolve();
  }

  /** Runs a script and resolves to the lines of its trace. Scripts of one implementation run in turn. */
  run(name) {
    const result = this.queue.then(() => this.runNow(name));
    this.queue = result.catch(() => {});
    return result;
  }

  /** Runs a script at once; rejects when the process dies or is stuck. */
  async runNow(name) {
    if (!this.child) this.start();
    const { child, ready } = this;
    let seconds = 0;
    const watchdog = setInterval(() => {
      seconds += 1;
      if (seconds < this.stuckSeconds) return;
      this.failed(child, 'stuck');
      this.abandon(child);
    }, 1000);
    try {
      return await new Promise((resolve, reject) => {
        this.pending = { name, child, resolve, reject };
        ready.then(() => child.send({ name }));
      });
    } finally {
      clearInterval(watchdog);
      this.pending = null;
    }
  }

  /** Starts a process. */
  start() {
    const child = fork(path.join(__dirname, 'worker.js'), TARGETS[this.name] || [path.resolve(this.name)], {
      ...this.how,
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: '1',
        NODE_TLS_REJECT_UNAUTHORIZED: undefined,
        ...ENVIRONMENTS[this.name],
        ...this.env
      }
    });
    this.child = child;
    this.ready = new Promise((resolve) => child.once('message', resolve));
    child.on('message', (message) => this.answered(child, message));
    child.on('error', (error) => this.failed(child, error.message));
    child.on('exit', (code, signal) => {
      if (this.child === child) this.child = null;
      this.failed(child, signal || code);
    });
  }

  /** A process has sent a trace, perhaps the last that it will. */
  answered(child, message) {
    if (message.over) this.abandon(child);
    if (this.pending && this.pending.name === message.name) this.pending.resolve(message.lines);
  }

  /** A process will answer no more. */
  failed(child, how) {
    if (!this.pending || this.pending.child !== child) return;
    this.pending.reject(new Error(`${this.name} died during "${this.pending.name}": ${how}`));
  }

  /** Ends a process that hangs. */
  abandon(child) {
    this.child = null;
    child.kill('SIGKILL');
  }

  /** Ends the process. */
  stop() {
    if (this.child) this.child.disconnect();
  }
}

module.exports = { Implementation };
