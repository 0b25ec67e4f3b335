'use strict';

// Many connections, one after the other, leave nothing behind.

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { makeCertificate } = require('./parity/harness/certificate');
const { startProxy } = require('./peers/proxy');
const { serve } = require('./peers/server');

const certificate = makeCertificate({ names: ['127.0.0.1'] });

/** CHURN=10000 for the full number; a quarter of them in TLS and through proxies, where each costs more. */
const ROUNDS = Number(process.env.CHURN || 400);
const MEGABYTE = 1 << 20;

const ways = {
  'on the stream transport': { rounds: ROUNDS, options: { transport: 'stream' } },
  'on the transport of choice': { rounds: ROUNDS, options: {} },
  'over TLS': { rounds: ROUNDS / 4, secure: certificate },
  'through a proxy': { rounds: ROUNDS / 4, proxy: true },
  'over TLS through a proxy with TLS': { rounds: ROUNDS / 4, secure: certificate, proxy: certificate }
};

for (const [way, { rounds, options, secure, proxy }] of Object.entries(ways)) {
  test(`${rounds} connections ${way} leave no descriptor, handle, slot or memory`, async (t) => {
    const server = await serve(
      t,
      (ws) => {
        ws.on('message', ({ data }) => (data === 'close please' ? ws.close(4000) : ws.send(data)));
      },
      { secure }
    );
    const all = { ...options, tls: { ca: certificate.cert } };
    if (proxy) {
      const { origin } = await startProxy(t, { certificate: proxy === true ? undefined : proxy });
      all.proxy = { origin, tls: { ca: certificate.cert } };
    }
    const program = path.join(__dirname, 'peers', 'churn.js');
    const args = [
      '--expose-gc',
      // Its young generation grows for a while under any load; that is not what we look for.
      '--max-semi-space-size=1',
      program,
      server.url,
      rounds,
      JSON.stringify(all)
    ].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { early, late, errors } = JSON.parse(stdout);
    assert.deepStrictEqual(errors, []);
    t.diagnostic(`early ${JSON.stringify(early)}`);
    t.diagnostic(`late ${JSON.stringify(late)}`);
    assert.strictEqual(late.descriptors, early.descriptors);
    assert.deepStrictEqual(late.handles, early.handles);
    assert.strictEqual(late.slots, 0);
    assert.ok(late.heap - early.heap < 2 * MEGABYTE, `heap grew by ${late.heap - early.heap} bytes`);
    assert.ok(late.rss - early.rss < 24 * MEGABYTE, `memory grew by ${late.rss - early.rss} bytes`);
  });
}
