'use strict';

// The reason that FAYE_WEBSOCKET_DEBUG prints for the transport of a connection: each is made to be the one, and the
// connection has to be on that transport.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connectionOf } = require('../lib/faye/connection_of');
const { reasonAgainst } = require('../lib/transport/debug');
const { TRANSPORTS, alsoWithWebAssembly } = require('../testing/peers/engines');
const http2Peers = require('../testing/peers/http2');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** Whether bytes are moved by the native side here at all. */
const MOVES = TRANSPORTS.includes('direct') && WebSocket.engine !== 'wasm';
const OF_PROCESS =
  WebSocket.engine === 'wasm'
    ? 'the WebAssembly engine moves no bytes'
    : 'on this system Node moves all bytes';
const HIXIE_75 =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nOrigin: http://localhost\r\n\r\n';

/** A server's connection over a socket that `prepare` has changed, or over what that returns. */
async function meet(t, { prepare = () => undefined, options = { transport: 'auto' }, secure, head } = {}) {
  let take;
  const made = new Promise((resolve) => (take = resolve));
  const upgrade = (incoming, socket, body) =>
    take(new WebSocket(incoming, prepare(socket) || socket, body, null, options));
  const server = await serve(t, undefined, { upgrade, secure });
  const client = await dial(t, server.port, { secure });
  client.send(head || request());
  const ws = await made;
  if (ws.readyState === 0) await once(ws, 'open');
  // The native side takes the socket over once the chunk with the handshake is dealt with.
  await new Promise((resolve) => setImmediate(resolve));
  return ws;
}

/** The transport of a connection, and what is against the direct one. */
const told = (ws) => [ws.transport, reasonAgainst(connectionOf(ws))];

describe('what is against the direct transport', () => {
  test('is the option, and a draft, whatever the engine', async (t) => {
    const chosen = "the option transport, or FAYE_WEBSOCKET_TRANSPORT, is 'stream'";
    assert.deepStrictEqual(told(await meet(t, { options: { transport: 'stream' } })), ['stream', chosen]);
    assert.deepStrictEqual(told(await meet(t, { head: HIXIE_75 })), ['stream', 'it speaks a draft']);
  });

  for (const [what, settings, reason] of [
    ['TLS', { secure: true }, 'it is over TLS'],
    [
      'a method in front of one of the socket',
      {
        prepare(socket) {
          const { write } = socket;
          socket.write = (...args) => write.apply(socket, args);
        }
      },
      'somebody has put methods of their own in front of those of its socket'
    ],
    [
      'a class of its own',
      { prepare: (socket) => void Object.setPrototypeOf(socket, class extends net.Socket {}.prototype) },
      'its socket is of a class of its own'
    ],
    [
      'a stream that is no socket',
      { prepare: (socket) => Duplex.from({ readable: socket, writable: socket }) },
      'its stream is no socket'
    ],
    [
      'somebody who listens',
      { prepare: (socket) => void socket.on('data', () => {}) },
      'somebody else listens to its socket'
    ],
    [
      'a method in front of one of the handle',
      {
        prepare({ _handle: handle }) {
          const { close } = handle;
          handle.close = (callback) => close.call(handle, callback);
        }
      },
      'its descriptor cannot be watched, or somebody has put methods in front of those of its handle'
    ]
  ]) {
    test(`is ${what}`, async (t) => {
      assert.deepStrictEqual(told(await meet(t, settings)), ['stream', MOVES ? reason : OF_PROCESS]);
    });
  }

  test('is HTTP/2', async (t) => {
    const { ws } = await http2Peers.pair(t);
    assert.deepStrictEqual(told(ws), ['stream', MOVES ? 'it is over HTTP/2' : OF_PROCESS]);
  });

  test('is nothing, and then the owner', { skip: !MOVES && OF_PROCESS }, async (t) => {
    const server = await serve(t, undefined, { options: { transport: 'auto' } });
    await connect(t, server.port);
    const ws = await server.next();
    await new Promise((resolve) => setImmediate(resolve));
    assert.strictEqual(ws.transport, 'direct');
    ws._stream.on('data', () => {});
    assert.deepStrictEqual(told(ws), ['stream', 'somebody else listens to its socket']);
    ws.terminate();
  });
});

alsoWithWebAssembly(__filename);
