'use strict';

// WebSockets over HTTP/2 with others: our server with Chromium, our client with hypercorn.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { describe, test } = require('node:test');

const { Client } = require('../..');
const { ARGS, executablePath, skip } = require('../../testing/chromium');
const { makeCertificate } = require('../../testing/certificate');
const { serve } = require('../../testing/peers/http2');
const { until } = require('../../testing/peers/told');

const ROOT = path.join(__dirname, '..', '..');
/** Where `.ci/run` installs packages of Python. */
const PYTHON_PATH = [path.join(ROOT, 'target', 'python'), process.env.PYTHONPATH]
  .filter(Boolean)
  .join(path.delimiter);
const env = { ...process.env, PYTHONPATH: PYTHON_PATH };

describe('HTTP/2 with others', { timeout: 120000 }, () => {
  test(
    'Chromium asks over HTTP/2, on the connection of the page, and gets its messages back',
    { skip },
    async () => {
      const { chromium } = require('playwright-core');
      const server = await serve({ secure: true });
      const browser = await chromium.launch({ executablePath, args: ARGS });
      try {
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        const page = await context.newPage();
        await page.goto(`${server.origin}/`);
        const seen = await page.evaluate(
          (url) =>
            new Promise((resolve) => {
              const told = [];
              const ws = new WebSocket(url);
              ws.binaryType = 'arraybuffer';
              ws.onopen = () => {
                ws.send('Grüße');
                ws.send(new Uint8Array(300_000).fill(7));
              };
              ws.onmessage = ({ data }) => {
                told.push(typeof data === 'string' ? data : data.byteLength);
                if (told.length === 2) ws.close(3000, 'done');
              };
              ws.onclose = ({ code, reason, wasClean }) => resolve([...told, code, reason, wasClean]);
            }),
          server.url
        );
        assert.deepStrictEqual(seen, ['Grüße', 300_000, 3000, 'done', true]);
        assert.deepStrictEqual(
          server.requests.map(({ httpVersion, method }) => [httpVersion, method]),
          [['2.0', 'CONNECT']]
        );
      } finally {
        await browser.close();
        server.stop();
      }
    }
  );

  const missing = spawnSync('python3', ['-c', 'import hypercorn'], { env }).status !== 0;
  const why = missing && 'python3 with the package hypercorn is not installed';

  test('hypercorn answers our client over HTTP/2', { skip: why }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-http2-'));
    const { key, cert } = makeCertificate({ names: ['localhost'] });
    const files = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
    fs.writeFileSync(files[0], cert);
    fs.writeFileSync(files[1], key);
    const child = spawn('python3', [path.join(__dirname, 'peer_hypercorn.py'), ...files], {
      env,
      // It logs a KeyError of its own when a stream ends that it has answered the close frame of.
      stdio: ['ignore', 'pipe', 'ignore']
    });
    try {
      const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const [, port] = (await lines.next()).value.split(' ');
      const ws = new Client(`wss://localhost:${port}/`, ['chat'], { http2: true, tls: { ca: cert } });
      const got = [];
      ws.on('message', (event) => got.push(event.data));
      ws.send('Grüße');
      ws.send(Buffer.alloc(1 << 20, 7));
      await until(() => got.length === 2);
      assert.deepStrictEqual(
        [ws.protocol, ws.statusCode, got[0], got[1].length],
        ['chat', 200, 'Grüße', 1 << 20]
      );
      ws.close(3000, 'done');
      const [{ code }] = await once(ws, 'close');
      assert.strictEqual(code, 3000);
      // The code is lost within hypercorn; the version of HTTP is what counts here.
      assert.match((await lines.next()).value, /^closed \d+ 2$/);
    } finally {
      child.kill();
      fs.rmSync(folder, { recursive: true });
    }
  });
});
