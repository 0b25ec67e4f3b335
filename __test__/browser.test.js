'use strict';

// The page of examples/chat in a real browser: Chromium's WebSocket and EventSource against ours.
// CHROMIUM names the browser; without one the tests are skipped.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { ARGS, executablePath, skip } = require('../testing/chromium');

/** The widths and colours in which the page has to be usable. */
const VIEWS = [
  { width: 1200, height: 900, colorScheme: 'light' },
  { width: 1200, height: 900, colorScheme: 'dark' },
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' }
];

describe('the page in Chromium', { skip, timeout: 300000 }, () => {
  let server, browser, page, faults, elsewhere;
  const sockets = new Set();

  before(async () => {
    const { chromium } = require('playwright-core');
    const { createServer } = require('../examples/chat/server');
    server = createServer();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    browser = await chromium.launch({ executablePath, args: ARGS });
    page = await browser.newPage();
    faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    elsewhere = [];
    const origin = `http://127.0.0.1:${server.address().port}`;
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) elsewhere.push(request.url());
    });
    await page.goto(`${origin}/`);
  });

  after(async () => {
    if (browser) await browser.close();
    if (server) server.close();
  });

  const log = (id, text) => page.locator(`#${id} li`).filter({ hasText: text }).first().textContent();

  test('opens its WebSockets and the EventSource', async () => {
    for (const id of ['live-state', 'chat-state', 'echo-state', 'feed-state']) {
      await page.waitForFunction((name) => document.getElementById(name).value === 'open', id);
    }
  });

  test('echoes text beyond ASCII', async () => {
    await page.fill('#echo-text', 'Grüße, 世界 \u{1f600}');
    await page.click('text=Send text');

    assert.match(await log('echo-log', '世界'), /“Grüße, 世界 \u{1f600}” came back unchanged in/u);
  });

  test('echoes binary', async () => {
    await page.click('#echo-binary');

    assert.match(await log('echo-log', '256 bytes'), /^256 bytes came back unchanged in/);
  });

  test('echoes 1 MiB', async () => {
    await page.click('#echo-large');

    assert.match(await log('echo-log', '1 MiB'), /^1 MiB came back unchanged in/);
  });

  test('carries the chat to a second window, as text', async () => {
    const second = await browser.newPage();
    await second.goto(page.url());
    await second.waitForFunction(() => document.getElementById('chat-state').value === 'open');
    await page.fill('#chat-text', '<b>hello</b>');
    await page.click('text=Say');

    const line = second.locator('#chat-log li').first();
    assert.strictEqual(await line.textContent(), 'Guest: <b>hello</b>');
    await second.close();
  });

  test('receives the events of the feed with their IDs, and those before its time', async () => {
    assert.match(await log('feed-log', '2 in the chat'), /^2 in the chat \(event \d+\)$/);
    assert.match(await log('feed-log', 'Guest:'), /^Guest: <b>hello<\/b> \(event \d+\)$/);
    const late = await browser.newPage();
    await late.goto(page.url());

    const first = late.locator('#feed-log li').first();
    assert.strictEqual(await first.textContent(), '1 in the chat (event 1)');
    await late.close();
  });

  test('closes with the code that the page chose', async () => {
    const code = await page.evaluate(() => {
      const ws = new WebSocket(`ws://${location.host}/echo`);
      ws.onopen = () => ws.close(3000, 'done');
      return new Promise((resolve) => (ws.onclose = (event) => resolve(event.code)));
    });

    assert.strictEqual(code, 3000);
  });

  test('shows the figures of the server with a chart', async () => {
    const tile = page.locator('#tiles > div', { hasText: 'Connections' });
    await page.waitForFunction(() => document.querySelector('#tiles dd').textContent !== '–');

    assert.match(await tile.locator('dd').textContent(), /^\d+$/);
    assert.match(await tile.locator('polyline').getAttribute('points'), /^\d+,\d/);
    const transport = page.locator('#tiles > div', { hasText: 'Transport' }).locator('dd');
    assert.match(await transport.textContent(), /^(direct|stream), (native|wasm)$/);
    const ping = page.locator('#tiles > div', { hasText: 'p99' }).locator('dd');
    await page.waitForFunction(() => document.querySelectorAll('#tiles dd')[4].textContent !== '–');
    assert.match(await ping.textContent(), /^[\d.,]+ ms$/);
  });

  test('floods 100,000 messages, and says the rate', async () => {
    await page.click('#flood');
    assert.strictEqual(await page.isDisabled('#flood'), true);
    await page.waitForFunction(() => !document.getElementById('flood').disabled, null, { timeout: 200000 });

    const result = await page.locator('#flood-result').textContent();
    assert.match(result, /^100,000 there and back in [\d.,]+ s: [\d,]+ messages a second\.$/);
    assert.strictEqual(await page.locator('#flood-progress').getAttribute('max'), '100000');
  });

  test('opens 1,000 connections, says what one costs, and closes them', async () => {
    const result = page.locator('#crowd-result');
    await page.click('#crowd');
    await result.filter({ hasText: '1,000 are open; the process grew by' }).waitFor();
    await page.click('#crowd');
    await result.filter({ hasText: 'All are closed.' }).waitFor();

    assert.strictEqual(await page.textContent('#crowd'), 'Open 1,000 connections');
  });

  test('is used with the keyboard alone, from the first button to the last log', async () => {
    // What was clicked last is where the next Tab starts from, also when it has lost the focus.
    await page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute('tabindex');
    });
    const visited = [];
    for (let i = 0; i < 20 && visited.at(-1) !== 'log feed-title'; i++) {
      await page.keyboard.press('Tab');
      const { name, outline } = await page.evaluate(() => {
        const at = document.activeElement;
        const name =
          at.id || (at.role && `${at.role} ${at.getAttribute('aria-labelledby')}`) || at.textContent;
        return { name, outline: window.getComputedStyle(at).outlineStyle };
      });
      visited.push(name);
      assert.notStrictEqual(outline, 'none', `${name} does not show that it has the focus`);
      if (name === 'chat-text') {
        await page.keyboard.type('by keyboard');
        await page.keyboard.press('Enter');
        assert.strictEqual(await log('chat-log', 'by keyboard'), 'Guest: by keyboard');
      }
    }
    const buttons = ['Say', 'Send text', 'echo-binary', 'echo-large'];
    const fields = ['flood', 'crowd', 'chat-name', 'chat-text', 'echo-text'];
    const logs = ['chat', 'echo', 'feed'].map((part) => `log ${part}-title`);

    assert.deepStrictEqual([...visited].sort(), [...buttons, ...fields, ...logs].sort());
  });

  for (const { colorScheme, ...size } of VIEWS) {
    test(`has no fault that axe finds, ${colorScheme}, ${size.width} wide`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      await page.evaluate(require('axe-core').source);
      const { violations } = await page.evaluate(() => window.axe.run());

      assert.deepStrictEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        []
      );
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
        'nothing stands out of the page'
      );
    });
  }

  test('asks for nothing from elsewhere', () => {
    assert.deepStrictEqual(elsewhere, []);
  });

  test('says nothing on the console', () => {
    assert.deepStrictEqual(faults, []);
  });

  // The last one, since a browser tells the console of connections that fail.
  test('keeps what is said offline, says that it waits, and sends it later', async () => {
    const { port } = server.address();
    server.close();
    for (const socket of sockets) socket.destroy();
    await page.waitForFunction(() => document.getElementById('chat-state').value.startsWith('closed'));
    await page.fill('#chat-text', 'later');
    await page.click('text=Say');
    const waiting = await page.textContent('#chat-waiting');
    await once(server.listen(port, '127.0.0.1'), 'listening');

    assert.strictEqual(waiting, 'Offline: 1 message waits and will be sent.');
    assert.strictEqual(await log('chat-log', 'later'), 'Guest: later');
    assert.strictEqual(await page.textContent('#chat-waiting'), '');
  });
});
