'use strict';

/**
 * Finds Python 2.7 and installs the suite for it, once, into a folder that git ignores. The suite was never ported to
 * Python 3.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('../scripts/process');

const VERSION = '0.8.2';
const FOLDER = path.join(ROOT, '.autobahn');

/** Is written last, so that a folder without it is one whose installation was cut short. */
const MARK = path.join(FOLDER, `installed-${VERSION}`);

/** Under pyenv, `python2.7` works only for the version that this variable chooses. */
const ENVIRONMENTS = [{}, { PYENV_VERSION: '2.7.18' }];

/**
 * Runs python2.7 to its end.
 *
 * @param {string[]} args
 * @param {object} env added to the environment
 * @param {number} [timeout] in milliseconds
 * @returns {Promise<{code: number|null, output: string}>}
 */
function python(args, env, timeout) {
  return new Promise((resolve) => {
    const child = spawn('python2.7', args, { env: { ...process.env, ...env }, timeout });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** The environment in which `python2.7` is Python 2.7 with pip; undefined if there is none. */
async function environment() {
  for (const env of ENVIRONMENTS) {
    const { code } = await python(['-m', 'pip', '--version'], env);
    if (code === 0) return env;
  }
  return undefined;
}

/**
 * Installs the suite if it isn't there.
 *
 * @param {{minutes: number}} limit for the installation
 * @returns {Promise<{env: object}|{missing: string}>} what to run python2.7 with, or why the suite cannot run here
 */
async function install({ minutes }) {
  const env = await environment();
  if (!env) return { missing: 'there is no Python 2.7 with pip (python2.7), which autobahntestsuite needs' };
  if (!fs.existsSync(MARK)) {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', FOLDER];
    const { code, output } = await python(
      [...args, `autobahntestsuite==${VERSION}`],
      env,
      minutes * 60 * 1000
    );
    if (code !== 0) {
      const last = output.trim().split('\n').pop();
      return {
        missing: `pip could not install autobahntestsuite ${VERSION} within ${minutes} minutes: ${last}`
      };
    }
    fs.writeFileSync(MARK, '');
  }
  return { env: { ...env, PYTHONPATH: FOLDER } };
}

module.exports = { VERSION, install };
