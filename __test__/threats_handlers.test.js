'use strict';

// Anything may be done in any handler: events come once and in order, and no session or descriptor is left.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { startSubject } = require('../testing/peers/subject');
const { closing, serve } = require('../testing/peers/server');
const { binary, close, continuation, fragments, ping, pong, text } = require('../testing/wire');
const { connectionOf } = require('../lib/faye/connection_of');

/** What a handler does, given the connection and its socket. */
const ACTIONS = {
  'destroys the socket': (ws, socket) => socket.destroy(),
  'destroys the socket with an error': (ws, socket) => socket.destroy(new Error('planned')),
  'ends the socket': (ws, socket) => socket.end(),
  'ends the WebSocket': (ws) => ws.end('last'),
  'closes, twice': (ws) => {
    ws.close(3000, 'a');
    ws.close(3001, 'b');
  },
  'sends, small and large': (ws) => {
    ws.send('x');
    ws.send(Buffer.alloc(200_000));
    ws.send('é'.repeat(50_000));
  },
  'sends, then destroys': (ws, socket) => {
    ws.send(Buffer.alloc(2_000_000));
    socket.destroy();
  },
  'pauses, then resumes later': (ws) => {
    ws.pause();
    setImmediate(() => ws.resume());
  },
  'takes all listeners off': (ws) => {
    for (const type of ['message', 'data', 'drain']) ws.removeAllListeners(type);
  },
  'pings with a callback that closes': (ws) => ws.ping('x', () => ws.close())
};

const EVENTS = ['open', 'data', 'message', 'error', 'end', 'close', 'pong'];

/** A life that meets every kind of event: messages in every form, a ping, a pong, a violation, all in one packet. */
const LIFE = [
  text('a'),
  ...fragments('b', 'b'),
  ping('p'),
  pong('mine'),
  binary('c'),
  text('é'),
  text('d'),
  continuation('violation')
];

describe('a handler', () => {
  for (const event of EVENTS) {
    for (const [what, act] of Object.entries(ACTIONS)) {
      test(`of ${event} that ${what} sees no event twice, late or out of order`, async (t) => {
        const events = [];
        let closed;
        const { port, next, sockets } = await serve(t, (ws, request, socket) => {
          closed = closing(ws);
          for (const type of ['open', 'data', 'message', 'error', 'end', 'close']) {
            ws.on(type, () => events.push(type));
          }
          const run = () => act(ws, socket);
          if (event === 'pong') ws.on('open', () => ws.ping('mine', run));
          else ws.on(event, run);
        });
        const client = await connect(t, port);
        const ws = await next();
        client.drop();
        client.send(...LIFE);
        client.send(close(1000));
        client.socket.end();
        await closed;
        await new Promise(setImmediate);
        await new Promise(setImmediate);

        const order = events.join(' ');
        assert.match(order, /^(open )?((data )?message |data |error )*end close$/, order);
        assert.ok(events.filter((type) => type === 'error').length <= 1, order);
        assert.strictEqual(ws.readyState, 3);
        assert.strictEqual(connectionOf(ws)._slot, -1);
        assert.strictEqual(ws.send('x'), false);
        for (const socket of sockets)
          if (!socket.destroyed) await new Promise((done) => socket.once('close', done));
      });
    }
  }
});

describe('slots', () => {
  test('are given back by 2,000 connections that end in every way, and descriptors with them', async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws, { socket }) => {
        ws.onmessage = ({ data }) => {
          if (data === 'destroy') socket.destroy();
          else if (data === 'end') socket.end();
          else if (data === 'close') ws.close();
          else ws.send(data);
        };
      }
    });
    const ends = [
      (client) => client.send(text('destroy')),
      (client) => client.send(text('end')),
      (client) => client.send(text('close'), close(1000)),
      (client) => client.send(close(1000)),
      (client) => client.send(text('x', { rsv: 7 })),
      (client) => client.send(text('half').subarray(0, 5)) || client.socket.end(),
      (client) => client.socket.resetAndDestroy(),
      (client) => client.socket.destroy()
    ];
    const warm = await connect(t, subject.port);
    warm.socket.destroy();
    const before = await subject.until('close', 1);
    for (let i = 0; i < 2000; i += 40) {
      await Promise.all(
        Array.from({ length: 40 }, async (_, k) => {
          const client = await connect(t, subject.port);
          client.send(text('hello'), ...fragments('a', 'b').slice(0, 1));
          assert.deepStrictEqual(await client.frames(1), ['1:hello']);
          ends[(i + k) % ends.length](client);
          client.socket.end();
          await client.closed;
          client.socket.destroy();
        })
      );
    }
    const after = await subject.until('close', 2001);
    assert.strictEqual(after.sessions, 0);
    assert.strictEqual(after.descriptors, before.descriptors);
    t.diagnostic(`RSS +${((after.rss - before.rss) / 2 ** 20).toFixed(1)} MB after 2,000 connections`);
  });
});

describe('a pong that nobody asked for', () => {
  test('with bytes that are not UTF-8 does nothing, in one packet or in two', async (t) => {
    const { port } = await serve(t, (ws) => {
      ws.onmessage = ({ data }) => ws.send(data);
    });
    const client = await connect(t, port);
    for (const bytes of [[0xff], [0xc3, 0x28], [0xe6, 0xb0], [0xed, 0xa0, 0x80], Array(125).fill(0x80)]) {
      client.send(pong(bytes), text('whole'));
      assert.deepStrictEqual(await client.frames(1), ['1:whole']);
      const cut = pong(bytes);
      client.send(cut.subarray(0, -1));
      client.send(cut.subarray(-1), text('cut'));
      assert.deepStrictEqual(await client.frames(1), ['1:cut']);
    }
  });

  for (const name of [
    '__proto__',
    'constructor',
    '__defineGetter__',
    'hasOwnProperty',
    'toString',
    '',
    '1'
  ]) {
    test(`named ${name || 'nothing'} does nothing`, async (t) => {
      const { port, next } = await serve(t, (ws) => {
        ws.onmessage = ({ data }) => ws.send(data);
      });
      const client = await connect(t, port);
      const ws = await next();
      client.send(pong(name), text('a'));
      assert.deepStrictEqual(await client.frames(1), ['1:a']);
      let calls = 0;
      ws.ping('other', () => calls++);
      client.send(pong(name), text('b'));
      assert.deepStrictEqual(await client.frames(2), ['9:other', '1:b']);
      assert.strictEqual(calls, 0);
      assert.strictEqual({}.polluted, undefined);
    });
  }
});
