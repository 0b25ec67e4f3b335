'use strict';

// The answer to a client's handshake: every way to cut a good one up, and what hostile servers send in its place.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { Client } = require('..');
const { binary, close, ping, text } = require('../testing/wire').fromServer;
const { agree, agreement, listen } = require('../testing/peers/raw_server');
const { leakCheck, uncaught, watch } = require('../testing/peers/watch');

const PREFIX = 'Error during WebSocket handshake: ';
const TRANSPORTS = ['stream', 'auto'];

/** A client whose server has its request; what to send and what came of it. */
async function requested(server, options) {
  const ws = new Client(server.url, ['chat'], options);
  const watched = watch(ws);
  const peer = await server.next();
  const head = await peer.head();
  return { ws, ...watched, peer, answer: agreement(head) };
}

/** Sends pieces so that each arrives on its own: each in a turn of the loop after that in which the last was read. */
async function sendApart(ws, peer, pieces) {
  let sent = ws._stream.bytesRead;
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    peer.send(piece);
    sent += piece.length;
    while (ws._stream.bytesRead < sent) await turn();
  }
}

/** Sends an agreement and two frames in `pieces(bytes)`; both messages must arrive, in order, once. */
async function delivers(server, transport, pieces) {
  const { ws, events, peer, answer } = await requested(server, { transport });
  const bytes = Buffer.concat([answer, text('one'), binary('two')]);
  await sendApart(ws, peer, pieces(bytes));
  while (events.length < 3) await turn();
  assert.deepStrictEqual(events, ['open', 'message one', 'message two']);
  ws.terminate();
  peer.socket.destroy();
}

/** The length of what `delivers` sends. */
const LENGTH = agreement('Sec-WebSocket-Key: x\r\n').length + 10;

/** Random cuts, and how many of them at once. */
const SPLITS = Number(process.env.SPLITS || 1000);
const ABREAST = 20;

/** A generator of numbers below `limit` that is the same in every run (a linear congruence of Knuth's). */
function random(seed) {
  let state = BigInt(seed);
  return (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(limit));
  };
}

for (const transport of TRANSPORTS) {
  describe(`an agreement and two frames (transport: ${transport})`, () => {
    test('arrive in one chunk', async (t) => {
      await delivers(await listen(t), transport, (bytes) => [bytes]);
    });

    test('arrive byte by byte', async (t) => {
      await delivers(await listen(t), transport, (bytes) => [...bytes].map((byte) => Buffer.from([byte])));
    });

    test('arrive in every cut into two chunks', async (t) => {
      const server = await listen(t);
      for (let cut = 1; cut < LENGTH; cut++) {
        await delivers(server, transport, (bytes) => [bytes.subarray(0, cut), bytes.subarray(cut)]);
      }
    });

    // The core is tried with 10,000 in memory; SPLITS=10000 does so here.
    test('arrive in random cuts into many chunks', async (t) => {
      const server = await listen(t);
      const below = random(1);
      const once = () => {
        const cuts = Array.from({ length: 1 + below(6) }, () => below(LENGTH)).sort((a, b) => a - b);
        return delivers(server, transport, (bytes) => {
          const ends = [0, ...cuts, bytes.length];
          return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
        });
      };
      for (let i = 0; i < SPLITS; i += ABREAST) await Promise.all(Array.from({ length: ABREAST }, once));
    });
  });
}

/** What hostile or mistaken servers answer, and what the client says. `early` comes behind a good agreement. */
const ANSWERS = {
  'a 200': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi', 'Unexpected response code: 200', 200],
  'a 301 to a good place': [
    'HTTP/1.1 301 Moved\r\nLocation: ws://127.0.0.1/\r\n\r\n',
    'Unexpected response code: 301',
    301
  ],
  'a 401': [
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n',
    'Unexpected response code: 401',
    401
  ],
  'another protocol': ['SSH-2.0-OpenSSH_9.2\r\n', 'Parse Error'],
  'a TLS alert': [Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46, 0x0a]), 'Parse Error'],
  'a TLS alert without a line break': [Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]), 'Parse Error'],
  'one byte of another protocol': ['S', 'Parse Error'],
  NULs: [Buffer.concat([Buffer.alloc(100), Buffer.from('\r\n')]), 'Parse Error'],
  'a status line of 100 KB': [`HTTP/1.1 101 ${'x'.repeat(100000)}\r\n\r\n`, 'max header size exceeded'],
  'a header of 100 KB': [`HTTP/1.1 101 x\r\nX-A: ${'x'.repeat(100000)}\r\n\r\n`, 'max header size exceeded'],
  '10,000 headers': [`HTTP/1.1 101 x\r\n${'X-A: b\r\n'.repeat(10000)}\r\n`, 'max header size exceeded'],
  '20 KB of blank lines': ['\r\n'.repeat(10000), 'max header size exceeded'],
  'interim responses without end': ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), 'max header size exceeded'],
  'a header called __proto__': [
    'HTTP/1.1 200 OK\r\n__proto__: x\r\n\r\n',
    'Unexpected response code: 200',
    200
  ]
};

