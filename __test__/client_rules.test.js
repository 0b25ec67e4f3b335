'use strict';

// Rules of the RFCs for a client that the original leaves out (RFC 6455, sections 4.1, 5.1 and 7.4; RFC 9110,
// sections 7.6.1 and 9.3.6).

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { frame } = require('../testing/wire');
const { agree, agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { watch } = require('../testing/peers/watch');

/** A client that is connected over a transport, and its peer. */
async function connected(t, transport) {
  const server = await listen(t);
  const ws = new Client(server.url, null, { transport });
  t.after(() => ws.terminate());
  const seen = watch(ws);
  const peer = await server.next();
  await agree(peer);
  await once(ws, 'open');
  return { ws, peer, ...seen };
}

for (const transport of ['stream', 'direct']) {
  describe(`on the transport ${transport}, a client`, () => {
    const mask = Buffer.from([1, 2, 3, 4]);
    for (const [what, opcode, payload] of [
      ['a text', 1, 'hi'],
      ['an empty text', 1, ''],
      ['a ping', 9, 'hi'],
      ['a close frame', 8, Buffer.from([3, 232])]
    ]) {
      test(`refuses ${what} with a mask`, async (t) => {
        const { peer, closed, errors } = await connected(t, transport);
        peer.send(frame({ opcode, payload: Buffer.from(payload), mask }));
        const text = 'Received masked frame but masking is not allowed';
        assert.deepStrictEqual(await closed, ['open', `error ${text}`, `close 1002 ${text}`]);
        assert.deepStrictEqual(
          [errors[0].error.code, errors[0].error.closeCode],
          ['ERR_WEBSOCKET_VIOLATION', 1002]
        );
      });
    }

    for (const code of [1012, 1013, 1014]) {
      test(`is told the close code ${code}`, async (t) => {
        const { peer, closed } = await connected(t, transport);
        peer.send([0x88, 0x02, code >> 8, code & 255]);
        assert.deepStrictEqual(await closed, ['open', `close ${code} `]);
      });
    }
  });
}

test('a client may not send the codes of servers', async (t) => {
  const { ws } = await connected(t);
  for (const code of [1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014])
    assert.throws(() => ws.close(code), /The code must be either 1000/);
  assert.strictEqual(ws.readyState, 1);
});

describe('Connection in an answer', () => {
  for (const list of [
    'keep-alive, Upgrade',
    'upgrade,keep-alive',
    'keep-alive,\tUpgrade',
    'x , UPGRADE\t,y'
  ]) {
    test(`of ${JSON.stringify(list)} has the token`, async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url);
      t.after(() => ws.terminate());
      const peer = await server.next();
      const answer = agreement(await peer.head()).toString('latin1');
      peer.send(answer.replace('Connection: Upgrade', `Connection: ${list}`));
      await once(ws, 'open');
    });
  }

  test('may be several headers', async (t) => {
    const server = await listen(t);
    const ws = new Client(server.url);
    t.after(() => ws.terminate());
    const peer = await server.next();
    const answer = agreement(await peer.head()).toString('latin1');
    peer.send(answer.replace('Connection: Upgrade', 'Connection: keep-alive\r\nConnection: Upgrade'));
    await once(ws, 'open');
    assert.strictEqual(ws.headers.connection, 'keep-alive, Upgrade');
  });

  for (const list of ['keep-alive', 'Upgrade;x', 'upgraded', 'keep-alive Upgrade']) {
    test(`of ${JSON.stringify(list)} has no such token`, async (t) => {
      const server = await listen(t);
      const { closed } = watch(new Client(server.url));
      const peer = await server.next();
      const answer = agreement(await peer.head()).toString('latin1');
      peer.send(answer.replace('Connection: Upgrade', `Connection: ${list}`));
      const text = "Error during WebSocket handshake: 'Connection' header value is not 'Upgrade'";
      assert.deepStrictEqual(await closed, [`error ${text}`, `close 1002 ${text}`]);
    });
  }
});

describe('an answer to CONNECT', () => {
  for (const secure of [false, true]) {
    for (const status of [200, 201, 204, 206, 299]) {
      test(`with status ${status} opens the tunnel to a ${secure ? 'wss' : 'ws'} server`, async (t) => {
        const server = await serve(t, (ws) => ws.pipe(ws), { secure });
        const proxy = await listen(t, async (peer) => {
          await peer.head();
          const outward = net.connect(server.port, '127.0.0.1');
          t.after(() => outward.destroy());
          outward.on('error', () => {});
          peer.send(`HTTP/1.1 ${status} Fine\r\n\r\n`);
          peer.socket.removeAllListeners('data');
          peer.socket.pipe(outward);
          outward.pipe(peer.socket);
        });
        const ws = new Client(server.url, null, {
          proxy: { origin: `http://127.0.0.1:${proxy.port}` },
          tls: { rejectUnauthorized: false }
        });
        t.after(() => ws.terminate());
        await once(ws, 'open');
        ws.send('through');
        const [{ data }] = await once(ws, 'message');
        assert.strictEqual(data, 'through');
      });
    }
  }

  for (const status of [300, 302, 400, 407, 500]) {
    test(`with status ${status} does not`, async (t) => {
      const proxy = await listen(t, async (peer) => {
        await peer.head();
        peer.send(`HTTP/1.1 ${status} No\r\n\r\n`);
      });
      const origin = `http://127.0.0.1:${proxy.port}`;
      const { closed } = watch(new Client('ws://127.0.0.1:1/', null, { proxy: { origin } }));
      const [error, ...rest] = await closed;
      const text = "Can't establish a connection to the server at ws://127.0.0.1:1/";
      assert.ok(error.startsWith(`error ${text}: Unexpected response code of the proxy: ${status}`), error);
      assert.deepStrictEqual(rest, ['close 1006 ']);
    });
  }
});
