'use strict';

/**
 * The package managers that the README's section Install is tried with: where each comes from, and how its commands are run
 * without the settings of this machine's user. They are installed from npm below `.cache/managers`, as the versions of
 * Node.js are.
 */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const { runtime } = require('./runtimes');
const { ROOT, runNpm, say } = require('./process');

const CACHE = path.join(ROOT, '.cache', 'managers');

/** The program of pnpm 12, which is no JavaScript, for this system and processor. */
const EXE = `${process.platform}-${process.arch}/pnpm${process.platform === 'win32' ? '.exe' : ''}`;

/**
 * @typedef {object} Manager
 * @property {string} kind the word that its commands begin with
 * @property {string} name of its package on npm
 * @property {string} version the major version, or nothing for that of this machine
 * @property {string} program its file within node_modules
 * @property {string} [node] the major version of Node.js that it needs, where 20 is too old
 * @property {string} lock the name of its lock file
 * @property {string} frozen the command that installs from the lock file alone
 */

/** @returns {Manager} */
function npm(version) {
  const names = { kind: 'npm', name: 'npm', program: 'npm/bin/npm-cli.js' };
  return { ...names, version, lock: 'package-lock.json', frozen: 'npm ci' };
}

/** @returns {Manager} */
function pnpm(version, program) {
  const frozen = 'pnpm install --frozen-lockfile';
  return { kind: 'pnpm', name: 'pnpm', version, program, lock: 'pnpm-lock.yaml', frozen };
}

/** @returns {Manager} */
function yarn(version, name, frozen) {
  return { kind: 'yarn', name, version, program: `${name}/bin/yarn.js`, lock: 'yarn.lock', frozen };
}

/** @type {Record<string, Manager>} */
const MANAGERS = {
  npm: npm(''),
  'npm 10': npm('10'),
  'npm 11': npm('11'),
  'npm 12': { ...npm('12'), node: '24' },
  'pnpm 9': pnpm('9', 'pnpm/bin/pnpm.cjs'),
  'pnpm 10': pnpm('10', 'pnpm/bin/pnpm.cjs'),
  'pnpm 11': { ...pnpm('11', 'pnpm/bin/pnpm.mjs'), node: '24' },
  'pnpm 12': pnpm('12', `@pnpm/exe.${EXE}`),
  'Yarn 1': yarn('1', 'yarn', 'yarn install --frozen-lockfile'),
  'Yarn 4': yarn('4', '@yarnpkg/cli-dist', 'yarn install --immutable')
};

/**
 * Installs a package manager, if it is not there yet.
 *
 * @param {Manager} manager
 * @returns {Promise<[string, ...string[]]>} the command that runs it
 * @throws {Error} when npm cannot install it
 */
async function provide({ name, version, program, node }) {
  if (version === '') return process.platform === 'win32' ? ['cmd.exe', '/c', name] : [name];
  const folder = path.join(CACHE, `${path.basename(name)}-${version}`);
  const file = path.join(folder, 'node_modules', program);
  if (!fs.existsSync(file)) {
    say(`npm install ${name}@${version}`);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
    const code = await runNpm(['install', ...flags, `${name}@${version}`], { cwd: folder });
    if (code !== 0 || !fs.existsSync(file)) throw new Error(`${name}@${version} could not be installed`);
  }
  if (!/\.[cm]?js$/.test(program)) return [file];
  return [node ? await runtime('node', node) : process.execPath, file];
}

/**
 * The settings that a package manager needs here, where a user needs none: another registry, and folders of its own.
 *
 * @param {Manager} manager
 * @param {string} home
 * @param {string} registry
 * @returns {Record<string, string>}
 */
function settings({ kind }, home, registry) {
  const all = { HOME: home, USERPROFILE: home, npm_config_registry: registry };
  const kept = path.join(home, 'kept');
  // Our registry does not say when a version was published, which some wait for.
  const own = {
    npm: { npm_config_cache: kept, npm_config_audit: 'false', npm_config_update_notifier: 'false' },
    pnpm: {
      npm_config_store_dir: kept,
      pnpm_config_store_dir: kept,
      pnpm_config_registry: registry,
      pnpm_config_minimum_release_age: '0'
    },
    yarn: {
      YARN_REGISTRY: registry,
      YARN_CACHE_FOLDER: kept,
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_TELEMETRY: '0'
    }
  };
  return { ...all, ...own[kind] };
}

/**
 * Makes what runs the commands of a document with a package manager.
 *
 * @param {Manager} manager
 * @param {string} home a folder for what it keeps
 * @param {string} registry
 * @returns {Promise<function(string, string): Promise<{stdout: string, stderr: string}>>} takes a line as a user types it,
 *   and the folder of the project
 */
async function shell(manager, home, registry) {
  const [program, ...first] = await provide(manager);
  const env = { ...process.env };
  // npm says its settings to what it runs, and on the machines of CI a package manager refuses to change a lock file.
  for (const name of Object.keys(env)) if (/^(npm_|pnpm_|yarn_|CI$)/i.test(name)) delete env[name];
  Object.assign(env, settings(manager, home, registry));
  return async (line, cwd) => {
    const [word, ...args] = line.split(' ');
    if (word !== manager.kind && word !== 'node') throw new Error(`${line}: this is ${manager.kind}`);
    const [command, ...before] = word === 'node' ? [process.execPath] : [program, ...first];
    try {
      return await promisify(execFile)(command, [...before, ...args], { cwd, env, encoding: 'utf8' });
    } catch (error) {
      throw new Error(`${line}: ${error.stdout}${error.stderr}`, { cause: error });
    }
  };
}

module.exports = { MANAGERS, shell };
