'use strict';

// The peer ends the connection while extensions of the caller's are still at work on messages: none is lost, and then `close`
// has the right code.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('..');
const { makeCertificate } = require('../testing/certificate');
const { passing } = require('../testing/passing_extension');
const { TRANSPORTS } = require('../testing/peers/engines');
const { connect } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { closing, serve } = require('../testing/peers/server');
const { until } = require('../testing/peers/told');
const { fromServer, frame } = require('../testing/wire');

const NAME = 'Sec-WebSocket-Extensions: x-patient';

/** An extension that keeps messages until `go` is called, or until one comes behind `go` (and so on). */
function patient() {
  const held = { in: [], out: [] };
  const keep = (list) => (message, callback) => list.push(() => callback(null, message));
  const extension = passing('x-patient', keep(held.in), keep(held.out));
  /** Lets go of what is held one way, also of what comes of that. */
  const go = (way) => {
    while (held[way].length > 0) held[way].shift()();
  };
  return { extension, held, go };
}

/** A close frame's payload. */
const code = (number) => Buffer.from([number >> 8, number & 0xff]);

/** Each role as `{ ws, peer, events, closed, says }`, where the peer is raw. */
const ROLES = {
  async server(t, options, secure) {
    const server = await serve(t, undefined, { secure, options });
    const peer = await connect(t, server.port, { secure, headers: [NAME] });
    const ws = await server.next();
    return { ws, peer, says: frame };
  },
  async client(t, options, secure) {
    const certificate = secure ? makeCertificate({ names: ['127.0.0.1'] }) : undefined;
    const server = await listen(t, undefined, { certificate });
    const tls = { rejectUnauthorized: false };
    const ws = new WebSocket.Client(server.url, [], { ...options, tls });
    const peer = await server.next();
    peer.send(agreement(await peer.head(), [NAME]));
    await once(ws, 'open');
    return { ws, peer, says: fromServer.frame };
  }
};

/** Begins a connection with a patient extension; what happens to it. */
async function begin(t, role, transport, secure, settings) {
  const extension = patient();
  const options = { extensions: [extension.extension], transport, ...settings };
  const made = await ROLES[role](t, options, secure);
  const events = [];
  made.ws.on('message', ({ data }) => events.push(String(data)));
  made.ws.on('error', () => events.push('error'));
  return { ...made, ...extension, events, closed: closing(made.ws) };
}

/** What the peer gets from now on up to the end, in words. */
async function rest(peer) {
  const all = [];
  for (;;) {
    const got = await peer.frame().catch(() => null);
    if (got === null) return all;
    all.push(got.opcode === 8 ? `close ${got.payload.readUInt16BE(0)}` : String(got.payload));
  }
}

const KINDS = [...TRANSPORTS.map((transport) => [transport, false]), ['stream', true]];

