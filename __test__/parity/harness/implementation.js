'use strict';

/** The parent's handle on a worker: asks it for the trace of a script, and starts another when one has died. */

const path = require('path');
const { fork } = require('child_process');

const OURS = path.join(__dirname, '..', '..', '..', 'index.js');

/** What scripts can run on: a module, and for ours a transport. Any other name is the path of a module. */
const TARGETS = {
  reference: ['faye-websocket-reference'],
  native: [OURS],
  'native-stream': [OURS, 'stream']
};

class Implementation {
  constructor(name) {
    this.name = name;
    this.child = null;
    this.queue = Promise.resolve();
  }

  /** Starts the process if there is none. */
  start() {
    if (this.child) return;
    this.child = fork(path.join(__dirname, 'worker.js'), TARGETS[this.name] || [path.resolve(this.name)], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', NODE_TLS_REJECT_UNAUTHORIZED: undefined },
      execArgv: ['--no-warnings'],
      serialization: 'advanced'
    });
    this.ready = new Promise((resolve) => this.child.once('message', resolve));
    const { child } = this;
    child.once('exit', () => {
      if (this.child === child) this.child = null;
    });
  }

  /** Runs a script and resolves to the lines of its trace. Scripts of one implementation run in turn. */
  run(name) {
    const result = this.queue.then(() => this.runNow(name));
    this.queue = result.catch(() => {});
    return result;
  }

  async runNow(name) {
    this.start();
    const { child } = this;
    return new Promise((resolve, reject) => {
      const onExit = (code, signal) =>
        reject(new Error(`${this.name} died during "${name}": ${signal || code}`));
      child.once('exit', onExit);
      child.once('error', reject);
      const onMessage = (message) => {
        if (message.name !== name) return;
        child.off('exit', onExit);
        child.off('error', reject);
        child.off('message', onMessage);
        if (message.over) this.abandon(child);
        resolve(message.lines);
      };
      child.on('message', onMessage);
      this.ready.then(() => child.send({ name }));
    });
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
