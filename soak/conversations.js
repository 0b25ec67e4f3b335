'use strict';

/**
 * What peers of a soak do: each function opens one connection to the server, lives it to its end, and resolves.
 * What went wrong is thrown.
 */

const assert = require('node:assert');
const WsClient = require('ws');

const { Client } = require('..');
const deflate = require('../deflate');
const { connect } = require('../testing/peers/raw_client');
const { close, continuation, frame, fragments, ping, text } = require('../testing/wire');
const { isSame, message } = require('./messages');

/** How a conversation ends; in `abrupt` ones what is under way may be lost, but only from the end. */
const ENDINGS = {
  'the client closes': { command: null, code: 3001, abrupt: false },
  'the server closes': { command: 'close', code: 3000, abrupt: false },
  'the server destroys': { command: 'destroy', code: 1006, abrupt: true },
  'the server ends its socket': { command: 'end', code: 1006, abrupt: false },
  'the client vanishes': { command: 'vanish', code: 1006, abrupt: true }
};

/**
 * `ws` works at 10 compressions at a time in the whole process, and one that is under way when its connection is
 * destroyed keeps its place for ever: after ten of those nothing moves. So there is no limit.
 */
const WS_DEFLATE = { concurrencyLimit: 0 };

/**
 * How long a client waits for the answer to its close frame, in seconds. A process of clients that stands still for longer
 * finds the timer first and the answer, which has come meanwhile, behind it. A conversation whose answer is lost is stuck.
 */
const CLOSE_TIMEOUT = 600;
/**
 * `ws` ends the connection at once (1006, and no error) when a ping comes while 60 of its pongs have not left. The server
 * pings twice a second, so a process of clients that stands still for 30 s finds as many in one packet as that takes. What is
 * tried here is the server: there is no limit.
 */
const WS_OPTIONS = { maxPendingAutoPongs: 0, closeTimeout: CLOSE_TIMEOUT * 1000, rejectUnauthorized: false };
const OWN_OPTIONS = { closeTimeout: CLOSE_TIMEOUT, tls: { rejectUnauthorized: false } };

/** A client of `ws`, or ours, with deflate or without, and what to call it. */
function openClient(roll, url) {
  const compress = roll(2) === 0;
  const own = roll(2) === 0;
  const transport = roll(2) === 0 ? 'auto' : 'stream';
  const kind = (own ? `our client, ${transport}` : 'ws') + (compress ? ' with deflate' : '');
  const extensions = compress ? [deflate] : [];
  const client = own
    ? new Client(url, [], { ...OWN_OPTIONS, extensions, transport })
    : new WsClient(url, { ...WS_OPTIONS, perMessageDeflate: compress && WS_DEFLATE });
  return { client, kind, compress };
}

/**
 * Sends numbered messages, some at a time, and checks the echoes.
 *
 * @param {{roll: function, url: string, name: string, count: function}} life
 */
function talk(life) {
  const { roll, url, name, count } = life;
  const { client, kind, compress } = openClient(roll, url);
  const way = Object.keys(ENDINGS)[roll(Object.keys(ENDINGS).length)];
  const ending = ENDINGS[way];
  // Who ends the socket under a message that is still being compressed loses that message.
  const abrupt = ending.abrupt || (compress && ending.command === 'end');
  const total = 1 + roll(150);
  const window = 1 + roll(16);
  const sent = [];
  let received = 0;
  life.where = () =>
    `${kind}, ${way}: ${received} of ${sent.length} of ${total} came back, state ${client.readyState}`;

  /** Sends until the window is full or all is sent; then ends. */
  function go() {
    while (sent.length < total && sent.length - received < window) {
      const next = message(roll, name, sent.length);
      sent.push(next);
      client.send(next);
      if (roll(50) === 0) client.ping('p');
      if (roll(60) === 0) stall();
    }
    if (sent.length === total && received === total && ending.command === null) client.close(3001, 'done');
    else if (sent.length === total && received === total - Math.min(total, window)) command();
  }

  let commanded = false;
  function command() {
    if (commanded || ending.command === null) return;
    commanded = true;
    if (ending.command === 'vanish') client.terminate();
    else client.send(ending.command);
  }

  function stall() {
    client.pause();
    setTimeout(() => client.readyState < 3 && client.resume(), roll(200));
  }

  return new Promise((resolve, reject) => {
    const fail = (text) => {
      client.terminate();
      reject(new Error(`${name} (${kind}, ${way}): ${text}`));
    };
    client.onopen = () => {
      count('opened');
      go();
    };
    client.onerror = ({ message }) => {
      if (!abrupt) fail(message);
    };
    client.onmessage = ({ data }) => {
      if (!isSame(sent[received], data)) {
        return fail(`message ${received} is ${typeof data} ${String(data).slice(0, 40)} of ${data.length}`);
      }
      received++;
      count('messages');
      go();
    };
    client.onclose = ({ code }) => {
      if (!abrupt && received !== sent.length) fail(`${received} of ${sent.length} came back before ${code}`);
      else if (code !== ending.code && !(abrupt && code === 1006)) fail(`closed with ${code}`);
      else resolve();
    };
  });
}