for (const [transport, secure] of KINDS) {
  for (const role of Object.keys(ROLES)) {
    describe(`an extension at work (${role}, ${transport} transport${secure ? ', TLS' : ''})`, () => {
      const open = (t, settings) => begin(t, role, transport, secure, settings);

      test('has its messages told before a close frame and the end right behind it', async (t) => {
        const { ws, peer, says, held, go, events, closed } = await open(t);
        peer.send(says({ opcode: 1, payload: 'a' }), says({ opcode: 2, payload: 'b' }));
        peer.send(says({ opcode: 8, payload: code(3000) }));
        peer.socket.end();
        await once(ws._stream, 'end');
        assert.deepStrictEqual([events, held.in.length, ws.readyState], [[], 2, 1]);
        go('in');
        assert.strictEqual((await closed).code, 3000);
        assert.deepStrictEqual(events, ['a', 'b']);
        assert.deepStrictEqual(await rest(peer), ['close 3000']);
      });

      test('has its messages told before the bare end, and 1006', async (t) => {
        const { ws, peer, says, go, events, closed } = await open(t);
        peer.send(says({ opcode: 1, payload: 'a' }), says({ opcode: 1, payload: '' }));
        peer.socket.end();
        await once(ws._stream, 'end');
        assert.deepStrictEqual(events, []);
        go('in');
        assert.strictEqual((await closed).code, 1006);
        assert.deepStrictEqual(events, ['a', '']);
      });

      test('has its messages told before a reset', async (t) => {
        const { peer, says, held, go, ws, events, closed } = await open(t);
        peer.send(says({ opcode: 1, payload: 'a' }), says({ opcode: 1, payload: 'b' }));
        await until(() => held.in.length === 2);
        // Over TLS there is no way to ask for a reset: the end comes without a notice of it.
        if (secure) peer.socket.destroy();
        else peer.socket.resetAndDestroy();
        await until(() => ws._stream.destroyed || ws._stream.readableEnded);
        assert.deepStrictEqual(events, []);
        go('in');
        assert.strictEqual((await closed).code, 1006);
        assert.deepStrictEqual(events.slice(0, 2), ['a', 'b']);
      });

      test('has what is answered behind the bare end of the peer leave', async (t) => {
        const { ws, peer, says, go, held, closed } = await open(t);
        ws.on('message', ({ data }) => ws.send(`answer to ${data}`));
        peer.send(says({ opcode: 1, payload: 'a' }));
        peer.socket.end();
        await once(ws._stream, 'end');
        go('in');
        assert.strictEqual(held.out.length, 1);
        go('out');
        assert.strictEqual((await closed).code, 1006);
        assert.deepStrictEqual(await rest(peer), ['answer to a']);
      });

      test('has what was sent leave before the answer to a close frame, behind the end of the peer', async (t) => {
        const { ws, peer, says, go, events, closed } = await open(t);
        ws.send('before');
        peer.send(says({ opcode: 1, payload: 'a' }), says({ opcode: 8, payload: code(3000) }));
        peer.socket.end();
        await once(ws._stream, 'end');
        go('in');
        assert.deepStrictEqual(events, ['a']);
        go('out');
        assert.strictEqual((await closed).code, 3000);
        assert.deepStrictEqual(await rest(peer), ['before', 'close 3000']);
      });

      test('has what was sent leave before our close frame, the end of the peer between', async (t) => {
        const { ws, peer, go, closed } = await open(t);
        ws.send('x');
        ws.send('y');
        ws.close(3001);
        peer.socket.end();
        await once(ws._stream, 'end');
        go('out');
        await closed;
        assert.deepStrictEqual(await rest(peer), ['x', 'y', 'close 3001']);
      });

      test('has many messages told of which only some were read when the peer ends', async (t) => {
        const { ws, peer, says, held, go, events, closed } = await open(t);
        const payload = Buffer.alloc(100 * 1024, 65);
        for (let i = 0; i < 12; i++) peer.send(says({ opcode: 1, payload }));
        peer.send(says({ opcode: 8, payload: code(3000) }));
        peer.socket.end();
        await until(() => held.in.length > 0);
        const timer = setInterval(() => go('in'), 1);
        t.after(() => clearInterval(timer));
        assert.strictEqual((await closed).code, 3000);
        assert.strictEqual(events.length, 12);
        assert.strictEqual(ws.readyState, 3);
      });

      test('that never answers keeps no connection longer than closeTimeout', async (t) => {
        const { peer, says, events, closed } = await open(t, { closeTimeout: 0.05 });
        peer.send(says({ opcode: 1, payload: 'a' }), says({ opcode: 8, payload: code(3000) }));
        peer.socket.end();
        assert.strictEqual((await closed).code, 3000);
        assert.deepStrictEqual(events, []);
      });

      test('is not waited for when the owner has terminated', async (t) => {
        const { ws, peer, says, held, go, events, closed } = await open(t);
        peer.send(says({ opcode: 1, payload: 'a' }));
        await until(() => held.in.length === 1);
        ws.terminate();
        assert.strictEqual((await closed).code, 1006);
        go('in');
        assert.deepStrictEqual(events, []);
      });
    });
  }
}

for (const [transport, secure] of KINDS) {
  test(`compression on a thread has what was sent leave when the peer closes and ends (${transport} transport${secure ? ', TLS' : ''})`, async (t) => {
    const options = { extensions: [WebSocket.deflate], transport };
    const server = await serve(t, undefined, { secure, options });
    const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
    const peer = await connect(t, server.port, { secure, headers });
    const ws = await server.next();
    const closed = closing(ws);
    ws.send(Buffer.alloc(400_000));
    ws.send('small');
    peer.send(frame({ opcode: 8, payload: code(3000) }));
    peer.socket.end();
    assert.strictEqual((await closed).code, 3000);
    const all = await rest(peer);
    assert.deepStrictEqual([all.length, all[2]], [3, 'close 3000']);
  });
}
