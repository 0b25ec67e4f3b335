'use strict';

// A peer that is sending may read nothing before all of it has left. If the connection fails meanwhile, it learns why.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { makeCertificate } = require('../testing/certificate');
const { connect } = require('../testing/peers/raw_client');
const { agree, listen } = require('../testing/peers/raw_server');
const { closing, serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const wire = require('../testing/wire');

const MEGABYTE = 1024 * 1024;
/** More than the system takes of either end, and than is read into memory of its own. */
const MUCH = Buffer.alloc(16 * MEGABYTE);
const LIMITED = { maxLength: 1000 };

/** An end of ours, its socket, a peer of bytes that is connected to it, and the frames that such a peer sends. */
const ROLES = {
  async server(t, { secure, options }) {
    const server = await serve(t, undefined, { secure, options: { ...options, ...LIMITED } });
    const peer = await connect(t, server.port, { secure });
    const ws = await server.next();
    return { ws, peer, frames: wire };
  },
  async client(t, { secure, options }) {
    const certificate = secure ? makeCertificate({ names: ['localhost'] }) : undefined;
    const server = await listen(t, () => {}, { certificate });
    const tls = secure ? { tls: { ca: certificate.cert, servername: 'localhost' } } : {};
    const ws = new WebSocket.Client(server.url, [], { ...options, ...LIMITED, ...tls });
    t.after(() => ws.terminate());
    const peer = await server.next();
    await Promise.all([agree(peer), once(ws, 'open')]);
    return { ws, peer, frames: wire.fromServer };
  }
};

for (const [role, begin] of Object.entries(ROLES)) {
  for (const way of WAYS) {
    describe(`a ${role} whose peer sends too much before it reads: ${way.name}`, () => {
      for (const [what, pieces] of [
        ['one message', ({ binary }) => binary(MUCH)],
        ['many messages', ({ binary }) => Buffer.concat(Array(16).fill(binary(MUCH.subarray(0, MEGABYTE))))]
      ]) {
        test(`tells it so: ${what}`, { timeout: 60_000 }, async (t) => {
          const { ws, peer, frames } = await begin(t, way);
          const closed = closing(ws);
          peer.socket.pause();
          await new Promise((resolve, reject) => {
            peer.socket.write(pieces(frames), (error) => (error ? reject(error) : resolve()));
          });
          peer.socket.resume();
          assert.deepStrictEqual(await peer.frames(1), ['8:1009:WebSocket frame length too large']);
          assert.strictEqual((await closed).code, 1009);
        });
      }

      test('has Node make no memory of what is dropped', { timeout: 60_000 }, async (t) => {
        const { ws, peer, frames } = await begin(t, way);
        const { push } = ws._stream;
        let pushed = 0;
        ws._stream.push = function (chunk, ...rest) {
          if (chunk) pushed += chunk.length;
          return push.call(this, chunk, ...rest);
        };
        const gone = once(ws._stream, 'close');
        peer.socket.end(frames.binary(MUCH));
        await gone;
        assert.ok(pushed < MEGABYTE, `${pushed} bytes`);
        assert.ok(ws._stream.bytesRead > MUCH.length, `${ws._stream.bytesRead} bytes`);
      });
    });
  }
}
