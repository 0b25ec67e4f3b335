'use strict';

// Whoever puts methods in front of a socket's, such as a recorder of traffic, sees what passes through them: the direct
// transport, which calls none of them, leaves such sockets to Node.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

/** The methods through which the bytes of a socket of Node's pass. */
const METHODS = ['write', '_write', '_writeGeneric', 'push', 'read', 'emit'];
/** Those that are looked at in each turn. */
const LOOKED_AT = ['write', 'push', 'emit'];
const MESSAGES = 5;

/** Puts a method in front of that of `target`, until the test ends; counts its calls for the socket of `here`. */
function watch(t, target, method, here) {
  const had = Object.prototype.hasOwnProperty.call(target, method);
  const original = target[method];
  target[method] = function (...args) {
    if (this === here.socket && (method !== 'emit' || args[0] === 'data')) here.calls++;
    return original.apply(this, args);
  };
  t.after(() => {
    if (had) target[method] = original;
    else delete target[method];
  });
}

/** Sends messages one by one and waits for each echo; how often the watched method was called meanwhile. */
async function echoes(client, ws, here) {
  here.calls = 0;
  for (let i = 0; i < MESSAGES; i++) {
    const heard = once(ws, 'message');
    client.send(text('x'));
    await heard;
    await client.frame();
  }
  return here.calls;
}

for (const [name, transport, secure] of [
  ['direct', 'direct', false],
  ['stream', 'stream', false],
  ['TLS', 'stream', true]
]) {
  describe(`a method in front of a socket's (${name})`, () => {
    for (const method of METHODS) {
      for (const where of ['class', 'socket']) {
        test(`${method} of the ${where}, put there before, sees each message`, async (t) => {
          const here = { calls: 0, socket: null };
          const server = await serve(t, undefined, {
            secure,
            upgrade(request, socket, head) {
              here.socket = socket;
              watch(t, where === 'class' ? net.Socket.prototype : socket, method, here);
              here.ws = new WebSocket(request, socket, head, [], { transport });
              here.ws.on('message', ({ data }) => here.ws.send(data));
            }
          });
          const client = await connect(t, server.port, { secure });
          assert.ok((await echoes(client, here.ws, here)) >= MESSAGES);
        });

        // The others are looked at when a connection opens, for each look has its price.
        if (!LOOKED_AT.includes(method)) continue;
        test(`${method} of the ${where}, put there in mid-connection, sees each message that follows`, async (t) => {
          const here = { calls: 0, socket: null };
          const keep = (ws, request, socket) => {
            Object.assign(here, { ws, socket });
            ws.on('message', ({ data }) => ws.send(data));
          };
          const server = await serve(t, keep, { secure, options: { transport } });
          const client = await connect(t, server.port, { secure });
          await echoes(client, here.ws, here);
          assert.strictEqual(here.ws.transport || transport, transport);
          watch(t, where === 'class' ? net.Socket.prototype : here.socket, method, here);
          await echoes(client, here.ws, here);
          assert.ok((await echoes(client, here.ws, here)) >= MESSAGES);
        });
      }
    }
  });
}
