'use strict';

// Over TLS Node reads into memory that all sockets share. Whoever else hears a socket, pauses it or looks at it finds what
// he always did, from one read to the next, and what the receiver of a message has is his. What he sends on is what he says.

const assert = require('node:assert');
const { once } = require('node:events');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');
const tls = require('node:tls');

const { makeCertificate } = require('../testing/certificate');
const WebSocket = require('../testing/peers/implementation');
const { RawClient, connect, request } = require('../testing/peers/raw_client');
const { agree, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');
const wire = require('../testing/wire');

const { binary } = wire;

/** Connects our end over TLS and a peer that writes bytes; `frames` are as that peer sends them. */
const ROLES = {
  async server(t) {
    const server = await serve(t, undefined, { secure: true });
    const peer = await connect(t, server.port, { secure: true });
    return { ws: await server.next(), peer, frames: wire };
  },
  async client(t) {
    const server = await listen(t, undefined, { certificate: makeCertificate({ names: ['localhost'] }) });
    const ws = new WebSocket.Client(server.url, [], { tls: { rejectUnauthorized: false } });
    t.after(() => ws.terminate());
    const opened = once(ws, 'open');
    const peer = await server.next();
    await agree(peer);
    await opened;
    return { ws, peer, frames: wire.fromServer };
  }
};

/** Messages as they come, and a wait until there are so many. */
function collect(ws) {
  const got = [];
  ws.on('message', ({ data }) => got.push(data));
  const reach = async (count) => {
    while (got.length < count) await once(ws, 'message');
    assert.strictEqual(got.length, count);
  };
  return { got, reach };
}

/** A connection over TLS over streams that are no sockets: what one writes stands in the other when the call returns. */
async function overStream(t, server) {
  const [near, far] = pair();
  server.server.emit('connection', far);
  const socket = tls.connect({ socket: near, rejectUnauthorized: false });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  const peer = new RawClient(socket);
  peer.send(request());
  await peer.head();
  return { ws: await server.next(), peer };
}

/** Two streams, each of which reads what is written to the other. */
function pair() {
  const ends = [0, 1].map(
    (i) =>
      new Duplex({
        read() {},
        write(chunk, encoding, callback) {
          ends[1 - i].push(Buffer.from(chunk));
          callback();
        }
      })
  );
  return ends;
}

async function until(condition) {
  while (!condition()) await turn();
}

for (const [role, start] of Object.entries(ROLES)) {
  describe(`over TLS, the socket of a ${role}`, { timeout: 20_000 }, () => {
    test('gives every byte once to whoever begins to listen, and none once he has stopped', async (t) => {
      const { ws, peer, frames } = await start(t);
      const { got, reach } = collect(ws);
      for (let round = 0; round < 3; round++) {
        peer.send(frames.text('alone'));
        await reach(round * 4 + 1);

        const chunks = [];
        const hear = (chunk) => chunks.push(chunk);
        ws._stream.on('data', hear);
        const sent = [frames.text('a'), frames.binary(Buffer.alloc(40_000, 7)), frames.text('b')];
        peer.send(...sent);
        await reach(round * 4 + 4);
        assert.ok(Buffer.concat(chunks).equals(Buffer.concat(sent)));

        ws._stream.removeListener('data', hear);
        chunks.length = 0;
        peer.send(frames.text('alone again'));
        await once(ws, 'message');
        assert.strictEqual(got.pop(), 'alone again');
        assert.strictEqual(chunks.length, 0);
      }
      assert.deepStrictEqual(
        got.map((data) => (typeof data === 'string' ? data : data.length)),
        Array.from({ length: 3 }, () => ['alone', 'a', 40_000, 'b']).flat()
      );
    });

    test('shows all that comes to whoever stands in front of its methods', async (t) => {
      for (const method of ['emit', 'push']) {
        const { ws, peer, frames } = await start(t);
        const { reach } = collect(ws);
        peer.send(frames.text('before'));
        await reach(1);

        const seen = [];
        const original = ws._stream[method];
        ws._stream[method] = function (...args) {
          const chunk = args[method === 'emit' ? 1 : 0];
          if (Buffer.isBuffer(chunk)) seen.push(Buffer.from(chunk));
          return original.apply(this, args);
        };
        const sent = [frames.text('seen'), frames.text('as well')];
        for (const [i, bytes] of sent.entries()) {
          peer.send(bytes);
          await reach(2 + i);
        }
        assert.deepStrictEqual(Buffer.concat(seen), Buffer.concat(sent), method);

        delete ws._stream[method];
        peer.send(frames.text('unseen'));
        await reach(4);
      }
    });

    test('is read while its owner pauses it, and tells nothing until he has it flow', async (t) => {
      const { ws, peer, frames } = await start(t);
      const { got, reach } = collect(ws);
      for (let round = 1; round <= 4; round += 3) {
        peer.send(frames.text('flows'));
        await reach(round);
        const { bytesRead } = ws._stream;
        ws._stream.pause();
        const waits = [frames.text('waits'), frames.text('as well')];
        peer.send(...waits);
        const bytes = waits[0].length + waits[1].length;
        await until(() => ws._stream.bytesRead === bytesRead + bytes);
        await turn();
        assert.strictEqual(got.length, round);
        assert.strictEqual(ws._stream.readableLength, bytes);
        ws._stream.resume();
        await reach(round + 2);
      }
      assert.deepStrictEqual(got, ['flows', 'waits', 'as well', 'flows', 'waits', 'as well']);
    });

    test('takes back what its owner has read, in front of what comes', async (t) => {
      const { ws, peer, frames } = await start(t);
      const { got, reach } = collect(ws);
      peer.send(frames.text('first'));
      await reach(1);
      ws._stream.unshift(frames.text('put back'));
      peer.send(frames.text('last'));
      await reach(3);
      assert.deepStrictEqual(got, ['first', 'put back', 'last']);
    });

    test('is not idle while something comes', async (t) => {
      const { ws, peer, frames } = await start(t);
      const { reach } = collect(ws);
      peer.send(frames.text('first'));
      await reach(1);
      ws._stream.setTimeout(1e6);
      const [key] = Object.getOwnPropertySymbols(ws._stream).filter(
        ({ description }) => description === 'timeout'
      );
      let refreshed = 0;
      const timer = ws._stream[key];
      const { refresh } = timer;
      timer.refresh = function () {
        refreshed++;
        return refresh.call(this);
      };
      for (let i = 0; i < 3; i++) {
        const before = refreshed;
        peer.send(frames.text('more'));
        await reach(2 + i);
        assert.ok(refreshed > before);
      }
    });

    test('has no memory of others to look at', async (t) => {
      const { ws, peer, frames } = await start(t);
      const looks = [];
      ws.on('message', () => {
        const { _stream: socket } = ws;
        for (const object of [socket, socket._handle]) {
          for (const key of Reflect.ownKeys(object)) {
            if (ArrayBuffer.isView(object[key]) || object[key] instanceof ArrayBuffer) looks.push(key);
          }
        }
      });
      for (let i = 0; i < 3; i++) {
        peer.send(frames.text('look'));
        await once(ws, 'message');
      }
      assert.deepStrictEqual(looks, []);
    });

    test('takes no memory of JavaScript for the parts of a message', async (t) => {
      const { ws, peer, frames } = await start(t);
      const parts = 400;
      const part = frames.frame({ opcode: 0, fin: false, payload: Buffer.alloc(16_000) });
      const { reach } = collect(ws);
      peer.send(frames.text('ready'));
      await reach(1);
      peer.socket.write(frames.frame({ opcode: 2, fin: false }));
      const before = process.memoryUsage().arrayBuffers;
      const bytes = ws._stream.bytesRead + frames.frame({ opcode: 2, fin: false }).length;
      for (let i = 1; i <= parts; i++) {
        peer.socket.write(part);
        await until(() => ws._stream.bytesRead >= bytes + i * part.length);
      }
      const grown = process.memoryUsage().arrayBuffers - before;
      assert.ok(grown < (parts * part.length) / 2, `${grown} bytes more`);
    });
  });
}

describe('over TLS, messages', { timeout: 20_000 }, () => {
  const SIZES = [0, 1, 60, 125, 126, 511, 512, 513, 2000, 8000, 16_000, 16_376, 16_384, 40_000, 100_000];

  test("are the receiver's: what others are sent later changes none", async (t) => {
    const ends = [await ROLES.server(t), await ROLES.client(t), await ROLES.server(t)];
    const all = ends.map(({ ws }) => collect(ws));
    const pongs = ends.map(() => []);
    ends.forEach(({ peer }, i) => {
      peer.socket.removeAllListeners('data');
      peer.socket.on('data', (chunk) => pongs[i].push(chunk));
    });
    let count = 0;
    for (const size of SIZES) {
      for (const [i, { peer, frames }] of ends.entries()) {
        const payload = Buffer.alloc(size, count + i);
        // One frame a record; and two of them, with a ping in between.
        peer.send(frames.binary(payload));
        await all[i].reach(count + 1);
        peer.send(frames.binary(payload), frames.ping(String(count)), frames.binary(payload));
        await all[i].reach(count + 3);
      }
      count += 3;
    }
    for (const [i, { got }] of all.entries()) {
      got.forEach((data, at) => {
        const expected = Buffer.alloc(SIZES[(at / 3) | 0], at - (at % 3) + i);
        assert.ok(expected.equals(data), `connection ${i}, message ${at}`);
      });
      await until(() => pongs[i].length >= SIZES.length);
    }
  });

  test('come whole if a handler has written all over those before', async (t) => {
    const { ws, peer, frames } = await ROLES.server(t);
    const got = [];
    ws.on('message', ({ data }) => {
      got.push(data[0]);
      assert.ok(data.every((byte) => byte === data[0]));
      data.fill(255);
    });
    for (let i = 1; i < 60; i++) {
      peer.send(frames.binary(Buffer.alloc(100 + i, i)), frames.binary(Buffer.alloc(100 + i, i)));
      await until(() => got.length === 2 * i);
    }
    assert.deepStrictEqual(
      got,
      Array.from({ length: 118 }, (_, i) => 1 + (i >> 1))
    );
  });

  test('come whole if handlers feed other connections over streams that are no sockets', async (t) => {
    const server = await serve(t, undefined, { secure: true });
    const ends = [await overStream(t, server), await overStream(t, server)];
    const all = ends.map(() => []);
    let depth = 0;
    ends.forEach(({ ws }, i) => {
      ws.on('message', ({ data }) => {
        depth++;
        all[i].push(data);
        if (depth < 3)
          ends[1 - i].peer.send(binary(Buffer.alloc(50, 100 + i)), binary(Buffer.alloc(60, 100 + i)));
        depth--;
      });
    });
    const payloads = Array.from({ length: 8 }, (_, i) => Buffer.alloc(100 + i, i));
    ends[0].peer.send(...payloads.map((payload) => binary(payload)));
    await until(() => all[0].filter((data) => data[0] < 100).length === payloads.length);
    await turn();
    const own = all[0].filter((data) => data[0] < 100);
    own.forEach((data, i) => assert.ok(data.equals(payloads[i]), `message ${i}`));
    for (const data of all.flat()) assert.ok(data.every((byte) => byte === data[0]));
  });

  test('come whole if handlers throw', async (t) => {
    const caught = uncaught(t);
    const { ws, peer, frames } = await ROLES.server(t);
    const got = [];
    ws.on('message', ({ data }) => {
      got.push(data);
      throw new Error(data);
    });
    for (let i = 0; i < 5; i++) {
      peer.send(frames.text(`${i} alone`));
      await until(() => caught.length === i * 3 + 1);
      peer.send(frames.text(`${i} first`), frames.text(`${i} second`));
      await until(() => caught.length === i * 3 + 3);
    }
    assert.deepStrictEqual(caught, got);
    assert.strictEqual(new Set(got).size, 15);
  });
});
