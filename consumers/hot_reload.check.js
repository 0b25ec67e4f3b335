'use strict';

// webpack-dev-server 4 and 5 over SockJS, which is the only way in which they load us, with ours through `overrides`: a change reaches a page in Chromium, and the
// page is not loaded anew. Skipped without Chromium.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const { ARGS, executablePath, skip } = require('../testing/chromium');
const { ALIAS, installWithNpm, workspace } = require('./installed');

for (const version of ['4.15.2', '5.2.2'])
  describe(`webpack-dev-server ${version}`, { skip }, () => {
    let folder, remove, browser, server;

    before(async () => {
      const space = await workspace();
      ({ folder, remove } = space);
      await installWithNpm(space, {
        dependencies: { webpack: '5.112.2', 'webpack-dev-server': version },
        overrides: ALIAS
      });
      fs.cpSync(path.join(__dirname, 'programs'), folder, { recursive: true });
      server = spawn(process.execPath, ['dev_server.js'], {
        cwd: folder,
        stdio: ['pipe', 'pipe', 'inherit']
      });
      const { chromium } = require('playwright-core');
      browser = await chromium.launch({ executablePath, args: ARGS });
    });

    after(async () => {
      if (browser) await browser.close();
      if (server) {
        server.stdin.end();
        await once(server, 'close');
      }
      remove();
    });

    test('replaces a module in the page when its file changes', async () => {
      const [line] = await once(server.stdout, 'data');
      const port = Number(/^port (\d+)/.exec(line)[1]);
      const page = await browser.newPage();
      const sockets = [];
      page.on('websocket', (socket) => sockets.push(socket.url()));
      await page.goto(`http://127.0.0.1:${port}/`);
      const says = (text) =>
        page.waitForFunction((t) => document.getElementById('said').textContent === t, text);
      await says('before 1');
      if (sockets.length === 0) await page.waitForEvent('websocket');
      fs.writeFileSync(path.join(folder, 'page_word.js'), "export const word = 'after';\n");

      await says('after 1');
      assert.match(sockets[0], new RegExp(`^ws://127\\.0\\.0\\.1:${port}/ws/.*/websocket$`));
      const { name } = JSON.parse(
        fs.readFileSync(path.join(folder, 'node_modules/faye-websocket/package.json'))
      );
      assert.strictEqual(name, 'faye-websocket-native');
    });
  });
