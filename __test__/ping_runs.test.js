'use strict';

// Pings that come right behind each other (RFC 6455 section 5.5.2): each has its pong, in its place among the answers of
// handlers, whatever answers several of them in one call.

const assert = require('node:assert');
const diagnostics = require('node:diagnostics_channel');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { TRANSPORTS } = require('../testing/peers/engines');
const { connect, describe: inWords } = require('../testing/peers/raw_client');
const { agree, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { fromServer, ping, text } = require('../testing/wire');

const numbers = (count) => Array.from({ length: count }, (_, i) => i);
const pongs = (count) => numbers(count).map((i) => `10:${i}`);

for (const transport of TRANSPORTS) {
  describe(`over the ${transport} transport`, () => {
    const echo = (ws) => ws.on('message', ({ data }) => ws.send(data));

    test('2,500 pings in one write have their pongs in order', async (t) => {
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      client.send(...numbers(2500).map((i) => ping(String(i))));
      assert.deepStrictEqual(await client.frames(2500), pongs(2500));
    });

    test('pongs stand among answers as the pings do among messages', async (t) => {
      const server = await serve(t, echo, { options: { transport } });
      const client = await connect(t, server.port);
      const long = 'x'.repeat(125);
      client.send(
        ...[ping('a'), ping(''), text('1'), ping('b'), ping(long), ping('c'), text('2'), text('é'), ping('d')]
      );
      const expected = ['10:a', '10:', '1:1', '10:b', `10:${long}`, '10:c', '1:2', '1:é', '10:d'];
      assert.deepStrictEqual(await client.frames(9), expected);
    });

    test('a ping that comes in two parts has its pong between those of its neighbours', async (t) => {
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      const bytes = Buffer.concat(numbers(6).map((i) => ping(String(i))));
      for (let cut = 0; cut <= bytes.length; cut++) {
        client.send(bytes.subarray(0, cut));
        await new Promise(setImmediate);
        client.send(bytes.subarray(cut));
        assert.deepStrictEqual(await client.frames(6), pongs(6), `cut at ${cut}`);
      }
    });

    test('a handler that ends its connection ends the pongs behind its message', async (t) => {
      const server = await serve(t, (ws) => ws.on('message', () => ws.terminate()), {
        options: { transport }
      });
      const client = await connect(t, server.port);
      client.send(ping('a'), ping('b'), text('end'), ping('c'), ping('d'));
      const rest = await client.rest();
      // Behind a reset, what had come may be lost.
      assert.ok(['', '\x8a\x01a\x8a\x01b'].includes(rest.toString('latin1')));
    });

    test('each ping and pong of several is published to who subscribes', async (t) => {
      const seen = [];
      for (const name of ['ping:received', 'pong:sent']) {
        const subscriber = ({ data }) => seen.push(`${name} ${data}`);
        diagnostics.subscribe(`faye-websocket:${name}`, subscriber);
        t.after(() => diagnostics.unsubscribe(`faye-websocket:${name}`, subscriber));
      }
      const server = await serve(t, undefined, { options: { transport } });
      const client = await connect(t, server.port);
      client.send(...numbers(3).map((i) => ping(String(i))));
      assert.deepStrictEqual(await client.frames(3), pongs(3));
      assert.deepStrictEqual(
        seen,
        numbers(3).flatMap((i) => [`ping:received ${i}`, `pong:sent ${i}`])
      );
    });

    test('what has wrapped write gets the pongs of several pings', async (t) => {
      const written = [];
      const server = await serve(
        t,
        (ws, request, socket) => {
          const { write } = socket;
          ws.on('open', () => {
            socket.write = function (bytes, ...rest) {
              written.push(Buffer.from(bytes));
              return write.call(this, bytes, ...rest);
            };
          });
        },
        { options: { transport } }
      );
      const client = await connect(t, server.port);
      client.send(...numbers(5).map((i) => ping(String(i))));
      assert.deepStrictEqual(await client.frames(5), pongs(5));
      assert.strictEqual(
        Buffer.concat(written).toString('latin1'),
        numbers(5)
          .map((i) => `\x8a\x01${i}`)
          .join('')
      );
    });

    test('a client masks each pong of several', async (t) => {
      const server = await listen(t);
      const client = new WebSocket.Client(server.url, [], { transport });
      t.after(() => client.terminate());
      const peer = await server.next();
      await agree(peer);
      await client.opened;
      peer.send(...numbers(20).map((i) => fromServer.ping(`ping ${i}`)));
      const masks = new Set();
      for (const i of numbers(20)) {
        const frame = await peer.frame();
        assert.strictEqual(inWords(frame), `10:ping ${i}`);
        masks.add(frame.mask.toString('hex'));
      }
      assert.ok(masks.size > 1);
    });
  });
}