/** A connection for the functions below, whose socket is destroyed at their end. */
async function raw({ url, count }, act) {
  const endings = [];
  const { port, protocol } = new URL(url);
  const client = await connect({ after: (end) => endings.push(end) }, Number(port), {
    secure: protocol === 'wss:'
  });
  // The server pings by itself, which is not what these conversations are about.
  const { frame } = client;
  client.frame = async function () {
    for (;;) {
      const next = await frame.call(client);
      if (next.opcode !== 9) return next;
    }
  };
  count('opened');
  try {
    await act(client);
  } finally {
    for (const end of endings) end();
  }
}

/** Frames in packets that are cut anywhere. */
function cut(roll, client, bytes) {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + roll([3, 100, 100_000][roll(3)]);
    client.send(bytes.subarray(at, at + size));
    at += size;
  }
}

/** Fragments, pings between them, and packets that are cut anywhere. */
function fragmented(life) {
  const { roll, name, count } = life;
  return raw(life, async (client) => {
    for (let i = 0; i < 1 + roll(30); i++) {
      const words = [`${name}/${i} `, 'é水'.repeat(roll(50)), '', 'x'.repeat(roll(3000))];
      const [first, ...rest] = fragments(...words);
      cut(roll, client, Buffer.concat([first, ping(String(i)), ...rest]));
      assert.deepStrictEqual(await client.frames(2), [`10:${i}`, `1:${words.join('')}`]);
      count('messages');
    }
    client.send(close(1000));
    assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
    assert.strictEqual((await client.rest()).length, 0);
  });
}

/** Asks for more than it reads, for a while; then reads it all. */
function slowReader(life) {
  const { roll, name, count } = life;
  return raw(life, async (client) => {
    client.socket.pause();
    const total = 20 + roll(60);
    const payload = (i) => `${name}:${i}:`.padEnd(50_000, '.');
    for (let i = 0; i < total; i++) client.send(text(payload(i), { mask: Buffer.alloc(4) }));
    await new Promise((resolve) => setTimeout(resolve, roll(1000)));
    client.socket.resume();
    for (let i = 0; i < total; i++) {
      const { payload: got } = await client.frame();
      assert.ok(got.equals(Buffer.from(payload(i))), `${name}: message ${i}`);
      count('messages');
    }
  });
}

/** What a peer must not do; the server answers with a close frame. */
function violation(life) {
  const { roll, count } = life;
  const bad = [
    [text('x', { rsv: 7 }), 1002],
    [continuation('x'), 1002],
    [text([0xff]), 1007],
    [text('x', { mask: null }), 1003],
    [frame({ opcode: 3 }), 1002],
    [frame({ opcode: 2, payload: '', form: 64, length: 2 ** 40 }), 1009]
  ];
  return raw(life, async (client) => {
    const [bytes, code] = bad[roll(bad.length)];
    client.send(text('before'), bytes);
    assert.deepStrictEqual(await client.frames(1), ['1:before']);
    const { opcode, payload } = await client.frame();
    assert.deepStrictEqual([opcode, payload.readUInt16BE(0)], [8, code]);
    count('violations');
  });
}

/** Bytes of no meaning. */
function garbage(life) {
  const { roll, count } = life;
  return raw(life, async (client) => {
    client.drop();
    client.send(roll.bytes(roll(5000)));
    client.socket.end();
    await client.closed;
    count('garbage');
  });
}

/** A message that is begun and not ended: the peer stalls, then resets, ends its half or vanishes. */
function halfMessage(life) {
  const { roll, count } = life;
  return raw(life, async (client) => {
    const bytes = text('x'.repeat(roll(100_000)));
    client.send(bytes.subarray(0, roll(bytes.length)));
    await new Promise((resolve) => setTimeout(resolve, roll(500)));
    const way = roll(3);
    // Node resets only sockets without TLS.
    if (way === 0 && !client.socket.encrypted) client.socket.resetAndDestroy();
    else if (way === 1) client.socket.destroy();
    else client.socket.end();
    client.drop();
    await client.closed;
    count('half messages');
  });
}

/** A handler that throws at the server; what is behind it comes back all the same. */
function provoke(life) {
  const { name, count } = life;
  return raw(life, async (client) => {
    client.send(text('throw'), text(`${name} one`), text('throw'), ...fragments(name, ' two'));
    assert.deepStrictEqual(await client.frames(2), [`1:${name} one`, `1:${name} two`]);
    client.send(close(1000));
    assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
    count('exceptions');
  });
}

/** How often each of them happens, in relation to the others. */
const KINDS = [
  [talk, 12],
  [fragmented, 4],
  [slowReader, 1],
  [violation, 2],
  [garbage, 2],
  [halfMessage, 3],
  [provoke, 2]
];

/**
 * Lives one connection, of a random kind, and notes in `life.kind` which.
 *
 * @param {{roll: function, url: string, name: string, count: function(string): void}} life
 * @returns {Promise<void>}
 */
function live(life) {
  let at = life.roll(KINDS.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [kind, weight] of KINDS) {
    at -= weight;
    if (at < 0) {
      life.kind = kind.name;
      return kind(life);
    }
  }
  throw new Error('the weights are wrong');
}

module.exports = { live, openClient };
