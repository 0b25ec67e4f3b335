'use strict';

// A turn with nothing in it but one message, which most turns are, is told like any other: in its own context, what it puts
// off before the next connection's handlers, and whatever its handler does.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { passing } = require('../testing/passing_extension');
const { closing } = require('../testing/peers/server');
const { WAYS, connectAll, serveScoped, store, uncaughtWithStores } = require('../testing/peers/scoped');
const { binary, text } = require('../testing/wire');

/** Messages of each kind, by what a handler is to be told. */
const MESSAGES = new Map([
  ['', text('')],
  ['a', text('a')],
  ['a'.repeat(700), text('a'.repeat(700))],
  ['Grüße', text('Grüße')],
  ['中文', text('中文')],
  ['bytes:', binary('')],
  ['bytes:ab', binary('ab')],
  [`bytes:${'b'.repeat(700)}`, binary('b'.repeat(700))]
]);

const told = (data) => (typeof data === 'string' ? data : `bytes:${data}`);

for (const [name, way] of Object.entries(WAYS)) {
  describe(`a single message (${name})`, () => {
    test('is told whole, of each kind, in the context of its connection, with its ticks behind it', async (t) => {
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', ({ data }) => {
          log.push([id, store.getStore(), told(data)]);
          process.nextTick(() => log.push([id, store.getStore(), 'tick']));
          Promise.resolve().then(() => log.push([id, store.getStore(), 'promise']));
          ws.send(data);
        });
      });
      const clients = await connectAll(t, server, way, 4);
      for (const [expected, frame] of MESSAGES) {
        log.length = 0;
        // In one tick, so that the server finds all of them in one turn of the loop.
        for (const client of clients) client.send(frame);
        while (log.length < 3 * clients.length) await turn();
        for (const [id, client] of clients.entries()) {
          const first = log.findIndex(([one]) => one === id);
          const what = [expected, 'tick', 'promise'].map((one) => [id, id, one]);
          assert.deepStrictEqual(log.slice(first, first + 3), what);
          const { payload } = await client.frame();
          assert.strictEqual(payload.toString(), expected.replace('bytes:', ''));
        }
      }
    });

    test('that breaks the protocol ends its socket in the context of its connection, beside another that does', async (t) => {
      const log = [];
      const more = { extensions: [passing('none')] };
      const server = await serveScoped(t, { ...way, more }, (ws, id) => {
        ws._stream.on('finish', () => log.push([id, store.getStore()]));
      });
      const offers = { ...way, headers: ['Sec-WebSocket-Extensions: none'] };
      const clients = await connectAll(t, server, offers, 3);
      for (const client of clients) client.send(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
      while (log.length < 3) await turn();
      assert.deepStrictEqual(log.sort(), [
        [0, 0],
        [1, 1],
        [2, 2]
      ]);
    });

    test('whose handler throws does not hold up that of the next connection, nor the next of its own', async (t) => {
      const caught = uncaughtWithStores(t);
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        ws.on('message', ({ data }) => {
          log.push(`${told(data)} of ${id}`);
          throw new Error(`${told(data)} of ${id}`);
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (const [expected, frame] of MESSAGES) {
        log.length = caught.length = 0;
        for (const client of clients) client.send(frame);
        while (caught.length < clients.length) await turn();
        const each = clients.map((_, id) => `${expected} of ${id}`);
        assert.deepStrictEqual([...log].sort(), each);
        assert.deepStrictEqual(
          [...caught].sort(),
          each.map((one, id) => `${one} in ${id}`)
        );
      }
    });

    test('of a connection that another handler of the same turn has ended is not told', async (t) => {
      const made = [];
      const ended = [];
      const log = [];
      const server = await serveScoped(t, way, (ws, id) => {
        made.push(ws);
        ended.push(closing(ws));
        ws.on('message', () => {
          log.push(id);
          for (const other of made) if (other !== ws) other.terminate();
        });
      });
      const clients = await connectAll(t, server, way, 3);
      for (const client of clients) client.send(text('x'));
      while (log.length === 0) await turn();
      await Promise.all(made.flatMap((ws, id) => (id === log[0] ? [] : [ended[id]])));
      assert.strictEqual(log.length, 1);
      made[log[0]].terminate();
    });
  });
}
