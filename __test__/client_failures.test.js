'use strict';

// Whatever keeps a client from its connection, or ends it early: one error with a clear message, one close, nothing left.

const assert = require('node:assert');
const { getEventListeners, once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { Client } = require('..');
const { makeCertificate } = require('../testing/certificate');
const { deadPort } = require('../testing/parity/listener');
const { agree, listen } = require('../testing/peers/raw_server');
const { leakCheck, watch } = require('../testing/peers/watch');

const ours = makeCertificate({ names: ['localhost', '127.0.0.1'] });

/** A port of the loopback interface that nobody listens on while the test runs. */
async function dead(t) {
  const cleanups = [];
  t.after(() => cleanups.forEach((cleanup) => cleanup()));
  return deadPort(cleanups);
}

/** Addresses for the `lookup` option of `net` and `tls`. */
const resolvesTo =
  (...addresses) =>
  (host, options, callback) => {
    const all = addresses.map((address) => ({ address, family: 4 }));
    process.nextTick(() => (options.all ? callback(null, all) : callback(null, addresses[0], 4)));
  };

/** Waits for the end of `ws`: its events, and the Error of its one error event. */
async function failure(ws) {
  const { closed, errors } = watch(ws);
  const events = await closed;
  assert.strictEqual(errors.length, 1, String(events));
  assert.strictEqual(errors[0].error.message, errors[0].message);
  assert.strictEqual(errors[0].error, errors[0].error);
  assert.ok(!Object.keys(errors[0]).includes('error'));
  return { events, error: errors[0].error };
}

describe('a connection that fails', () => {
  test('because nobody listens is reported with code and cause', async (t) => {
    const port = await dead(t);
    const noLeak = leakCheck();
    const { events, error } = await failure(new Client(`ws://127.0.0.1:${port}/p`, [], { ping: 100 }));
    assert.deepStrictEqual(events, [
      `error Network error: ws://127.0.0.1:${port}/p: connect ECONNREFUSED 127.0.0.1:${port}`,
      'close 1006 '
    ]);
    assert.strictEqual(error.code, 'ECONNREFUSED');
    assert.deepStrictEqual([error.cause.code, error.cause.syscall], ['ECONNREFUSED', 'connect']);
    await noLeak();
  });

  test('at every address of a name is reported with the message of each', async (t) => {
    const port = await dead(t);
    const noLeak = leakCheck();
    const lookup = resolvesTo('127.0.0.1', '127.0.0.2');
    const ws = new Client(`ws://two.invalid:${port}/`, [], { net: { lookup, autoSelectFamily: true } });
    const { events, error } = await failure(ws);
    assert.match(
      events[0],
      /^error Network error: ws:\/\/two\.invalid:\d+\/: connect ECONNREFUSED 127\.0\.0\.1:\d+/
    );
    assert.strictEqual(error.code, 'ECONNREFUSED');
    // Node 18 itself leaves a socket behind here, whoever asks for `autoSelectFamily`.
    if (!process.version.startsWith('v18.')) await noLeak();
  });

  test('because a name cannot be resolved', async () => {
    const noLeak = leakCheck();
    const lookup = (host, options, callback) =>
      process.nextTick(
        callback,
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
      );
    const { events, error } = await failure(new Client('ws://nowhere.invalid/', [], { net: { lookup } }));
    assert.deepStrictEqual(events, [
      'error Network error: ws://nowhere.invalid/: getaddrinfo ENOTFOUND nowhere.invalid',
      'close 1006 '
    ]);
    assert.strictEqual(error.code, 'ENOTFOUND');
    await noLeak();
  });

  test('because the server resets it in the place of an answer', async (t) => {
    const noLeak = leakCheck();
    const server = await listen(t);
    const ws = new Client(server.url);
    server.next().then(async (peer) => {
      await peer.head();
      peer.socket.resetAndDestroy();
    });
    const { events, error } = await failure(ws);
    assert.deepStrictEqual(events, [`error Network error: ${server.url}: read ECONNRESET`, 'close 1006 ']);
    assert.strictEqual(error.code, 'ECONNRESET');
    await noLeak();
  });

  for (const [what, answer] of [
    ['without an answer', ''],
    ['in the middle of an answer', 'HTTP/1.1 101 Switching Protocols\r\nUpgr']
  ]) {
    test(`because the server ends it ${what} is reported`, async (t) => {
      const noLeak = leakCheck();
      const server = await listen(t, (peer) => peer.head().then(() => peer.socket.end(answer)));
      const { events, error } = await failure(new Client(server.url));
      const text = `Can't establish a connection to the server at ${server.url}: the connection ended before the server had answered`;
      assert.deepStrictEqual(events, [`error ${text}`, 'close 1006 ']);
      assert.strictEqual(error.code, 'ERR_WEBSOCKET_HANDSHAKE');
      await noLeak();
    });
  }

  test('because a proxy ends it without an answer is reported', async (t) => {
    const noLeak = leakCheck();
    const { port } = await listen(t, (peer) => peer.head().then(() => peer.socket.end()));
    const proxy = { origin: `http://127.0.0.1:${port}` };
    const { events, error } = await failure(new Client('ws://h.invalid/', [], { proxy }));
    assert.deepStrictEqual(events, [
      "error Can't establish a connection to the server at ws://h.invalid/",
      'close 1006 '
    ]);
    assert.strictEqual(error.code, 'ERR_WEBSOCKET_PROXY');
    assert.match(error.cause.message, /ended the connection before it had answered/);
    await noLeak();
  });

  test('because the server ends it, and onerror closes, closes once, as that says', async (t) => {
    const noLeak = leakCheck();
    const server = await listen(t, (peer) => peer.socket.end());
    const ws = new Client(server.url);
    const { closed } = watch(ws);
    ws.onerror = () => ws.close(3000, 'ours');
    const events = await closed;
    assert.deepStrictEqual([events.length, events[0]], [2, 'close 3000 ours']);
    await noLeak();
  });
});

describe('TLS that fails', () => {
  const cases = {
    'for an authority that nobody trusts': [
      ours,
      {},
      // Node 24 says what to do about it.
      /self-signed certificate/,
      'DEPTH_ZERO_SELF_SIGNED_CERT'
    ],
    'for another host name': [
      { names: ['other.example'] },
      null,
      /does not match/,
      'ERR_TLS_CERT_ALTNAME_INVALID'
    ],
    'for another address': [{ names: ['127.0.0.2'] }, null, /does not match/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    'for a certificate that has expired': [
      { names: ['127.0.0.1'], from: -3, until: -1 },
      null,
      /expired$/,
      'CERT_HAS_EXPIRED'
    ]
  };
  for (const [what, [made, tlsOptions, pattern, code]] of Object.entries(cases)) {
    test(`${what} is refused`, async (t) => {
      const certificate = made.key ? made : makeCertificate(made);
      const noLeak = leakCheck();
      const server = await listen(t, undefined, { certificate });
      const ws = new Client(server.url, [], { tls: tlsOptions || { ca: certificate.cert } });
      const { events, error } = await failure(ws);
      assert.match(events[0], pattern);
      assert.deepStrictEqual([events.length, events[1], error.code], [2, 'close 1006 ', code]);
      await noLeak();
    });
  }

  test('because the server does not speak it is reported', async (t) => {
    const noLeak = leakCheck();
    const server = await listen(t, (peer) => peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { events } = await failure(new Client(server.url.replace('ws:', 'wss:')));
    assert.deepStrictEqual([events.length, events[1]], [2, 'close 1006 ']);
    await noLeak();
  });
});

describe('handshakeTimeout', () => {
  /** Servers that leave a client waiting at one step each, and the options for it. */
  const silent = {
    'a server that never answers': async (t) => [await listen(t), 'ws:'],
    'a server that never finishes its answer': async (t) => [
      await listen(t, (peer) => peer.send('HTTP/1.1 101 ')),
      'ws:'
    ],
    'a server that never finishes TLS': async (t) => [await listen(t), 'wss:'],
    'a proxy that never answers': async (t) => {
      const { port } = await listen(t);
      return [await listen(t), 'ws:', { proxy: { origin: `http://127.0.0.1:${port}` } }];
    },
    'a proxy that never finishes TLS': async (t) => {
      const { port } = await listen(t);
      return [await listen(t), 'ws:', { proxy: { origin: `https://127.0.0.1:${port}` } }];
    },
    'a server behind a proxy that never finishes TLS': async (t) => {
      const proxy = await listen(t, (peer) => peer.send('HTTP/1.1 200 OK\r\n\r\n'));
      return [await listen(t), 'wss:', { proxy: { origin: `http://127.0.0.1:${proxy.port}` } }];
    }
  };
  for (const [what, make] of Object.entries(silent)) {
    test(`gives up on ${what}`, async (t) => {
      const noLeak = leakCheck();
      const [server, scheme, options] = await make(t);
      const url = server.url.replace('ws:', scheme);
      const { events, error } = await failure(new Client(url, [], { handshakeTimeout: 0.1, ...options }));
      const text = `Can't establish a connection to the server at ${url}: it took longer than 0.1 s`;
      assert.deepStrictEqual(events, [`error ${text}`, 'close 1006 ']);
      assert.strictEqual(error.code, 'ERR_WEBSOCKET_TIMEOUT');
      await noLeak();
    });
  }

  test('is over when the connection is open, and when it is closed', async (t) => {
    const noLeak = leakCheck();
    const server = await listen(t);
    const ws = new Client(server.url, [], { handshakeTimeout: 1000 });
    const { closed } = watch(ws);
    await agree(await server.next());
    ws.on('open', () => {
      assert.strictEqual(process.getActiveResourcesInfo().includes('Timeout'), false);
      ws.terminate();
    });
    assert.deepStrictEqual(await closed, ['open', 'close 1006 ']);
    new Client(server.url, [], { handshakeTimeout: 1000 }).close();
    await noLeak();
  });
});

describe('signal', () => {
  const aborted = (url) => [`error The connection to ${url} was aborted`, 'close 1006 '];

  test('that is aborted already makes no connection', async (t) => {
    const server = await listen(t);
    const reason = new Error('why not');
    const ws = new Client(server.url, [], { signal: AbortSignal.abort(reason) });
    assert.strictEqual(ws.readyState, 0);
    const { events, error } = await failure(ws);
    assert.deepStrictEqual(events, aborted(server.url));
    assert.deepStrictEqual([error.name, error.code, error.cause], ['AbortError', 'ABORT_ERR', reason]);
    assert.strictEqual(server.sockets.size, 0);
  });

  for (const scheme of ['ws:', 'wss:']) {
    test(`that is aborted while the client connects to ${scheme} ends it`, async (t) => {
      const noLeak = leakCheck();
      const server = await listen(t);
      const controller = new AbortController();
      const url = server.url.replace('ws:', scheme);
      const ws = new Client(url, [], { signal: controller.signal });
      server.next().then(() => controller.abort());
      assert.deepStrictEqual((await failure(ws)).events, aborted(url));
      assert.strictEqual(getEventListeners(controller.signal, 'abort').length, 0);
      await noLeak();
    });
  }

  test('that is aborted when the client is open ends it too', async (t) => {
    const server = await listen(t);
    const controller = new AbortController();
    const ws = new Client(server.url, [], { signal: controller.signal });
    const ended = failure(ws);
    ws.on('open', () => controller.abort());
    await agree(await server.next());
    assert.deepStrictEqual((await ended).events, ['open', ...aborted(server.url)]);
  });

  test('tells who listens behind abort', async (t) => {
    const server = await listen(t);
    const controller = new AbortController();
    const ws = new Client(server.url, [], { signal: controller.signal });
    const opened = once(ws, 'open');
    await agree(await server.next());
    await opened;
    controller.abort();
    assert.deepStrictEqual((await failure(ws)).events, aborted(server.url));
  });

  test('that is aborted when the client is closed does nothing, and is not held', async (t) => {
    const server = await listen(t);
    const controller = new AbortController();
    const ws = new Client(server.url, [], { signal: controller.signal });
    const { closed, events } = watch(ws);
    ws.close();
    await closed;
    assert.strictEqual(getEventListeners(controller.signal, 'abort').length, 0);
    controller.abort();
    await turn();
    assert.deepStrictEqual(events, ['close 1000 ']);
  });
});

describe('an end that the owner wants', () => {
  for (const scheme of ['ws:', 'wss:']) {
    for (const method of ['close', 'terminate', 'end']) {
      test(`by ${method} in the tick of the making of a ${scheme} client is quiet`, async (t) => {
        const noLeak = leakCheck();
        const server = await listen(t);
        const ws = new Client(server.url.replace('ws:', scheme), [], { ping: 10, handshakeTimeout: 10 });
        const { closed } = watch(ws);
        ws[method]();
        assert.strictEqual(ws.readyState, 3);
        assert.deepStrictEqual(await closed, [method === 'terminate' ? 'close 1006 ' : 'close 1000 ']);
        await noLeak();
      });
    }
  }

  test('while a name is being resolved is quiet', async () => {
    const noLeak = leakCheck();
    let answer;
    const lookup = (host, options, callback) => (answer = callback);
    const ws = new Client('ws://slow.invalid/', [], { net: { lookup } });
    const { closed } = watch(ws);
    while (!answer) await turn();
    ws.close(3000, 'too slow');
    answer(new Error('too late'));
    assert.deepStrictEqual(await closed, ['close 3000 too slow']);
    await noLeak();
  });

  test('by terminate is at once, in every state, and once', async (t) => {
    const noLeak = leakCheck();
    const server = await listen(t);
    const ws = new Client(server.url);
    const { closed } = watch(ws);
    const peer = await server.next();
    ws.on('open', () => {
      ws.close(3000, 'politely');
      ws.terminate();
      ws.terminate();
      assert.strictEqual(ws.readyState, 3);
    });
    await agree(peer);
    assert.deepStrictEqual(await closed, ['open', 'close 1006 ']);
    ws.terminate();
    await noLeak();
  });

  test('from onerror comes before the listeners of the error', async (t) => {
    const port = await dead(t);
    const ws = new Client(`ws://127.0.0.1:${port}/`);
    const { closed } = watch(ws);
    ws.onerror = () => ws.close(3000, 'ours');
    const events = await closed;
    assert.deepStrictEqual([events.length, events[0]], [2, 'close 3000 ours']);
  });
});

describe('credentials', () => {
  /** Ways to fail, each with a client whose URLs hold secrets. */
  const failures = {
    'a refused connection': async (t) => new Client(`ws://user:s3cret@127.0.0.1:${await dead(t)}/`),
    'a refused handshake': async (t) => {
      const { port } = await listen(t, (peer) => peer.send('HTTP/1.1 401 Unauthorized\r\n\r\n'));
      return new Client(`ws://user:s3cret@127.0.0.1:${port}/`);
    },
    'a certificate that nobody trusts': async (t) => {
      const { port } = await listen(t, undefined, { certificate: ours });
      return new Client(`wss://user:s3cret@127.0.0.1:${port}/`);
    },
    'a timeout': async (t) => {
      const { port } = await listen(t);
      return new Client(`ws://user:s3cret@127.0.0.1:${port}/`, [], { handshakeTimeout: 0.02 });
    },
    'an abort': async () => new Client('ws://user:s3cret@127.0.0.1:1/', [], { signal: AbortSignal.abort() }),
    'a refused proxy': async (t) => {
      const { port } = await listen(t, (peer) => peer.send('HTTP/1.1 407 x\r\n\r\n'));
      return new Client('ws://user:s3cret@h.invalid/', [], {
        proxy: { origin: `http://me:s3cret@127.0.0.1:${port}` }
      });
    },
    'a dead proxy': async (t) => {
      const origin = `http://me:s3cret@127.0.0.1:${await dead(t)}`;
      return new Client('ws://user:s3cret@h.invalid/', [], { proxy: { origin } });
    }
  };
  for (const [what, make] of Object.entries(failures)) {
    test(`are in no message of ${what}`, async (t) => {
      const { events, error } = await failure(await make(t));
      const told = [...events, error.message, error.stack, error.cause && error.cause.message].join('\n');
      assert.ok(!told.includes('s3cret'), told);
    });
  }
});
