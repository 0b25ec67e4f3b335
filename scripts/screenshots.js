'use strict';

/**
 * `node scripts/screenshots.js`: pictures of the page of `npm start` under a flood, light and dark, wide and narrow, for
 * the README, in `docs/images`. Needs Chromium, as the browser test does.
 */

const { once } = require('node:events');
const path = require('node:path');

const { chromium } = require('playwright-core');

const { ARGS, executablePath } = require('../testing/chromium');
const { createServer } = require('../examples/chat/server');
const { ROOT } = require('./process');

const WIDTHS = { wide: { width: 1100, height: 760 }, narrow: { width: 390, height: 844 } };

/** Opens the crowd, says something in each part of the page, and takes a picture in the middle of the flood. */
async function shoot(browser, url, name, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(url);
  await page.click('#crowd');
  await page.locator('#crowd-result').filter({ hasText: 'grew by' }).waitFor();
  await page.fill('#chat-text', 'Hello from Chromium');
  await page.click('text=Say');
  await page.click('text=Send text');
  await page.click('#echo-large');
  await page.click('#flood');
  await page.waitForFunction(() => document.getElementById('flood-progress').value > 60000, null, {
    timeout: 120000
  });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: path.join(ROOT, 'docs', 'images', `page-${name}-${colorScheme}.png`) });
  await page.click('#crowd');
  await page.close();
}

async function main() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const browser = await chromium.launch({ executablePath, args: ARGS });
  const url = `http://127.0.0.1:${server.address().port}/`;
  for (const [name, viewport] of Object.entries(WIDTHS))
    for (const colorScheme of ['light', 'dark']) await shoot(browser, url, name, viewport, colorScheme);
  await browser.close();
  server.close();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