/** Changes to a good agreement. */
const CHANGES = {
  'no Upgrade': [/Upgrade: websocket\r\n/, '', "'Upgrade' header is missing"],
  'two Upgrades': [/(Upgrade: websocket\r\n)/, '$1$1', "'Upgrade' header value is not 'WebSocket'"],
  'a folded Upgrade of two': [
    /Upgrade: websocket\r\n/,
    'Upgrade: websocket\r\n h2c\r\n',
    "'Upgrade' header value is not 'WebSocket'"
  ],
  'no Connection': [/Connection: Upgrade\r\n/, '', "'Connection' header is missing"],
  'a list without Upgrade in Connection': [
    /Connection: Upgrade/,
    'Connection: keep-alive, close',
    "'Connection' header value is not 'Upgrade'"
  ],
  'no accept key': [/Sec-WebSocket-Accept.*\r\n/, '', 'Sec-WebSocket-Accept mismatch'],
  'an accept key cut short': [/=\r\n/, '\r\n', 'Sec-WebSocket-Accept mismatch'],
  'an accept key and more': [/=\r\n/, '=x\r\n', 'Sec-WebSocket-Accept mismatch'],
  'the accept key twice': [/(Sec-WebSocket-Accept.*\r\n)/, '$1$1', 'Sec-WebSocket-Accept mismatch'],
  'a protocol that was not offered': [
    /\r\n\r\n/,
    '\r\nSec-WebSocket-Protocol: x\r\n\r\n',
    'Sec-WebSocket-Protocol mismatch'
  ],
  'an extension that was not offered': [
    /\r\n\r\n/,
    '\r\nSec-WebSocket-Extensions: x\r\n\r\n',
    'Server sent an extension response for unknown extension "x"'
  ]
};

describe('a server that answers', () => {
  for (const [what, [bytes, text_, statusCode]] of Object.entries(ANSWERS)) {
    test(`${what} gets no connection, and the owner one error and one close`, async (t) => {
      const noLeak = leakCheck();
      const server = await listen(t);
      const { ws, closed, errors, peer } = await requested(server);
      peer.send(bytes);
      assert.deepStrictEqual(await closed, [`error ${PREFIX}${text_}`, `close 1002 ${PREFIX}${text_}`]);
      assert.strictEqual(ws.statusCode, statusCode);
      assert.strictEqual(Object.getPrototypeOf(ws.headers), Object.prototype);
      const [{ error }] = errors;
      assert.ok(error instanceof Error);
      assert.deepStrictEqual([error.message, error.code], [PREFIX + text_, 'ERR_WEBSOCKET_HANDSHAKE']);
      assert.strictEqual(error.statusCode, statusCode);
      await peer.closed;
      await noLeak();
    });
  }

  for (const [what, [pattern, replacement, text_]] of Object.entries(CHANGES)) {
    test(`with ${what} gets no connection`, async (t) => {
      const server = await listen(t);
      const { closed, peer, answer } = await requested(server);
      const changed = answer.toString('latin1').replace(pattern, replacement);
      assert.notStrictEqual(changed, answer.toString('latin1'));
      peer.send(Buffer.from(changed, 'latin1'), text('never'));
      assert.deepStrictEqual(await closed, [`error ${PREFIX}${text_}`, `close 1002 ${PREFIX}${text_}`]);
    });
  }

  test('with a head that never ends is given up after 16 KiB', async (t) => {
    const server = await listen(t);
    const { closed, events, peer } = await requested(server);
    peer.send('HTTP/1.1 101 Switching Protocols\r\n');
    let sent = 34;
    while (!peer.ended && sent < 1 << 20) {
      peer.send('X-A: 0123456789\r\n');
      sent += 17;
      await turn();
    }
    assert.ok(sent < 64 * 1024, `${sent} bytes were taken`);
    await closed;
    assert.strictEqual(events[0], `error ${PREFIX}max header size exceeded`);
  });

  test('byte by byte, 16 KiB without end, takes no time that grows with the square', async (t) => {
    const server = await listen(t);
    const { ws, closed, events, peer } = await requested(server);
    const before = process.cpuUsage().user;
    const bytes = 'HTTP/1.1 101 '.padEnd(16 * 1024 + 1, 'x');
    for (const byte of bytes) ws._stream.emit('data', Buffer.from(byte));
    assert.ok(process.cpuUsage().user - before < 1e6);
    await closed;
    assert.match(events[0], /max header size exceeded/);
    peer.socket.destroy();
  });

  test('with folded headers is understood as one that writes them on one line', async (t) => {
    const server = await listen(t);
    const { ws, events, peer, answer } = await requested(server);
    peer.send(answer.toString('latin1').replace('\r\n\r\n', '\r\nX-A: b\r\n  c\r\n\td\r\n\r\n'));
    while (events.length === 0) await turn();
    assert.deepStrictEqual(events, ['open']);
    assert.strictEqual(ws.headers['x-a'], 'b c d');
    ws.terminate();
  });

  test('with a header called __proto__ has it as its own, and no other object has', async (t) => {
    const server = await listen(t);
    const { ws, closed, peer } = await requested(server);
    peer.send('HTTP/1.1 403 Forbidden\r\n__proto__: x\r\nconstructor: y\r\n\r\n');
    await closed;
    assert.deepStrictEqual(Object.entries(ws.headers), [
      ['__proto__', 'x'],
      ['constructor', 'y']
    ]);
    assert.strictEqual({}.x, undefined);
  });

  test('with repeated headers has their values joined', async (t) => {
    const server = await listen(t);
    const { ws, closed, peer } = await requested(server);
    peer.send('HTTP/1.1 403 Forbidden\r\nX-A: 1\r\nSet-Cookie: a=b\r\nx-a: 2\r\nSET-COOKIE: c=d\r\n\r\n');
    await closed;
    assert.deepStrictEqual({ ...ws.headers }, { 'x-a': '1, 2', 'set-cookie': 'a=b, c=d' });
  });

  test('an agreement before it was asked gets no connection', async (t) => {
    const server = await listen(t, (peer) => peer.send(agreement('Sec-WebSocket-Key: x\r\n')));
    const { closed } = watch(new Client(server.url));
    assert.deepStrictEqual(await closed, [
      `error ${PREFIX}Sec-WebSocket-Accept mismatch`,
      `close 1002 ${PREFIX}Sec-WebSocket-Accept mismatch`
    ]);
  });
});

