'use strict';

// A connection is closed while its other end is in the middle of sending much: both ends tell the code, whoever closes and for
// whatever reason (RFC 6455 sections 7.1.1, 7.1.5 and 7.1.7). The peer runs on a thread of its own, so that it goes on sending
// while our end closes.

const assert = require('node:assert');
const { once } = require('node:events');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { makeCertificate } = require('../testing/certificate');
const { act, connect, serve } = require('../testing/peers/streaming');

/** What each end does, and the codes that ours and the peer tell. */
const ENDINGS = {
  'our close': { our: { closes: 3 }, its: { streams: true }, codes: [4000, 4000] },
  'our close, while both send': {
    our: { closes: 3, streams: true },
    its: { streams: true },
    codes: [4000, 4000]
  },
  "the peer's close": { our: { streams: true }, its: { closes: 3 }, codes: [4000, 4000] },
  'the close of both': {
    our: { closes: 3, streams: true },
    its: { closes: 3, streams: true },
    codes: [4000, 4000]
  },
  'a message that is too big': { our: {}, its: { streams: true }, maxLength: 1000, codes: [1009, 1009] },
  'a frame that breaks the protocol': {
    our: { streams: true },
    its: { streams: true, breaks: 3 },
    codes: [1002, 1002]
  }
};
const PEERS = ['ours', 'ws', 'faye-websocket'];
const ROLES = { server: 'client', client: 'server' };
const WAYS = [
  { transport: 'direct', secure: false },
  { transport: 'stream', secure: false },
  { transport: 'stream', secure: true }
];

/**
 * Whether what an end tells may be 1006, with faye-websocket as the peer. It destroys its socket as soon as a close frame has
 * come, with what waits in front of its answer, so that we may get none. And if its extension is at work then, it may take the
 * end of the stream for the end.
 */
function maybeLost(peer, { our, codes }, deflates) {
  if (peer !== 'faye-websocket') return [false, false];
  return [our.closes !== undefined, deflates && codes[1] < 4000];
}

for (const peer of PEERS) {
  describe(`while both ends are busy, with ${peer} as the peer`, () => {
    const certificate = makeCertificate({ names: ['localhost'] });
    let worker;
    before(() => {
      worker = new Worker(path.join(__dirname, '..', 'testing', 'peers', 'streaming.js'), {
        workerData: { peer, certificate }
      });
    });
    after(() => worker.terminate());

    /** Asks the peer for one connection; its next message. */
    async function ask(task) {
      worker.postMessage(task);
      return (await once(worker, 'message'))[0];
    }

    for (const role of Object.keys(ROLES)) {
      for (const { transport, secure } of WAYS) {
        for (const deflates of [false, true]) {
          const way = `${role}, ${secure ? 'TLS' : transport}${deflates ? ', compressed' : ''}`;
          test(`the codes of a closing arrive: ${way}`, { timeout: 60_000 }, async () => {
            for (const [name, ending] of Object.entries(ENDINGS)) {
              const settings = { secure, deflates, transport };
              const ours = { ...settings, maxLength: ending.maxLength };
              const task = { role: ROLES[role], does: ending.its, settings };
              let server = null;
              let closed;
              let told;
              if (role === 'server') {
                closed = new Promise((resolve) => {
                  server = serve('ours', certificate, ours, (ws) => act(ws, ending.our, resolve));
                });
                const { port } = (await server).address();
                told = ask({ ...task, port });
              } else {
                const { port } = await ask(task);
                told = once(worker, 'message').then(([message]) => message);
                closed = new Promise((resolve) =>
                  act(connect('ours', port, certificate, ours), ending.our, resolve)
                );
              }
              const codes = [await closed, (await told).code];
              if (server !== null) (await server).close();
              const lost = maybeLost(peer, ending, deflates);
              const expected = ending.codes.map((code, i) => (lost[i] && codes[i] === 1006 ? 1006 : code));
              assert.deepStrictEqual(codes, expected, name);
            }
          });
        }
      }
    }
  });
}
