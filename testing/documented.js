'use strict';

// The programs of a document, as they stand: each is written to a file of the name in its first line, in an empty folder with
// the packed package, installed by the command of the README.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { after, before } = require('node:test');

const { ROOT, install, packBoth, publish } = require('./packing');
const { makeCertificate } = require('./certificate');

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/**
 * Sets up the programs of a document for the tests of a suite.
 *
 * @param {string} document its path below the root
 * @param {string[]} [packages] of the development, which the programs require besides
 * @param {string[]} [flags] of npm: with `--omit=optional` there is no binary, and the WebAssembly engine does the work
 */
function documented(document, packages = [], flags = []) {
  const text = read(document);
  const programs = new Map(
    Array.from(text.matchAll(/^```js\n\/\/ (\S+\.js)\n([^]*?)^```$/gm), ([, name, code]) => [name, code])
  );
  const running = [];
  let folder, registry;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-document-'));
    registry = await publish(await packBoth(folder));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const [, command] = /`npm install (faye-websocket@\S+)`/.exec(read('README.md'));
    await install(folder, registry, ...flags, command);
    for (const name of packages) {
      const link = path.join(folder, 'node_modules', name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.join(ROOT, 'node_modules', name), link, 'junction');
    }
    for (const [name, code] of programs) fs.writeFileSync(path.join(folder, name), code);
    const { key, cert } = makeCertificate({ names: ['localhost'] });
    fs.writeFileSync(path.join(folder, 'key.pem'), key);
    fs.writeFileSync(path.join(folder, 'cert.pem'), cert);
  });

  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(
      running.map((child) => child.exitCode === null && child.signalCode === null && once(child, 'exit'))
    );
    registry.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Starts a program; its lines come one by one from `line`. */
  function start(name, args = [], env = {}) {
    const child = spawn(process.execPath, [name, ...args], {
      cwd: folder,
      // That there is no binary is said once, by another test.
      env: { ...process.env, PORT: '0', ...(flags.length > 0 && { NODE_NO_WARNINGS: '1' }), ...env },
      stdio: ['ignore', 'pipe', 'inherit']
    });
    running.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, line: async () => (await lines.next()).value };
  }

  /** Starts a server; resolves to its port as well. */
  async function serve(name, env) {
    const server = start(name, [], env);
    const line = await server.line();
    const [, port] = /^port (\d+)$/.exec(line) ?? [];
    if (port === undefined)
      throw new Error(`${name} tells no port, but ${line}, and ends with ${server.child.exitCode}`);
    return { ...server, port: Number(port) };
  }

  return {
    blocks: (text.match(/^```js$/gm) || []).length,
    programs,
    fileOf: (name) => path.join(folder, name),
    start,
    serve
  };
}

/** What a GET of an address gives: its status and the beginning of its body. */
async function get(url, options = {}) {
  const request = (url.startsWith('https') ? https : http).get(url, {
    rejectUnauthorized: false,
    ...options
  });
  const [response] = await once(request, 'response');
  const [body] = await once(response.setEncoding('utf8'), 'data');
  request.destroy();
  return [response.statusCode, body];
}

module.exports = { documented, get };
