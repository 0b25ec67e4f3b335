'use strict';

// Requests for a WebSocket as no client of good will makes them: hosts that are none, targets with a scheme, more headers
// than Node keeps, and bodies. Each is served or refused with a 400, and throws into nobody.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { cost, flood, repeated, tell } = require('../testing/peers/attack');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { startSubject } = require('../testing/peers/subject');
const { text } = require('../testing/wire');

/** The head of a request, changed. */
function changed(change) {
  return Buffer.from(change(request().toString('latin1')), 'latin1');
}

/** What became of the request: the status, and the `url` of what was made for it. */
async function outcome(t, head, options) {
  const made = [];
  const server = await serve(t, (ws) => made.push(ws), { options });
  // What Node itself refuses, or takes for another request, does not come to us.
  server.server.on('request', (_, response) => response.writeHead(404).end());
  server.server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const client = await dial(t, server.port);
  client.send(head);
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(await client.head());
  client.socket.destroy();
  const other = await connect(t, server.port);
  other.socket.destroy();
  return { status, url: made.length > 1 ? made[0].url : undefined };
}

describe('a Host', () => {
  const HOSTS = {
    'that is empty': '',
    'of blanks': '   ',
    'with a blank inside': 'a b',
    'that begins an IPv6 address': '[::1',
    'with a port that is too large': 'a:99999',
    'with a port that is none': 'a:b',
    'with two ports': 'a:1:2',
    'with a path': 'a/../b',
    'with a user': 'user:secret@a',
    'with a question mark': 'a?b#c',
    'with percent signs': '%00%zz',
    'outside ASCII': '\xe9\xff',
    'that is a list': 'a, b',
    'of 8,000 letters': 'a'.repeat(8000),
    'called __proto__': '__proto__',
    'with tags': '<script>"\'`${x}'
  };

  for (const [what, host] of Object.entries(HOSTS)) {
    test(`${what} is served as it is, or refused`, async (t) => {
      const { status, url } = await outcome(
        t,
        changed((head) => head.replace('Host: localhost', `Host: ${host}`))
      );
      assert.ok(status === '400' || status === '101');
      if (status === '101') assert.strictEqual(url, `ws://${host.trim()}/`);
    });
  }

  test('that is not there, or is there twice, is served or refused', async (t) => {
    for (const change of ['', 'Host: a\r\nHost: b\r\n']) {
      const { status, url } = await outcome(
        t,
        changed((head) => head.replace('Host: localhost\r\n', change))
      );
      assert.ok(status === '400' || (status === '101' && typeof url === 'string'));
    }
  });
});

describe('a target', () => {
  const TARGETS = [
    'http://evil.invalid/',
    'https://user:secret@evil.invalid:1/x?y',
    'ws://evil.invalid/',
    'wss://[::1]/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'gopher://127.0.0.1:1/_',
    'data:,x',
    '//evil.invalid/x',
    '/\\evil.invalid',
    '/../../etc/passwd',
    '/%2e%2e/%00',
    '*',
    'evil.invalid:80',
    '?',
    '/#fragment',
    `/${'a'.repeat(8000)}`
  ];

  for (const target of TARGETS) {
    test(`${target.slice(0, 40)} is nothing that is fetched: the url says what was asked`, async (t) => {
      const { status, url } = await outcome(
        t,
        changed((head) => head.replace('GET / ', `GET ${target} `))
      );
      assert.ok(status === '400' || status === '101');
      if (status === '101') assert.strictEqual(url, `ws://localhost${target}`);
    });
  }
});

