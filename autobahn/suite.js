'use strict';

/**
 * Runs the suite's fuzzing client against our server, or our client against its fuzzing server, each as a program of
 * its own, over loopback and free ports.
 *
 * @typedef {{id: string, behavior: string, behaviorClose: string, result: string, resultClose: string}} Result
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

/**
 * Runs cases.
 *
 * @param {object} run
 * @param {string} run.role `'server'` or `'client'`: what we are
 * @param {object} run.ours what the environment of our program says
 * @param {string[]} run.cases names or patterns of cases
 * @param {number} run.count messages of each case of sections 12 and 13
 * @param {object} run.env what python2.7 needs
 * @param {number} run.minutes after which the suite is ended
 * @returns {Promise<Result[]>}
 * @throws {Error} when a program ends before its time
 */
async function runSuite({ role, ours, cases, count, env, minutes }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'autobahn-'));
  const children = [];
  const start = (command, args, added) => {
    const child = new Child(command, args, added);
    children.push(child);
    return child;
  };
  const wstest = (mode, spec) => {
    const file = path.join(folder, 'spec.json');
    const rest = { outdir: folder, cases, count, 'exclude-cases': [], 'exclude-agent-cases': {} };
    fs.writeFileSync(file, JSON.stringify({ ...spec, ...rest }));
    return start('python2.7', ['-W', 'ignore', path.join(__dirname, 'wstest.py'), mode, file], env);
  };
  const limit = setTimeout(() => children.forEach((child) => child.end()), minutes * 60 * 1000);

  try {
    let suite;
    if (role === 'server') {
      const server = start(process.execPath, [path.join(__dirname, 'echo_server.js')], ours);
      const url = `ws://127.0.0.1:${await server.line()}`;
      suite = wstest('fuzzingclient', { servers: [{ agent: 'us', url }] });
    } else {
      suite = wstest('fuzzingserver', { url: 'ws://127.0.0.1:0' });
      const [, port] = JSON.parse(await suite.line());
      const url = `ws://127.0.0.1:${port}`;
      const client = start(process.execPath, [path.join(__dirname, 'echo_client.js'), url], ours);
      // A client that fails leaves a server that would wait for it.
      client.done.catch(() => suite.end());
    }
    const results = [];
    suite.lines.on('line', (line) => {
      const [kind, value] = JSON.parse(line);
      if (kind === 'result') results.push(value);
    });
    await Promise.race(
      children
        .filter((child) => child !== suite)
        .map((child) => child.failed())
        .concat(suite.done)
    );
    return results;
  } finally {
    clearTimeout(limit);
    children.forEach((child) => child.end());
    fs.rmSync(folder, { recursive: true });
  }
}

/** A program that speaks in lines, and whose last words are kept for the case that it fails. */
class Child {
  /**
   * @param {string} command
   * @param {string[]} args
   * @param {object} env added to the environment
   */
  constructor(command, args, env) {
    this.name = path.basename(args[args.length - 1]);
    this._process = spawn(command, args, { env: { ...process.env, ...env } });
    this.lines = readline.createInterface({ input: this._process.stdout });
    let last = '';
    this._process.stderr.on('data', (text) => (last = (last + text).slice(-2000)));
    /** Resolved when the program has ended well, and rejected when it has not. */
    this.done = new Promise((resolve, reject) => {
      this._process.on('error', reject);
      this._process.on('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} ${args.join(' ')} ended with ${signal || code}\n${last}`));
      });
    });
    this.done.catch(() => {});
  }

  /** The next line that it prints; rejected when it ends before. */
  line() {
    const first = new Promise((resolve) => this.lines.once('line', resolve));
    const ended = this.done.then(() => Promise.reject(new Error(`${this.name} ended before it was ready`)));
    return Promise.race([first, ended]);
  }

  /** Is rejected when it fails, and stays open otherwise. */
  failed() {
    return new Promise((_resolve, reject) => this.done.catch(reject));
  }

  /** Ends it, if it has not ended. */
  end() {
    this._process.kill();
  }
}

module.exports = { runSuite };
