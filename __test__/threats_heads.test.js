'use strict';

// Heads of answers, from a server and from a proxy: without end, in tiny pieces, with fields that cannot be agreed to. And
// fields of a handshake that take long to read where a parser goes back.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { cost, flood, repeated, tell } = require('../testing/peers/attack');
const { dial, request } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { MEGABYTE, megabytes, startSubject } = require('../testing/peers/subject');
const { makeCertificate } = require('../testing/certificate');

const HEAD = 16 * 1024;
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';

/** Who answers: the server, or a proxy before it, plain or over TLS. */
const WHO = {
  'a server': (url) => ({ url }),
  'a server over TLS': (url) => ({ url, secure: true }),
  'a proxy': (url) => ({ url: 'ws://behind.invalid/', proxy: url.replace('ws', 'http') }),
  'a proxy over TLS': (url) => ({
    url: 'wss://behind.invalid/',
    proxy: url.replace('wss', 'https'),
    secure: true
  })
};

/** Clients, one after the other, in a process of their own, and who answers them. */
async function victim(t, who, settings = {}) {
  const secure = who.endsWith('TLS');
  const certificate = secure && makeCertificate({ names: ['localhost', '127.0.0.1'] });
  const server = await listen(t, undefined, { certificate });
  const { url, proxy } = WHO[who](server.url);
  const tls = { rejectUnauthorized: false };
  const options = { tls, ...(proxy && { proxy: { origin: proxy, tls } }), ...settings.options };
  const subject = await startSubject(t, { ...settings, url, options });
  // One that is turned away, so that what is allocated once is not the attack's.
  const first = await server.next();
  await first.head();
  first.send('HTTP/1.1 403 Forbidden\r\n\r\n');
  await subject.until('close');
  first.socket.destroy();
  return { subject, server };
}

describe('a head without end', () => {
  for (const who of Object.keys(WHO)) {
    for (const [what, start, chunk] of [
      ['status line', 'HTTP/1.1 200 ', 'x'.repeat(10_000)],
      ['headers', 'HTTP/1.1 200 OK\r\n', 'X-Header: value\r\n'.repeat(1000)],
      ['folded header', 'HTTP/1.1 200 OK\r\nX: y\r\n', ' and so on\r\n'.repeat(1000)],
      ['interim answers', '', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)]
    ]) {
      test(`(${what}) is an error after 16 KiB, and is not kept, from ${who}`, async (t) => {
        const { subject, server } = await victim(t, who);
        const before = await subject.measure();
        const peer = await server.next();
        await peer.head();
        peer.send(start);
        await flood(peer, repeated(Buffer.from(chunk), 10_000));
        const after = await subject.until('close', 2);
        tell(t, cost(before, after));
        assert.strictEqual(after.state.errors.length, 2);
        // 100 MB were sent. What a process happens to allocate meanwhile is far below the bound.
        assert.ok(cost(before, after).peak < 64 * MEGABYTE, megabytes(cost(before, after).peak));
      });
    }
  }
});

describe('a head of 16 KB in pieces', () => {
  const filler = Math.floor((HEAD - 300) / 10);
  const good = (head) =>
    String(
      agreement(head, [
        'X: '.padEnd(filler, 'y'),
        ...Array.from({ length: 9 }, () => 'Y: '.padEnd(filler - 2, 'z'))
      ])
    );

  for (const size of [1, 7, 1000]) {
    test(`of ${size} bytes opens a client, in time by the bytes`, async (t) => {
      const { subject, server } = await victim(t, 'a server');
      const peer = await server.next();
      const head = Buffer.from(good(await peer.head()));
      assert.ok(head.length > HEAD - 500 && head.length <= HEAD, `${head.length} bytes`);
      const before = await subject.measure();
      for (let at = 0; at < head.length; at += size) {
        // Each piece in a packet of its own, as far as the loop of this process can tell.
        peer.socket.write(head.subarray(at, at + size));
        if (at % (size * 64) === 0) await new Promise(setImmediate);
      }
      const after = await subject.until('open');
      const { cpu } = cost(before, after);
      t.diagnostic(`CPU ${cpu.toFixed(0)} ms for ${Math.ceil(head.length / size)} pieces`);
      // Read again from the beginning with each byte, 130 MB would be looked at.
      assert.ok(cpu < 1000, `${cpu} ms`);
    });
  }
});

