'use strict';

// The peer reads nothing, and much waits for it: whoever ends the connection, and whatever is at work, it is over when
// closeTimeout has passed, and its socket is gone.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connectionOf } = require('../lib/faye/connection_of');
const { passOn, passing } = require('../testing/passing_extension');
const { ask, connect: connectHttp2, serve: serveHttp2 } = require('../testing/peers/http2');
const WebSocket = require('../testing/peers/implementation');
const { dial } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { ROLES } = require('../testing/peers/roles');
const { WAYS } = require('../testing/peers/ways');
const { MASK, close, frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const noise = require('node:crypto').randomBytes(MB);

/** An extension that never lets go of a message that is sent, once it has `stops`. */
function stuck() {
  const session = { stops: false };
  const passUnlessStopped = (message, callback) => session.stops || callback(null, message);
  return { extension: passing('x-stuck', passOn, passUnlessStopped), session };
}

/** What is done to messages: the extension's name, the extension, and a call once enough waits. */
const CODINGS = {
  'as they are': () => ({}),
  compressed: () => ({ name: 'permessage-deflate', extension: WebSocket.deflate }),
  'at work in a plugin': () => {
    const { extension, session } = stuck();
    return { name: 'x-stuck', extension, stop: () => (session.stops = true) };
  }
};

/** Who ends, and the codes that may be told. */
const ENDS = {
  'our close': { end: ({ ws }) => ws.close(4000), codes: [1006] },
  "the peer's close": { end: ({ peer, mask }) => peer.send(close(4001, '', { mask })), codes: [4001] },
  'a violation': {
    end: ({ peer, mask }) => peer.send(frame({ opcode: OPCODES.text, rsv: 1, mask })),
    codes: [1002]
  },
  "the peer's end": { end: ({ peer }) => peer.socket.end(), codes: [1006] }
};

/** Megabytes that are sent, of which the system takes a few on the way to a peer that has read nothing yet. */
const SENT = 12;

/** Sends until much waits. */
function fill(ws) {
  for (let i = 0; i < SENT; i++) ws.send(noise);
  assert.ok(ws.bufferedAmount > MB);
}

/** The connection ends, and so does its stream. */
async function ends(ws, codes) {
  const stream = connectionOf(ws)._stream;
  const gone = stream.destroyed ? null : once(stream, 'close');
  const closed = closing(ws);
  ws.onerror = () => {};
  return async () => {
    const { code } = await closed;
    assert.ok(codes.includes(code), String(code));
    await gone;
  };
}

// All of them wait: two groups do at a time.
describe('a peer that reads nothing', { concurrency: 2 }, () => {
  for (const role of Object.keys(ROLES)) {
    for (const { name: way, secure, options } of WAYS) {
      describe(`a ${role} whose peer reads nothing: ${way}`, { concurrency: true }, () => {
        for (const [how, coding] of Object.entries(CODINGS)) {
          for (const [who, { end, codes }] of Object.entries(ENDS)) {
            test(`is over behind ${who}, with messages ${how}`, async (t) => {
              const { name, extension, stop = () => {} } = coding();
              const headers = name ? [`Sec-WebSocket-Extensions: ${name}`] : [];
              const settings = { ...options, closeTimeout: 0.2, extensions: extension ? [extension] : [] };
              const all = await ROLES[role](t, settings, secure, headers);
              all.peer.socket.pause();
              fill(all.ws);
              stop();
              all.ws.send('the last');
              const over = await ends(all.ws, codes);
              end(all);
              await over();
            });
          }
        }
      });
    }
  }
});

describe('a stream whose peer reads nothing', { concurrency: true }, () => {
  for (const [who, { end, codes }] of Object.entries(ENDS)) {
    test(`is over behind ${who}, over HTTP/2`, async (t) => {
      let ws;
      const server = await serveHttp2({ behaviour: (made) => (ws = made), options: { closeTimeout: 0.2 } });
      const session = await connectHttp2(server.origin);
      t.after(() => {
        session.destroy();
        server.stop();
      });
      const stream = ask(session);
      stream.on('error', () => {});
      await once(stream, 'response');
      fill(ws);
      const over = await ends(ws, codes);
      end({ ws, peer: { socket: stream, send: (bytes) => stream.write(bytes) }, mask: MASK });
      await over();
    });
  }

  for (const who of ['our close', "the peer's end"]) {
    test(`is over behind ${who}, by a draft`, async (t) => {
      const server = await serve(t, undefined, { options: { closeTimeout: 0.2 } });
      const peer = await dial(t, server.port);
      peer.send('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://x\r\n\r\n');
      await peer.head();
      peer.socket.pause();
      const ws = await server.next();
      for (let i = 0; i < SENT; i++) ws.send('x'.repeat(MB));
      const over = await ends(ws, [1006, null, undefined]);
      ENDS[who].end({ ws, peer });
      await over();
    });
  }
});
