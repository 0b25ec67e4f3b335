'use strict';

// A bundle of one file, and Node's single executable made of one: both lose the binary, and work without it or with one
// that is put beside them.

const assert = require('node:assert');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const binary = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));

/** Serves an echo, and sends what a client sends: which engine did it, and what came back. */
const PROGRAM = `
  const http = require('node:http');
  const WebSocket = require(${JSON.stringify(ROOT)});
  const server = http.createServer().on('upgrade', (request, socket, head) => {
    const options = { extensions: [WebSocket.deflate] };
    const ws = new WebSocket(request, socket, head, [], options);
    ws.on('message', ({ data }) => ws.send(data));
  });
  server.listen(0, '127.0.0.1', () => {
    const url = 'ws://127.0.0.1:' + server.address().port + '/';
    const client = new WebSocket.Client(url, [], { extensions: [WebSocket.deflate] });
    const text = 'single '.repeat(100000);
    client.on('open', () => client.send(text));
    client.on('message', ({ data }) => {
      console.log(WebSocket.engine, data === text);
      client.close();
      server.close();
    });
  });`;

/** What a program prints, and the first line of its warnings. */
function run(command, args, choice = '') {
  const env = { ...process.env, FAYE_WEBSOCKET_NATIVE: choice, NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  assert.strictEqual(status, 0, stderr);
  return { printed: stdout.trim(), said: stderr };
}

/** Node makes single executables by itself from 25.5 on. */
const [major] = process.versions.node.split('.').map(Number);
const builds = major >= 26;

describe('a program in one file', () => {
  let folder, bundle;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'single-'));
    const source = path.join(folder, 'program.js');
    fs.writeFileSync(source, PROGRAM);
    bundle = path.join(folder, 'bundle.js');
    require('esbuild').buildSync({
      entryPoints: [source],
      bundle: true,
      platform: 'node',
      outfile: bundle,
      logLevel: 'error'
    });
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Runs it without the binary, and with one beside it. */
  function check(command, args, missing) {
    const alone = run(command, args);
    assert.strictEqual(alone.printed, 'wasm true');
    assert.match(alone.said, missing);
    assert.ok(alone.said.includes(binary), 'names the file');
    assert.deepStrictEqual(run(command, args, 'wasm'), { printed: 'wasm true', said: '' });
    fs.copyFileSync(path.join(ROOT, binary), path.join(folder, binary));
    try {
      assert.deepStrictEqual(run(command, args), { printed: 'native true', said: '' });
    } finally {
      fs.rmSync(path.join(folder, binary));
    }
  }

  const skip = !binary && 'there is no binary here';
  test('works as a bundle', { skip }, () => {
    check(process.execPath, [bundle], /put .* beside the bundle/);
  });

  test('works as a single executable', { skip: skip || (!builds && 'this Node makes none') }, () => {
    const output = path.join(folder, process.platform === 'win32' ? 'single.exe' : 'single');
    const config = path.join(folder, 'sea.json');
    const settings = {
      main: bundle,
      output,
      executable: process.execPath,
      disableExperimentalSEAWarning: true
    };
    fs.writeFileSync(config, JSON.stringify(settings));
    execFileSync(process.execPath, ['--build-sea', config], { stdio: 'ignore' });
    check(output, [], /which cannot hold one/);
  });
});