/** What a server says of windows, and whether a client agrees to it. */
const WINDOWS = [
  ['server_max_window_bits=8', true],
  ['server_max_window_bits=15', true],
  ['server_max_window_bits=7', false],
  ['server_max_window_bits=16', false],
  ['server_max_window_bits=1000', false],
  ['server_max_window_bits=99999999999999999999', false],
  ['server_max_window_bits=-1', false],
  ['server_max_window_bits=08', false],
  ['server_max_window_bits="x"', false],
  ['server_max_window_bits', false],
  ['server_max_window_bits=10; server_max_window_bits=10', false],
  ['client_max_window_bits=7', false],
  ['client_max_window_bits', false],
  ['client_no_context_takeover=1', false],
  ['__proto__', false],
  ['constructor=1', false]
];

test('what a server says of windows is agreed to, or ends the handshake with an error', async (t) => {
  const { subject, server } = await victim(t, 'a server', { deflate: {} });
  let closes = 1;
  for (const [value, agreed] of WINDOWS) {
    await t.test(value, async () => {
      const { state: before } = await subject.measure();
      const peer = await server.next();
      peer.send(agreement(await peer.head(), [`${OFFER}; ${value}`]));
      if (agreed) {
        await subject.until('open', before.open + 1);
        // Another client comes behind the end of this one.
        peer.socket.destroy();
      }
      const { state } = await subject.until('close', ++closes);
      peer.socket.destroy();
      if (agreed) return;
      assert.strictEqual(state.errors.length, before.errors.length + 1);
      assert.match(state.errors.at(-1), /^Error during WebSocket handshake: /);
      assert.deepStrictEqual([state.open, state.uncaught], [before.open, []]);
      assert.strictEqual(state.closes.at(-1)[0], 1002);
    });
  }
});

describe('a header of 15.5 KB that a parser could go back in', () => {
  const long = (unit) => unit.repeat(Math.floor(15_500 / unit.length));
  const VALUES = {
    'an open quote with escapes': `a; b="${long('\\c')}`,
    'an open quote with backslashes': `a; b="${long('\\')}`,
    'many open quotes': long('a; b="'),
    'blanks before a comma': `a${long(' ')},`,
    'tabs and blanks': `a;${long('\t ')}b`,
    'equals signs': `a; ${long('b=')}`,
    'many offers': long('a,')
  };

  const ROUNDS = 10;

  for (const plugin of [undefined, 'idle']) {
    const settings = plugin ? { plugin } : { deflate: {} };

    /** Each value is a test of its own, of one process. */
    async function tryAll(t, subject, meet) {
      for (const [what, value] of Object.entries(VALUES)) {
        await t.test(what, async (t) => {
          const before = await subject.measure();
          for (let i = 0; i < ROUNDS; i++) await meet(t, `Sec-WebSocket-Extensions: ${value}`);
          const { cpu } = cost(before, await subject.measure());
          t.diagnostic(`CPU ${(cpu / ROUNDS).toFixed(1)} ms each`);
          // The measuring of each round is in it. A parser that goes back takes seconds.
          assert.ok(cpu / ROUNDS < 300, `${cpu / ROUNDS} ms`);
        });
      }
    }

    test(`takes a server time by its length (${plugin ? 'a plugin' : 'native'})`, async (t) => {
      const subject = await startSubject(t, settings);
      await tryAll(t, subject, async (t, header) => {
        const client = await dial(t, subject.port);
        client.send(request([header]));
        await client.head();
        client.socket.destroy();
      });
    });

    test(`takes a client time by its length (${plugin ? 'a plugin' : 'native'})`, async (t) => {
      const { subject, server } = await victim(t, 'a server', settings);
      let closes = 1;
      await tryAll(t, subject, async (t, header) => {
        const peer = await server.next();
        peer.send(agreement(await peer.head(), [header]));
        await subject.until('close', ++closes);
        peer.socket.destroy();
      });
    });
  }
});
