'use strict';

// The way of a newcomer through the README, as long as nothing is published: the packages are packed in a checkout, installed in
// an empty folder with the command of the document, and a client gets its first echo. How long that takes is printed.

const assert = require('node:assert');
const { execFile, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { test } = require('node:test');
const { promisify } = require('node:util');

const ROOT = path.join(__dirname, '..');
const README = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** The command that the README gives for this system alone. */
const skip = !fs.existsSync(path.join(ROOT, 'faye-websocket-native.linux-x64-gnu.node')) && 'it is for Linux';

test('leads from an empty folder to the first echo', { skip, timeout: 300000 }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-first-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const checkout = path.join(folder, 'checkout');
  const project = path.join(folder, 'project');
  fs.mkdirSync(project);
  const options = { cwd: project, encoding: 'utf8' };
  const pack = [path.join(ROOT, 'scripts', 'pack.js'), '--to', path.join(checkout, 'dist')];
  const { stdout: packed } = await promisify(execFile)(process.execPath, pack, options);
  const [, command] = /^```sh\n(npm install [^]*?)\n```$/m.exec(README);
  const program = (name) => new RegExp(`^\`\`\`js\n// ${name}\n([^]*?)^\`\`\`$`, 'm').exec(README)[1];

  const began = process.hrtime.bigint();
  const install = command.replaceAll('/path/to/checkout', checkout);
  await promisify(execFile)('sh', ['-c', `${install} --no-audit --no-fund --offline`], options);
  for (const name of ['server.js', 'client.js']) fs.writeFileSync(path.join(project, name), program(name));
  const server = spawn(process.execPath, ['server.js'], {
    cwd: project,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  });
  t.after(() => server.kill());
  const [line] = await once(createInterface(server.stdout), 'line');
  const url = `ws://localhost:${/^port (\d+)$/.exec(line)[1]}/`;
  const { stdout } = await promisify(execFile)(process.execPath, ['client.js', url], options);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;

  assert.strictEqual(stdout, 'Hello, world!\nclose 1000 done\n');
  t.diagnostic(`from an empty folder to the first echo: ${seconds.toFixed(1)} s`);

  // What `npm run pack` says last is the same command, for the platform that it ran on.
  const [, said] = /In another project:\n\n {2}(npm install .*)\n/.exec(packed);
  const names = install.replace('*-linux', 'faye-websocket-native-linux');
  assert.strictEqual(said, names);

  const { stdout: examined } = await promisify(execFile)(
    'sh',
    ['-c', /`(npx faye-websocket-native doctor)`/.exec(README)[1]],
    options
  );
  assert.match(examined, /engine native[^]*All of them are faye-websocket-native\./);

  await overrides(folder, checkout, install.split(' ')[2]);
});

/** Has a project put ours in the place of the original that another package of it wants, as the README says. */
async function overrides(folder, checkout, platform) {
  const project = path.join(folder, 'overriding');
  const dependent = path.join(folder, 'dependent');
  for (const each of [project, dependent]) fs.mkdirSync(each);
  const wants = { name: 'dependent', version: '1.0.0', dependencies: { 'faye-websocket': '^0.11.3' } };
  fs.writeFileSync(path.join(dependent, 'package.json'), JSON.stringify(wants));
  const [, line] = /^<!-- overrides before there is a registry -->\n```json\n([^]*?)\n```$/m.exec(README);
  fs.writeFileSync(path.join(project, 'package.json'), line.replaceAll('/path/to/checkout', checkout));
  const commands = [
    `npm pack ${dependent}`,
    `npm install ${platform} ./dependent-1.0.0.tgz --no-audit --no-fund --offline`,
    'npx faye-websocket-native doctor'
  ];
  const { stdout } = await promisify(execFile)('sh', ['-c', commands.join(' && ')], { cwd: project });

  assert.match(stdout, /engine native[^]*All of them are faye-websocket-native\./);
}
