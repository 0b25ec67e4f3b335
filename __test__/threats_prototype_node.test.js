'use strict';

// What somebody has written to `Object.prototype`, as a message can that is merged into an object: Node reads none of it as an
// option of a client's socket, and neither drivers, compression, EventSources, topics nor single calls do.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const Driver = require('../driver');
const { Topics } = require('../topics');
const { makeCertificate } = require('../testing/certificate');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** Has every object have properties while a function runs. */
async function having(properties, run) {
  for (const [name, value] of Object.entries(properties)) {
    const descriptor = { __proto__: null, value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(Object.prototype, name, descriptor);
  }
  try {
    return await run();
  } finally {
    for (const name of Object.keys(properties)) delete Object.prototype[name];
  }
}

/** A text that gets shorter. */
const TEXT = 'a'.repeat(100);

const OF_TLS = {
  rejectUnauthorized: [false, /certificate/],
  checkServerIdentity: [() => undefined, null],
  secureContext: [{}, null],
  minVersion: ['TLSv9', null],
  maxVersion: ['TLSv9', null],
  ciphers: ['none', null],
  sigalgs: ['none', null],
  ecdhCurve: ['none', null],
  cert: ['none', null],
  key: ['none', null],
  pfx: ['none', null],
  ALPNProtocols: [1, null],
  session: ['none', null]
};
const OF_SOCKETS = {
  lookup: () => assert.fail('it is asked'),
  localAddress: '192.0.2.1',
  localPort: 70000,
  family: 5,
  hints: -1,
  timeout: 'none',
  signal: 'none',
  handle: {},
  fd: 70000,
  onread: {}
};

/** Waits for an event, although there may be errors before it. */
const told = (ws, name) => new Promise((resolve) => ws.on(name, resolve));

describe('of Object.prototype, a client over TLS', () => {
  for (const [name, [value, fault]] of Object.entries(OF_TLS)) {
    for (const way of ['by itself', 'through a tunnel']) {
      test(`has no ${name}, ${way}`, async (t) => {
        const certificate = makeCertificate({ names: ['localhost'] });
        const server = await serve(t, () => {}, { secure: certificate });
        const options = fault ? {} : { ca: certificate.cert };
        if (way !== 'by itself') options.proxy = await proxyTo(t, server.port);
        await having({ [name]: value }, async () => {
          const ws = new WebSocket.Client(`wss://localhost:${server.port}/`, [], options);
          let message = null;
          ws.on('error', (event) => (message = event.message));
          await told(ws, fault ? 'close' : 'open');
          if (fault) assert.match(message, fault);
          ws.close();
        });
      });
    }
  }

  for (const [name, value] of Object.entries(OF_SOCKETS)) {
    test(`has no ${name}`, async (t) => {
      const certificate = makeCertificate({ names: ['localhost'] });
      const server = await serve(t, () => {}, { secure: certificate });
      const url = `wss://localhost:${server.port}/`;
      const ws = await having(
        { [name]: value },
        () => new WebSocket.Client(url, [], { ca: certificate.cert })
      );
      await once(ws, 'open');
      ws.close();
    });
  }
});

/** A proxy that leads to a port. */
async function proxyTo(t, port) {
  const { server, port: own } = await serve(t);
  server.on('connect', (asked, socket) => {
    const onward = net.connect(port, '127.0.0.1');
    socket.on('error', () => {}).on('close', () => onward.destroy());
    onward.on('error', () => {}).on('close', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  return { origin: `http://127.0.0.1:${own}` };
}

for (const [name, value] of Object.entries(OF_SOCKETS)) {
  test(`of Object.prototype, a client without TLS has no ${name}`, async (t) => {
    const server = await serve(t);
    const url = `ws://localhost:${server.port}/`;
    const ws = await having({ [name]: value }, () => new WebSocket.Client(url));
    await once(ws, 'open');
    ws.close();
  });
}

test('of Object.prototype, drivers take no option', async () => {
  const added = { maxLength: 1, masking: true, requireMasking: false, protocols: ['x'], allowDrafts: true };
  const hixie = { method: 'GET', url: '/', headers: { connection: 'upgrade', upgrade: 'websocket' } };
  await having(added, () => {
    const client = Driver.client('ws://localhost/');
    let asked = '';
    client.io.on('data', (bytes) => (asked += bytes));
    client.start();
    assert.doesNotMatch(asked, /Sec-WebSocket-Protocol/);
    assert.ok(Driver.http(hixie, {}).version !== 'hixie-75');
    assert.ok(Driver.http(hixie).version !== 'hixie-75');
  });
});

test('of Object.prototype, compression takes no settings', async () => {
  const added = { noContextTakeover: true, requestNoContextTakeover: true, maxWindowBits: 9, level: 77 };
  const offer = (extension) => extension.createClientSession().generateOffer();
  const usual = offer(WebSocket.deflate.configure({}));
  await having({ ...added, threshold: -1, zlib: {}, maxLength: 'none' }, () => {
    assert.deepStrictEqual(offer(WebSocket.deflate.configure({})), usual);
    assert.deepStrictEqual(offer(WebSocket.deflate.configure()), usual);
  });
});

test('of Object.prototype, a message is neither uncompressed nor binary, and none is spared', async (t) => {
  const server = await serve(t, () => {}, { options: { extensions: [WebSocket.deflate] } });
  const client = await dial(t, server.port);
  client.send(request(['Sec-WebSocket-Extensions: permessage-deflate']));
  await client.head();
  const ws = await server.next();
  await having({ compress: false, binary: true, except: ws }, async () => {
    ws.send(TEXT, {});
    assert.strictEqual(WebSocket.broadcast([ws], TEXT, {}), 1);
    assert.strictEqual(WebSocket.broadcast([ws], TEXT), 1);
    ws.close();
  });
  for (let i = 0; i < 3; i++) assert.strictEqual((await client.frame()).head[0], 0xc1, 'text, and RSV1');
});

test('of Object.prototype, listeners go with no event and no signal', async (t) => {
  const server = await serve(t, (ws) => ws.send('1') && ws.send('2') && ws.close());
  const got = [];
  const ws = await having({ once: true, signal: AbortSignal.abort() }, () => {
    const made = new WebSocket.Client(server.url);
    made.addEventListener('message', ({ data }) => got.push(data));
    made.addEventListener('message', ({ data }) => got.push(data), {});
    return made;
  });
  await once(ws, 'close');
  assert.deepStrictEqual(got, ['1', '1', '2', '2']);
});

test('of Object.prototype, events of an EventSource have no type and no ID', async (t) => {
  const server = await serve(t);
  server.server.on('request', (asked, response) => {
    const source = new WebSocket.EventSource(asked, response);
    having({ event: 'forged', id: 'forged' }, () => {
      source.send('one');
      source.send('two', {});
    });
    source.close();
  });
  const client = await dial(t, server.port);
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  const all = String(await client.rest());
  assert.match(all, /data: one\r\n\r\ndata: two\r\n/);
});

test('of Object.prototype, topics and shutdown take no option', async () => {
  const added = { adapter: {}, onSlow: 'none', maxBufferedAmount: -1, recent: -1, format: 1, event: 1 };
  await having({ ...added, after: 1, code: 7, rate: -1, timeout: -1 }, async () => {
    for (const options of [undefined, {}]) {
      assert.ok(new Topics(options));
      assert.deepStrictEqual(await WebSocket.shutdown([], options), { closed: 0, terminated: 0 });
    }
  });
});
