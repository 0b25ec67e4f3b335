'use strict';

// Extensions of the caller's that take their time: who sends, and who is read from, has to wait for them.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const deflate = require('../deflate');
const { passOn, passOnLater, passing } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { mostlyJson, sameMessage } = require('../testing/deflate_messages');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { binary, close } = require('../testing/wire');

const KILOBYTE = 1024;
/** What an extension may hold in one direction before others have to wait, as in `lib/extensions/plugins.js`. */
const HIGH = 512 * KILOBYTE;

/** An extension that keeps messages until `go` is called. */
function patient() {
  const held = [];
  const extension = passing('slow', (message, callback) => held.push(() => callback(null, message)));
  return {
    extension,
    held,
    go() {
      while (held.length > 0) held.shift()();
    }
  };
}

for (const transport of ['stream', 'direct']) {
  describe(`extensions of the caller's over the ${transport} transport`, () => {
    test('hold senders up when they have much to do', async (t) => {
      const { extension, go } = patient();
      const { url, next } = await serve(t, undefined, {
        options: { extensions: [passing('slow', passOn)] }
      });
      const client = new WebSocket.Client(url, [], { extensions: [extension], transport });
      t.after(() => client.terminate());
      await once(client, 'open');
      const received = [];
      (await next()).on('message', ({ data }) => received.push(data[0]));
      let drains = 0;
      client.on('drain', () => drains++);

      const results = [];
      for (let i = 0; i < 6; i++) results.push(client.send(Buffer.alloc(100 * KILOBYTE, i)));
      assert.deepStrictEqual(results, [true, true, true, true, true, false]);
      assert.strictEqual(client.bufferedAmount, 600 * KILOBYTE);
      const drained = once(client, 'drain');
      go();
      await drained;
      client.send('last');
      go();
      while (received.length < 7) await new Promise(setImmediate);
      assert.deepStrictEqual(received, [0, 1, 2, 3, 4, 5, 'l']);
      assert.ok(drains >= 1);
      assert.strictEqual(client.bufferedAmount, 0);
    });

    test('hold peers up when they have much to do', async (t) => {
      const { extension, held, go } = patient();
      const received = [];
      const onWebSocket = (ws) => ws.on('message', ({ data }) => received.push(data.readUInt32BE(0)));
      const { port } = await serve(t, onWebSocket, { options: { extensions: [extension], transport } });
      const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: slow'] });
      const total = 2000;
      for (let i = 0; i < total; i++) {
        const payload = Buffer.alloc(10 * KILOBYTE);
        payload.writeUInt32BE(i);
        client.socket.write(binary(payload));
      }
      // Many turns in which all would have come, were it not held.
      let turns = 0;
      for (let count = -1; turns < 50 || count !== held.length; turns++) {
        count = held.length;
        await new Promise(setImmediate);
      }
      assert.ok(held.length * 10 * KILOBYTE >= HIGH);
      assert.ok(held.length * 10 * KILOBYTE <= 3 * HIGH, `${held.length} messages`);
      while (received.length < total) {
        go();
        await new Promise(setImmediate);
      }
      assert.deepStrictEqual(
        received,
        [...received].sort((a, b) => a - b)
      );
    });

    for (const [how, end] of [
      ['is terminated', ({ ws }) => ws.terminate()],
      ['is lost', ({ client }) => client.socket.destroy()],
      ['closes properly', ({ client }) => client.send(close(1000))]
    ]) {
      test(`are told once when a connection ${how}`, async (t) => {
        let told = 0;
        const extension = passing('slow');
        extension.createServerSession().close = () => told++;
        const { port, next } = await serve(t, undefined, { options: { extensions: [extension], transport } });
        const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: slow'] });
        const ws = await next();
        const over = closing(ws);
        end({ ws, client });
        await over;
        assert.strictEqual(told, 1);
      });
    }

    test('carry what pipes through them, in order and whole', async (t) => {
      const later = passing('slow', passOnLater);
      const options = { extensions: [later, deflate], transport };
      const { url } = await serve(t, (ws) => ws.pipe(ws), { options });
      const client = new WebSocket.Client(url, [], options);
      t.after(() => client.terminate());
      await once(client, 'open');
      assert.match(client.headers['sec-websocket-extensions'], /slow.*permessage-deflate/);
      const messages = mostlyJson(5, 200);
      const echoes = [];
      client.on('message', ({ data }) => echoes.push(data));
      for (const message of messages) if (!client.send(message)) await once(client, 'drain');
      while (echoes.length < messages.length) await new Promise(setImmediate);
      messages.forEach((message, i) => sameMessage(echoes[i], message, i));
    });
  });
}
