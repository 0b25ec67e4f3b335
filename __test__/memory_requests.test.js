'use strict';

// Hooks of `async_hooks` see Node's requests to write, and may keep them: what another connection sends later never stands in
// one that was kept.

const assert = require('node:assert');
const { createHook } = require('node:async_hooks');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { Client } = require('../testing/peers/implementation');
const { WAYS } = require('../testing/peers/scoped');
const { serve } = require('../testing/peers/server');

/** One frame of the memory that all share, one that is too large for it, and one that no system takes at once. */
const SIZES = [100, 300_000, 8_000_000];

/** Keeps the requests that are made from now on, and what they were seen to write. */
function keep(t) {
  const seen = new Map();
  const hook = createHook({
    init(id, type, trigger, request) {
      if (type === 'WRITEWRAP') seen.set(request, null);
    }
  });
  hook.enable();
  t.after(() => hook.disable());
  /** The pieces of memory that a request has. */
  const memoryOf = ({ buffer, _chunks: chunks }) => [buffer, chunks].flat().filter(Buffer.isBuffer);
  return {
    /** Notes what requests write that were not looked at before. */
    look() {
      for (const [request, copies] of seen) {
        const memory = memoryOf(request);
        if (copies === null && memory.length > 0) {
          seen.set(
            request,
            memory.map((bytes) => Buffer.from(bytes))
          );
        }
      }
    },
    /** How many requests have other bytes now. */
    changed: () =>
      [...seen].filter(
        ([request, copies]) =>
          copies !== null && memoryOf(request).some((bytes, i) => !copies[i].equals(bytes))
      ).length
  };
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`a request to write that a hook keeps (${name})`, () => {
    for (const size of SIZES) {
      test(`never shows what another connection writes later, in ${size} bytes`, async (t) => {
        const server = await serve(
          t,
          (ws) => ws.on('message', ({ data }) => ws.send(Buffer.alloc(size, data[0]))),
          way
        );
        const clients = [];
        for (let i = 0; i < 2; i++) {
          const client = new Client(server.url, [], { ...way.options, tls: { rejectUnauthorized: false } });
          t.after(() => client.terminate());
          await once(client, 'open');
          clients.push(client);
        }
        const kept = keep(t);
        for (let i = 0; i < (size > 1_000_000 ? 4 : 12); i++) {
          const client = clients[i % 2];
          const answer = once(client, 'message');
          client.send(Buffer.alloc(Math.min(size, 300_000), i));
          kept.look();
          setImmediate(kept.look);
          await answer;
          kept.look();
          assert.strictEqual(kept.changed(), 0);
        }
      });
    }
  });
}
