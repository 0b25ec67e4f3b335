'use strict';

/**
 * A child process that speaks in lines of JSON, pinned to a core where `taskset` exists.
 */

const { spawn, spawnSync } = require('child_process');
const os = require('os');
const readline = require('readline');

/**
 * How many seconds a line may take: a slow peer with the largest messages needs some of them. They are counted by a
 * ticking timer, so that a machine that was frozen for a while is not taken for a silent process.
 */
const PATIENCE = 60;
/** How long a process may take to end by itself. */
const FAREWELL = 2000;

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;
const cores = os.cpus().length;
/** The process under test gets the first core and the load the second. */
const CORE = { subject: 0, load: 1 };
const pinned = hasTaskset && cores > 1;

class Program {
  /**
   * Starts a command.
   * @param {string[]} command
   * @param {'subject'|'load'} part
   * @param {object} [env] additions to the environment
   */
  constructor(command, part, env = {}) {
    const [file, ...words] = pinned ? ['taskset', '-c', String(CORE[part]), ...command] : command;
    this.part = part;
    this.errors = '';
    this.lines = [];
    this.waiting = null;
    this.child = spawn(file, words, { env: Object.assign({}, process.env, env), stdio: 'pipe' });
    // A process that ends early makes its input fail; its exit is what is reported.
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (chunk) => (this.errors = (this.errors + chunk).slice(-2000)));
    readline.createInterface({ input: this.child.stdout }).on('line', (line) => this.take({ line }));
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => this.finish(error.message, resolve));
      this.child.on('close', (code, signal) => this.finish(`ended with ${signal || code}`, resolve));
    });
  }

  /** The process id: `taskset` becomes the command it starts. */
  get pid() {
    return this.child.pid;
  }

  /**
   * @returns {Promise<object>} the next line that the process prints, parsed; rejected if it ends or is too slow
   */
  async next() {
    const taken = this.lines.shift() || (await this.wait());
    if (taken.fault) {
      this.lines.push(taken);
      throw new Error(this.explain(taken.fault));
    }
    return JSON.parse(taken.line);
  }

  /**
   * @returns {Promise<never>} rejected when a process that has nothing to say says something or ends
   */
  async fail() {
    const { line, fault } = await new Promise((resolve) => (this.waiting = resolve));
    throw new Error(fault ? this.explain(fault) : `unexpected line ${line}`);
  }

  /**
   * Writes a line to the process.
   * @param {string} line
   */
  say(line) {
    this.child.stdin.write(line + '\n');
  }

  /** Ends the process: its input first, and by force if that does not do. */
  async stop() {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), FAREWELL);
    await this.ended;
    clearTimeout(timer);
  }

  wait() {
    return new Promise((resolve) => {
      let seconds = 0;
      const timer = setInterval(() => {
        if (++seconds === PATIENCE) this.take({ fault: `silent for ${PATIENCE} s` });
      }, 1000);
      this.waiting = (taken) => {
        clearInterval(timer);
        resolve(taken);
      };
    });
  }

  take(taken) {
    const { waiting } = this;
    this.waiting = null;
    if (waiting) waiting(taken);
    else this.lines.push(taken);
  }

  explain(fault) {
    const who = this.part === 'load' ? 'load generator' : 'process under test';
    return `${who} ${fault}${this.errors ? `: ${lastError(this.errors)}` : ''}`;
  }

  finish(fault, resolve) {
    this.take({ fault });
    resolve();
  }
}

/** The line of an error output that says most: the first that names an error, or the last. */
function lastError(errors) {
  const lines = errors.trim().split('\n');
  return lines.find((line) => /error/i.test(line)) || lines[lines.length - 1];
}

module.exports = { Program, pinned };
