'use strict';

// A client's calls before it is open: what was accepted is sent once it is, as it was then; `close` gives the attempt up.

const assert = require('node:assert');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { close, pong } = require('../testing/wire');
const { startProxy } = require('../testing/peers/proxy');
const { agree, listen } = require('../testing/peers/raw_server');
const { leakCheck, watch } = require('../testing/peers/watch');

for (const transport of ['stream', 'direct']) {
  describe(`on the transport ${transport}, before it is open`, () => {
    for (const proxied of [false, true]) {
      test(`end sends what was accepted, and closes${proxied ? ', through a proxy' : ''}`, async (t) => {
        const server = await listen(t);
        const proxy = proxied ? (await startProxy(t)).origin : undefined;
        const ws = new Client(server.url, null, { transport, proxy });
        const { closed } = watch(ws);
        const bytes = Buffer.from('b');
        assert.deepStrictEqual([ws.send('a'), ws.send(bytes), ws.ping(bytes)], [true, true, true]);
        bytes.fill(0);
        ws.end('c');
        assert.deepStrictEqual([ws.readyState, ws.send('no'), ws.ping('no')], [0, false, false]);
        ws.on('open', () => assert.strictEqual(ws.send('no'), false));
        const peer = await server.next();
        await agree(peer);
        assert.deepStrictEqual(await peer.frames(5), ['1:a', '2:b', '9:b', '1:c', '8:1000:']);
        peer.send(close(1000, '', { mask: null }));
        assert.deepStrictEqual(await closed, ['open', 'close 1000 ']);
      });
    }

    test('a pipe sends all of it, and closes', async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, null, { transport });
      t.after(() => ws.terminate());
      Readable.from(['a', Buffer.from('b'), 'c'], { objectMode: true }).pipe(ws);
      const peer = await server.next();
      await agree(peer);
      assert.deepStrictEqual(await peer.frames(4), ['1:a', '2:b', '1:c', '8:1000:']);
    });

    for (const how of [['close'], ['close', 4401], ['end'], ['terminate']]) {
      test(`${how.join(' ')} gives the attempt up, once`, async (t) => {
        const noLeak = leakCheck();
        const server = await listen(t);
        const ws = new Client(server.url, null, { transport });
        const { closed } = watch(ws);
        await server.next();
        ws[how[0]](...how.slice(1));
        const code = how[0] === 'terminate' ? 1006 : how[1] || 1000;
        const events = await closed;
        assert.strictEqual(events.at(-1), `close ${code} `);
        await noLeak();
      });
    }

    test('close gives up what was accepted before, too', async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, null, { transport });
      const { closed } = watch(ws);
      ws.send('never');
      const peer = await server.next();
      await peer.head();
      ws.close(4401);
      await closed;
      assert.strictEqual((await peer.rest()).length, 0);
    });

    test('an attempt that fails after end says so', async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, null, { transport });
      const { closed } = watch(ws);
      ws.end('never');
      const peer = await server.next();
      await peer.head();
      peer.send('HTTP/1.1 404 Not Found\r\n\r\n');
      const text = 'Error during WebSocket handshake: Unexpected response code: 404';
      assert.deepStrictEqual(await closed, [`error ${text}`, `close 1002 ${text}`]);
    });

    test('a conversion that terminates sends nothing, and throws nothing', async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, null, { transport });
      const peer = await server.next();
      await agree(peer);
      await once(ws, 'open');
      const toString = () => {
        ws.terminate();
        return 'x';
      };
      assert.deepStrictEqual([ws.send({ toString }), ws.ping({ toString })], [false, false]);
      assert.strictEqual((await peer.rest()).length, 0);
    });

    test('pings with bytes that are no text have their callbacks called', async (t) => {
      const server = await listen(t);
      const ws = new Client(server.url, null, { transport });
      t.after(() => ws.terminate());
      const peer = await server.next();
      await agree(peer);
      await once(ws, 'open');
      const answered = [];
      for (const byte of [0xff, 0xfe]) ws.ping(new Uint8Array([byte]), () => answered.push(byte));
      await peer.frames(2);
      const both = new Promise((resolve) => ws.ping('last', resolve));
      for (const byte of [0xfe, 0xff]) peer.send(pong(Buffer.from([byte]), { mask: null }));
      peer.send(pong('last', { mask: null }));
      await both;
      assert.deepStrictEqual(answered, [0xfe, 0xff]);
    });
  });
}