describe('what rides in the packet of the agreement', () => {
  for (const transport of TRANSPORTS) {
    test(`is dispatched in order, and answered in order (transport: ${transport})`, async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, [], { transport });
      const { closed } = watch(ws);
      ws.on('message', ({ data }) => ws.send(`re: ${data}`));
      ws.send('queued');
      const peer = await server.next();
      const answer = agreement(await peer.head());
      peer.send(answer, text('a'), ping('p'), text('b'), close(3000, 'bye'));
      assert.deepStrictEqual(await peer.frames(5), ['1:queued', '1:re: a', '10:p', '1:re: b', '8:3000:bye']);
      assert.deepStrictEqual(await closed, ['open', 'message a', 'message b', 'close 3000 bye']);
    });
  }

  test('is not dispatched to an owner who closes in onopen', async (t) => {
    const server = await listen(t);
    const ws = new Client(server.url);
    const { closed } = watch(ws);
    ws.on('open', () => ws.close(3001, 'enough'));
    const peer = await server.next();
    peer.send(agreement(await peer.head()), text('late'), close(3001, 'enough'));
    assert.deepStrictEqual(await closed, ['open', 'close 3001 enough']);
  });

  test('is dispatched behind a handler of open that throws', async (t) => {
    const server = await listen(t);
    const ws = new Client(server.url);
    const { events } = watch(ws);
    ws.on('open', () => {
      throw new Error('thrown by a test');
    });
    const caught = uncaught(t);
    t.after(() => ws.terminate());
    const peer = await server.next();
    peer.send(agreement(await peer.head()), text('one'), text('two'));
    while (events.length < 3) await turn();
    peer.send(text('three'));
    while (events.length < 4) await turn();
    assert.deepStrictEqual(events, ['open', 'message one', 'message two', 'message three']);
    assert.deepStrictEqual(caught, ['thrown by a test']);
  });

  test('waits no longer than the handshake for an owner who has paused', async (t) => {
    const server = await listen(t);
    const ws = new Client(server.url);
    const { events } = watch(ws);
    t.after(() => ws.terminate());
    ws.pause();
    const peer = await server.next();
    const answer = agreement(await peer.head());
    await sendApart(ws, peer, [answer.subarray(0, 20), answer.subarray(20)]);
    while (events.length < 1) await turn();
    assert.deepStrictEqual(events, ['open']);
  });
});

test('each client masks with keys of its own, and leaves the memory of its owner as it was', async (t) => {
  const server = await listen(t);
  const small = Buffer.from('small');
  const large = Buffer.alloc(100000, 'large');
  for (const transport of TRANSPORTS) {
    const ws = new Client(server.url, [], { transport });
    ws.on('open', () => {
      ws.send(small);
      ws.send(large);
    });
    t.after(() => ws.terminate());
    const peer = await server.next();
    await agree(peer);
    const first = await peer.frame();
    const second = await peer.frame();
    assert.ok(first.masked && second.masked);
    assert.deepStrictEqual(first.payload, small);
    assert.deepStrictEqual(second.payload, large);
    assert.deepStrictEqual([small.toString(), large.equals(Buffer.alloc(100000, 'large'))], ['small', true]);
  }
});
