'use strict';

// A handler that runs the loop, by an addon, where messages are compressed: the large ones are worked on elsewhere and come
// back within that loop, in their order. And where handlers throw as well.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { loopFor, loopUntil, skip, until } = require('../testing/peers/nested');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/scoped');
const { uncaught } = require('../testing/peers/watch');
const { text } = require('../testing/wire');

const LARGE = 'All work and no play. '.repeat(5000);
/** What takes a turn's work to inflate, and is inflated where it is. */
const BOMB = 'z'.repeat(500_000);

/** A server that calls `onMessage(id, data)` for what clients with compression send it, and the clients. */
async function start(t, way, count, onMessage) {
  const options = { ...way.options, extensions: [WebSocket.deflate] };
  let made = 0;
  const server = await serve(
    t,
    (ws, request) => {
      made++;
      const id = Number(request.url.slice(1));
      ws.on('message', ({ data }) => onMessage(id, data));
    },
    { ...way, options }
  );
  const clients = [];
  for (let id = 0; id < count; id++) {
    const client = new WebSocket.Client(`${server.url}${id}`, [], {
      ...options,
      tls: { rejectUnauthorized: false }
    });
    t.after(() => client.terminate());
    await once(client, 'open');
    clients.push(client);
  }
  await until(() => made === count);
  return clients;
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`a loop inside a handler, with compression (${name})`, { skip }, () => {
    test('of a large message gets the large ones of others, and what is behind them', async (t) => {
      const got = [[], [], []];
      let waited;
      const clients = await start(t, way, 3, (id, data) => {
        got[id].push(data.length);
        if (waited !== undefined || data.length < LARGE.length) return;
        waited = false;
        waited = loopUntil(() => got.every((list, i) => i === id || list.length === 3));
      });
      for (const client of clients) for (const data of ['a', LARGE, 'bc']) client.send(data);
      await until(() => got.flat().length === 9);
      assert.strictEqual(waited, true);
      for (const list of got) assert.deepStrictEqual(list, [1, LARGE.length, 2]);
    });

    test('leaves everything in order, small, large, and much to inflate', async (t) => {
      const count = 40;
      const got = [[], [], []];
      const clients = await start(t, way, 3, (id, data) => {
        got[id].push(Number(String(data).slice(0, 4)));
        if (got[id].length % 3 !== 0) loopFor(3, 3);
      });
      const bodies = ['', LARGE, 'x', BOMB, BOMB, 'y', Buffer.from(LARGE), ''];
      for (let i = 0; i < count; i++) {
        for (const [id, client] of clients.entries()) {
          const body = bodies[(i * 5 + id) % bodies.length];
          const number = String(i).padStart(4, '0');
          client.send(typeof body === 'string' ? number + body : Buffer.concat([Buffer.from(number), body]));
        }
      }

      await until(() => got.flat().length === count * 3);
      for (const list of got) assert.deepStrictEqual(list, [...Array(count).keys()]);
    });
  });

  test(
    `a loop inside a handler survives others that throw, of several connections (${name})`,
    { skip },
    async (t) => {
      const caught = uncaught(t);
      const got = [[], [], []];
      let next = 0;
      const server = await serve(
        t,
        (ws) => {
          const id = next++;
          ws.on('message', ({ data }) => {
            got[id].push(data);
            if (id === 0 && data === '0') assert.ok(loopUntil(() => got[1].length + got[2].length === 12));
            else if (data === '2') throw new Error(`within ${id}`);
          });
        },
        way
      );
      const clients = [];
      for (let i = 0; i < 3; i++) clients.push(await connect(t, server.port, way));
      const numbers = ['0', '1', '2', '3', '4', '5'];
      clients[0].send(text('0'));
      for (const client of clients.slice(1)) client.send(...numbers.map((data) => text(data)));
      clients[0].send(text('1'));
      await until(() => got.flat().length === 14 && caught.length === 2);
      assert.deepStrictEqual(got, [['0', '1'], numbers, numbers]);
      assert.deepStrictEqual(caught.sort(), ['within 1', 'within 2']);
    }
  );
}
