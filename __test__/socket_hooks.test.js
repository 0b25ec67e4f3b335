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
const { close, text } = require('../testing/wire');

/** The methods through which the bytes of a socket of Node's pass. */
const METHODS = ['write', '_write', '_writeGeneric', 'push', 'read', 'emit'];
/** Those that are looked at in each turn. */
const LOOKED_AT = ['write', 'push', 'emit'];
const MESSAGES = 5;

/** How long an end may take that waits for nobody: less than the half minute behind which a closing is given up. */
const AT_ONCE = { timeout: 20_000 };

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

    for (const where of ['class', 'socket']) {
      for (const [what, send, opcode] of [
        ['a text', (ws) => ws.send('x'), 1],
        ['bytes', (ws) => ws.send(Buffer.from('x')), 2],
        ['a ping', (ws) => ws.ping('x'), 9],
        ['a close frame', (ws) => ws.close(1000, 'x'), 8],
        ['a broadcast', (ws) => WebSocket.broadcast([ws], 'x'), 1]
      ]) {
        // For one of the socket alone the direct transport looks when it reads, and with the close frame.
        if (where === 'socket' && name === 'direct' && opcode !== 8) continue;
        test(`write of the ${where}, put there in mid-connection, sees ${what} of a server that only sends`, async (t) => {
          const here = {};
          const server = await serve(t, (_ws, _request, socket) => (here.socket = socket), {
            secure,
            options: { transport }
          });
          const client = await connect(t, server.port, { secure });
          const ws = await server.next();
          ws.send('before');
          await client.frame();
          watch(t, where === 'class' ? net.Socket.prototype : here.socket, 'write', here);
          here.calls = 0;
          send(ws);
          assert.strictEqual((await client.frame()).opcode, opcode);
          assert.strictEqual(here.calls, 1);
        });
      }
    }

    test('end of the class, put there in mid-connection, is called once when the peer closes', async (t) => {
      const here = {};
      const server = await serve(t, (_ws, _request, socket) => (here.socket = socket), {
        secure,
        options: { transport }
      });
      const client = await connect(t, server.port, { secure });
      const ws = await server.next();
      watch(t, net.Socket.prototype, 'end', here);
      here.calls = 0;
      const gone = once(here.socket, 'close');
      client.send(close(1000));
      await Promise.all([once(ws, 'close'), gone]);
      assert.strictEqual(here.calls, 1);
    });

    /** A connection whose owner has put a method in the place of its socket's `end` that ends nothing. */
    const openEndless = async (t) => {
      const here = {};
      const server = await serve(t, (_ws, _request, socket) => (here.socket = socket), {
        secure,
        options: { transport }
      });
      const client = await connect(t, server.port, { secure });
      const ws = await server.next();
      here.socket.end = () => here.socket;
      return { socket: here.socket, client, ws };
    };

    for (const [who, ends] of [
      ['the peer closes', (client) => client.send(close(1000))],
      ['the peer breaks a rule', (client) => client.send([0xc1, 0x80, 0, 0, 0, 0])]
    ]) {
      test(
        `end of the socket, replaced by a method that ends nothing, keeps no connection open when ${who}`,
        AT_ONCE,
        async (t) => {
          const { socket, client, ws } = await openEndless(t);
          const gone = once(socket, 'close');
          const told = new Promise((resolve) => ws.on('close', resolve));
          ends(client);
          assert.strictEqual((await client.frame()).opcode, 8);
          await told;
          client.socket.end();
          await gone;
        }
      );
    }

    test(
      'end of the socket, replaced by a method that ends nothing, keeps no connection open whose peer ends in turn',
      AT_ONCE,
      async (t) => {
        const { socket, client, ws } = await openEndless(t);
        const gone = Promise.all([once(socket, 'close'), once(ws, 'close')]);
        // With our close frame, before the server has had another turn.
        client.socket.prependOnceListener('data', () => client.socket.end());
        client.send(close(1000));
        await gone;
      }
    );

    // Node resets no TLS socket.
    test(
      'write of the class, put there in mid-connection, keeps no reset from being told',
      { skip: secure },
      async (t) => {
        const here = {};
        const server = await serve(t, undefined, { secure, options: { transport } });
        const client = await connect(t, server.port, { secure });
        const ws = await server.next();
        ws.send('before');
        await client.frame();
        watch(t, net.Socket.prototype, 'write', here);
        client.socket.resetAndDestroy();
        const [{ message }] = await once(ws, 'error');
        assert.match(message, /ECONNRESET/);
      }
    );
  });
}
