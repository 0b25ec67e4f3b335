'use strict';

/**
 * Running other programs from the scripts of this folder, which need nothing but Node itself.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** The folder of the repository. */
const ROOT = path.join(__dirname, '..');

/**
 * Prints one line about what happens next.
 *
 * @param {string} line
 */
function say(line) {
  process.stdout.write(`\n> ${line}\n`);
}

/**
 * Runs a program to its end, with its output shown as it comes, or written to a file.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {object} [options.env] added to that of this process
 * @param {string} [options.cwd]
 * @param {string} [options.log] a file for the standard output and the standard error, instead of showing them
 * @param {function(string): void} [options.onLine] sees each line of the standard output
 * @param {boolean} [options.yields] whether it, and what it starts, gives way to others that want a processor
 * @returns {Promise<number>} the exit code; 127 when there is no such program
 */
function run(command, args, { cwd = ROOT, env, log, onLine, yields = false } = {}) {
  const file = log === undefined ? null : openLog(log);
  const output = file === null ? 'inherit' : file;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', onLine ? 'pipe' : output, output]
  });
  if (yields && child.pid !== undefined)
    os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  if (onLine) {
    let rest = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      if (file === null) process.stdout.write(text);
      else fs.writeSync(file, text);
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      lines.forEach(onLine);
    });
    child.stdout.on('end', () => rest && onLine(rest));
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
    child.on('close', (code, signal) => {
      if (file !== null) fs.closeSync(file);
      resolve(signal ? 128 : code);
    });
  });
}

/** Opens a file to write to, and makes its folder. */
function openLog(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return fs.openSync(file, 'w');
}

/**
 * Runs a program of an installed npm package with this Node.
 *
 * @param {string} file its path within node_modules
 * @param {string[]} args
 * @param {object} [options] as for `run`
 * @returns {Promise<number>} the exit code
 */
function runPackage(file, args, options) {
  return run(process.execPath, [path.join(ROOT, 'node_modules', file), ...args], options);
}

/**
 * Runs npm: the one that runs this script, else the one on the path.
 *
 * @param {string[]} args
 * @param {object} [options] as for `run`
 * @returns {Promise<number>} the exit code
 */
function runNpm(args, options) {
  const script = process.env.npm_execpath;
  if (script && /\bnpm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args], options);
  // On Windows npm is a batch file, which only a shell starts.
  if (process.platform === 'win32') return run('cmd.exe', ['/c', 'npm', ...args], options);
  return run('npm', args, options);
}

module.exports = { ROOT, run, runNpm, runPackage, say };
