'use strict';

// The page of examples/chat in a real browser: Chromium's WebSocket and EventSource against ours.
// CHROMIUM names the browser; without one the tests are skipped.

const assert = require('node:assert');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { ARGS, executablePath, skip } = require('./chromium');

describe('the page in Chromium', { skip, timeout: 120000 }, () => {
  let server, browser, page, faults;

  before(async () => {
    const { chromium } = require('playwright-core');
    const { createServer } = require('../examples/chat/server');
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    browser = await chromium.launch({ executablePath, args: ARGS });
    page = await browser.newPage();
    faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
  });

  after(async () => {
    if (browser) await browser.close();
    if (server) server.close();
  });

  const log = (id, text) => page.locator(`#${id} li`).filter({ hasText: text }).first().textContent();

  test('opens both WebSockets and the EventSource', async () => {
    for (const id of ['chat-state', 'echo-state', 'feed-state']) {
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

  test('says nothing on the console', () => {
    assert.deepStrictEqual(faults, []);
  });
});