describe('more headers than Node keeps', () => {
  const filler = (count) => Array.from({ length: count }, (_, i) => `X-${i}: y\r\n`).join('');

  for (const [what, count, place] of [
    ['before those of the handshake', 1500, (head, more) => head.replace('Host:', `${more}Host:`)],
    ['behind them', 1500, (head, more) => head.replace('\r\n\r\n', `\r\n${more}\r\n`)],
    ['between them', 1500, (head, more) => head.replace('Sec-WebSocket-Key', `${more}Sec-WebSocket-Key`)]
  ]) {
    for (const limit of [0, 1, 5, 100, 2000]) {
      test(`${what} are served or refused, at a limit of ${limit}`, async (t) => {
        const made = [];
        const { server, port } = await serve(t, (ws) => made.push(ws));
        server.maxHeadersCount = limit;
        server.on('request', (_, response) => response.writeHead(404).end());
        server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
        const client = await dial(t, port);
        client.send(changed((head) => place(head, filler(count))));
        assert.match(await client.head(), /^HTTP\/1\.1 (400|404|101|431) /);
        client.socket.destroy();
        server.maxHeadersCount = 2000;
        const other = await connect(t, port);
        assert.match(other.answer, / 101 /);
      });
    }
  }

  test('may hide any header of the handshake: the request is refused, or taken for one of a draft', async (t) => {
    for (const name of ['Host', 'Upgrade', 'Connection', 'Sec-WebSocket-Version', 'Sec-WebSocket-Key']) {
      const { status } = await outcome(
        t,
        changed((head) => head.replace(new RegExp(`${name}: .*\r\n`), ''))
      );
      assert.match(status, /^(400|404|101)$/, name);
    }
  });
});

describe('a request with a body', () => {
  /** Since version 26 Node takes the body for a body; before, all behind the head is the WebSocket's. */
  const takesBodies = parseInt(process.versions.node, 10) >= 26;
  const frame = text('frame');
  const BODIES = {
    'with Content-Length, in one packet': ['Content-Length: 5', ['hello', frame]],
    'with Content-Length, behind it': ['Content-Length: 5', [], ['hello', frame]],
    'with Transfer-Encoding': ['Transfer-Encoding: chunked', ['5\r\nhello\r\n0\r\n\r\n', frame]]
  };

  for (const transport of ['direct', 'stream']) {
    for (const reads of [true, false]) {
      for (const [what, [line, first, later = []]] of Object.entries(BODIES)) {
        const how = `${what}, ${reads ? '' : 'not '}read, ${transport} transport`;
        test(`leads to frames or to an end, not to an exception (${how})`, async (t) => {
          const messages = [];
          let closed;
          const server = await serve(
            t,
            (ws, incoming) => {
              if (reads) incoming.resume();
              ws.onmessage = ({ data }) => messages.push(data);
              closed = closing(ws);
            },
            { options: { transport } }
          );
          const client = await dial(t, server.port);
          client.send(request([line]), ...first);
          assert.match(await client.head(), / 101 /);
          const ws = await server.next();
          if (later.length > 0) client.send(...later);
          if (takesBodies) {
            client.send(text('more'));
            while (messages.length < 2) await new Promise((resolve) => ws.once('message', resolve));
            assert.deepStrictEqual(messages, ['frame', 'more']);
          } else {
            assert.strictEqual((await closed).code, 1002);
            assert.deepStrictEqual(messages, []);
          }
        });
      }
    }
  }

  test('of 200 MB costs no memory, whoever takes it for what', async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws) => (ws.onmessage = ({ data }) => ws.send(data))
    });
    const warm = await connect(t, subject.port);
    warm.send(frame);
    await warm.frame();
    const before = await subject.measure();
    const client = await dial(t, subject.port);
    client.send(request(['Content-Length: 1000000000']));
    await flood(client, repeated(Buffer.alloc(1 << 20), 200));
    const after = await subject.measure();
    tell(t, cost(before, after));
    // What Node has read and not collected yet is in it.
    assert.ok(cost(before, after).peak < 128 << 20);
    warm.send(frame);
    assert.deepStrictEqual(await warm.frames(1), ['1:frame']);
  });

  test('of no length is none', async (t) => {
    const { port } = await serve(t, (ws) => (ws.onmessage = ({ data }) => ws.send(data)));
    const client = await connect(t, port, { headers: ['Content-Length: 0'], early: frame });
    assert.deepStrictEqual(await client.frames(1), ['1:frame']);
  });

  test('of two lengths is refused by Node', async (t) => {
    const { port, server } = await serve(t);
    server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const client = await dial(t, port);
    client.send(request(['Content-Length: 5', 'Transfer-Encoding: chunked']), '0\r\n\r\n');
    assert.match(await client.head(), /^HTTP\/1\.1 400 /);
  });
});

test('what is asked for by hand, without being a request, throws in the place where it is made, or is refused', () => {
  assert.throws(() => new WebSocket(undefined, {}, Buffer.alloc(0)), TypeError);
  assert.throws(() => new WebSocket({ headers: null }, {}, Buffer.alloc(0)), TypeError);
});
