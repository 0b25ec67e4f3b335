'use strict';

// A handler that runs the loop, by an addon: nothing is lost, nothing is told twice, and each connection's messages keep
// their order, whatever happens within.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { loopUntil, skip, until } = require('../testing/peers/nested');
const { serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/scoped');
const { uncaught } = require('../testing/peers/watch');
const { binary, close, fragments, ping, text } = require('../testing/wire');

/** A server that calls `onMessage(id, data, ws)` for the messages of its connections, and a client for each of them. */
async function start(t, way, count, onMessage) {
  let next = 0;
  const made = [];
  const server = await serve(
    t,
    (ws) => {
      const id = next++;
      made.push(ws);
      ws.on('message', ({ data }) => onMessage(id, String(data), ws));
    },
    way
  );
  const clients = [];
  for (let i = 0; i < count; i++) clients.push(await connect(t, server.port, way));
  // The transport that each will use is chosen behind its `open`.
  await until(() => made.length === count && made.every((ws) => ws.readyState === 1));
  return { server, clients, made };
}

const numbered = (from, to) => Array.from({ length: to - from }, (_, i) => String(from + i));

for (const [name, way] of Object.entries(WAYS)) {
  describe(`a loop inside a handler (${name})`, { skip }, () => {
    // Nor does it for anybody else: one call for what has come does not begin within another.
    const deaf = way.secure && "within its own 'data' event a socket of Node's reads nothing over TLS";

    test('gets what other connections are sent, and the rest of its own follows', async (t) => {
      const got = [[], [], []];
      let waited;
      const { clients } = await start(t, way, 3, (id, data) => {
        got[id].push(data);
        if (id === 0 && data === '0') waited = loopUntil(() => got[1].length === 3 && got[2].length === 3);
      });
      for (let round = 0; round < 3; round++) {
        for (const list of got) list.length = 0;
        waited = undefined;
        // In one tick, so that one turn of the loop finds all of it.
        clients[0].send(...numbered(0, 10).map((data) => text(data)));
        for (const client of clients.slice(1)) client.send(text('a'), ...fragments('b', 'c'), binary('d'));
        await until(() => got.flat().length === 16);
        assert.strictEqual(waited, true);
        assert.deepStrictEqual(got, [numbered(0, 10), ['a', 'bc', 'd'], ['a', 'bc', 'd']]);
      }
    });

    test(
      'gets what its own connection is sent next, behind what has come before',
      { skip: deaf },
      async (t) => {
        const got = [];
        let waited;
        const { clients } = await start(t, way, 1, (id, data) => {
          got.push(data);
          if (data !== '0') return;
          clients[0].send(...numbered(5, 8).map((one) => text(one)));
          waited = loopUntil(() => got.includes('7'));
        });
        clients[0].send(...numbered(0, 5).map((data) => text(data)));
        await until(() => got.length === 8);
        assert.strictEqual(waited, true);
        assert.deepStrictEqual(got, numbered(0, 8));
      }
    );

    test('may be within another one, of another connection or of the same', async (t) => {
      const got = [[], []];
      const { clients } = await start(t, way, 2, (id, data) => {
        got[id].push(data);
        const other = got[1 - id];
        if (data === '0') assert.ok(loopUntil(() => other.length >= 2));
        if (data === '1') assert.ok(loopUntil(() => other.length >= 1));
        if (data === '2' && id === 0) assert.ok(loopUntil(() => other.length >= 5));
      });
      for (const client of clients) client.send(...numbered(0, 1500).map((data) => text(data)));
      await until(() => got.flat().length === 3000);
      assert.deepStrictEqual(got, [numbered(0, 1500), numbered(0, 1500)]);
    });

    test('sends what handlers within have sent', async (t) => {
      let answered = 0;
      const { clients } = await start(t, way, 2, (id, data, ws) => {
        if (id === 1) ws.send(`re: ${data}`);
        else ws.send(String(loopUntil(() => answered > 0)));
      });
      clients[1].socket.on('data', ({ length }) => (answered += length));
      clients[0].send(text('wait'));
      clients[1].send(text('ask'));
      assert.deepStrictEqual(await clients[1].frames(1), ['1:re: ask']);
      assert.deepStrictEqual(await clients[0].frames(1), ['1:true']);
    });

    test('sends what its own handler has sent, though more messages are behind', async (t) => {
      let asked = 0;
      let waited;
      const { clients } = await start(t, way, 1, (id, data, ws) => {
        if (data !== 'ask') return;
        ws.send('question');
        ws.send('and another');
        waited = loopUntil(() => asked === 2 + 8 + 2 + 11);
      });
      clients[0].socket.on('data', ({ length }) => (asked += length));
      clients[0].send(text('ask'), text('behind'));
      assert.deepStrictEqual(await clients[0].frames(2), ['1:question', '1:and another']);
      await until(() => waited !== undefined);
      assert.strictEqual(waited, true);
    });

    test('sends what a timer within sends, however much its turn has sent', async (t) => {
      let answered = 0;
      let waited;
      const { clients } = await start(t, way, 1, (id, data, ws) => {
        if (data !== 'wait') return;
        setTimeout(() => {
          for (let i = 0; i < 5; i++) ws.send(String(i));
        }, 1);
        waited = loopUntil(() => answered === 5 * 3);
      });
      clients[0].socket.on('data', ({ length }) => (answered += length));
      clients[0].send(text('wait'), text('behind'));
      assert.deepStrictEqual(await clients[0].frames(5), ['1:0', '1:1', '1:2', '1:3', '1:4']);
      await until(() => waited !== undefined);
      assert.strictEqual(waited, true);
    });

    test('sees connections end, also its own', { skip: deaf }, async (t) => {
      const log = [];
      const { clients, made } = await start(t, way, 2, (id, data, ws) => {
        log.push(`${id} ${data}`);
        if (data !== 'wait') return;
        clients[1].send(text('x'), close(3000));
        assert.ok(loopUntil(() => log.includes('1 closed 3000')));
        ws.close(3001);
        clients[0].send(close(3001));
        assert.ok(loopUntil(() => log.includes('0 closed 3001')));
      });
      made.forEach((ws, id) => ws.on('close', ({ code }) => log.push(`${id} closed ${code}`)));
      clients[0].send(text('wait'), ping('p'));
      await until(() => log.includes('0 closed 3001'));
      await turn();
      assert.deepStrictEqual(log, ['0 wait', '1 x', '1 closed 3000', '0 closed 3001']);
    });

    test('is not disturbed by handlers that throw, within or around', async (t) => {
      const caught = uncaught(t);
      const got = [[], []];
      const { clients } = await start(t, way, 2, (id, data) => {
        got[id].push(data);
        if (id === 0 && data === '0') {
          assert.ok(loopUntil(() => got[1].length === 6));
          throw new Error('around');
        }
        if (id === 1 && data === '2') throw new Error('within');
      });
      clients[0].send(...numbered(0, 4).map((data) => text(data)));
      clients[1].send(...numbered(0, 6).map((data) => text(data)));
      await until(() => got.flat().length === 10 && caught.length === 2);
      assert.deepStrictEqual(got, [numbered(0, 4), numbered(0, 6)]);
      assert.deepStrictEqual(caught.sort(), ['around', 'within']);
    });

    test('finds the messages of other connections beside one that floods', async (t) => {
      const got = [[], []];
      const { clients } = await start(t, way, 2, (id, data) => {
        got[id].push(data);
        if (id !== 0 || data !== '100') return;
        clients[1].send(text('x'));
        assert.ok(loopUntil(() => got[1].length === 1));
      });
      clients[0].send(...numbered(0, 20_000).map((data) => text(data)));
      await until(() => got[0].length === 20_000 && got[1].length === 1);
      assert.deepStrictEqual(got, [numbered(0, 20_000), ['x']]);
    });

    test('leaves the contents of messages as they were sent', async (t) => {
      const payload = (i) => Buffer.alloc(3000 + i, i);
      const got = [[], []];
      let inside = false;
      let next = 0;
      const server = await serve(
        t,
        (ws) => {
          const id = next++;
          ws.on('message', ({ data }) => {
            got[id].push(data);
            if (inside || id !== 0) return;
            inside = true;
            assert.ok(loopUntil(() => got[1].length === 20));
          });
        },
        way
      );
      const clients = [await connect(t, server.port, way), await connect(t, server.port, way)];
      for (const client of clients) client.send(...Array.from({ length: 20 }, (_, i) => binary(payload(i))));
      await until(() => got.flat().length === 40);
      for (const list of got) list.forEach((data, i) => assert.ok(data.equals(payload(i)), `message ${i}`));
    });
  });
}

test('a loop inside a handler lets a large compressed message come to its end', { skip }, async (t) => {
  const options = { extensions: [WebSocket.deflate] };
  const got = [];
  const server = await serve(
    t,
    (ws) => {
      ws.on('message', ({ data }) => {
        got.push(data.length);
        if (got.length === 1) assert.ok(loopUntil(() => got.length === 3));
      });
    },
    { options }
  );
  const client = new WebSocket.Client(server.url, [], options);
  t.after(() => client.terminate());
  await once(client, 'open');
  const large = 'All work and no play. '.repeat(50_000);
  client.send('first');
  client.send(large);
  client.send('last');
  await until(() => got.length === 3);
  assert.deepStrictEqual(got, [5, large.length, 4]);
});
