'use strict';

// Faults of our own code as they look from a draft, from streams, from `for await` and from topics: each ends its connection
// and no other, nobody waits for ever, and nothing is uncaught or unhandled.

const assert = require('node:assert');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');

const { failing } = require('./failures/build');
const { closeCode, injectOnce, serving } = require('./failures/opening');
const { connect, dial } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { text } = require('../testing/wire');

const built = failing();
const skip = built ? false : 'there is no cargo to build the failures with';
const { WebSocket, native } = built || {};

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover';
const LARGE = Array.from({ length: 6_000 }, (_, i) => `record ${i * 7919}; `).join('');

const HEAD = ['GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: WebSocket', 'Origin: b'];
const KEYS = ['Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5', 'Sec-WebSocket-Key2: 12998 5 Y3 1  .P00'];
const lines = (...all) => Buffer.from([...all, '', ''].join('\r\n'));

/** The heads of both drafts, and what else their handshake takes. */
const DRAFTS = {
  'hixie-75': [lines(...HEAD), ''],
  'hixie-76': [lines(...HEAD, ...KEYS), '^n:ds[4U']
};
const said = (message) => Buffer.concat([Buffer.from([0]), Buffer.from(message), Buffer.from([0xff])]);

/** Opens a connection of a draft: the WebSocket and its peer. */
async function join(t, server, [head, body]) {
  const client = await dial(t, server.port);
  client.send(head, body);
  await client.head();
  const ws = await server.next();
  if (ws.readyState === 0) await once(ws, 'open');
  return { client, ws };
}

for (const [draft, opening] of Object.entries(DRAFTS)) {
  describe(`a fault in a session of ${draft}`, { skip, timeout: 20000 }, () => {
    test('ends its connection, and no other of the draft', async (t) => {
      const server = await serve(t, undefined, { WebSocket });
      const [one, other] = [await join(t, server, opening), await join(t, server, opening)];
      const errors = [];
      one.ws.onerror = ({ message }) => errors.push(message);
      injectOnce(t, 'draft');
      one.client.send(said('lost'), said('behind'));
      await Promise.all([closing(one.ws), one.client.closed]);
      assert.deepStrictEqual(errors, ['Internal error']);
      assert.strictEqual(one.ws.send('more'), false);
      other.client.send(said('still here'));
      assert.strictEqual((await once(other.ws, 'message'))[0].data, 'still here');
    });

    test('while it opens ends it', async (t) => {
      let closed;
      const server = await serve(t, (ws) => (closed = closing(ws)), { WebSocket });
      injectOnce(t, 'draft');
      const client = await dial(t, server.port);
      client.send(...opening, said('lost'));
      await server.next();
      await Promise.all([closed, client.closed]);
    });
  });
}

// The WebAssembly engine has one.
const TRANSPORTS = built && built.folder ? ['direct', 'stream'] : ['stream'];

for (const transport of TRANSPORTS) {
  const options = { transport, extensions: WebSocket && [WebSocket.deflate] };

  describe(
    `a fault in a connection that is read as streams (${transport} transport)`,
    { skip, timeout: 20000 },
    () => {
      test('fails what is read, and what is written', async (t) => {
        const { client, ws } = await serving(t, options, { headers: [OFFER] });
        const { readable, writable } = WebSocket.toStreams(ws);
        const [reader, writer] = [readable.getReader(), writable.getWriter()];
        client.send(text('before'));
        assert.strictEqual((await reader.read()).value, 'before');
        injectOnce(t, 'receive');
        client.send(text('lost'));
        await assert.rejects(reader.read(), { message: 'Internal error' });
        await assert.rejects(writer.closed, { code: 'ERR_WEBSOCKET_CLOSED' });
        assert.strictEqual(await closeCode(client), 1011);
      });

      test('fails a write that is compressed elsewhere', async (t) => {
        const { client, ws } = await serving(t, options, { headers: [OFFER] });
        const { readable, writable } = WebSocket.toStreams(ws);
        const writer = writable.getWriter();
        writer.closed.catch(() => {});
        injectOnce(t, 'deflate');
        const written = Promise.allSettled([writer.write(LARGE), writer.write('behind'), writer.close()]);
        assert.strictEqual(await closeCode(client), 1011);
        client.socket.end();
        assert.deepStrictEqual(
          (await written).slice(1).map(({ status }) => status),
          ['rejected', 'rejected']
        );
        await assert.rejects(readable.getReader().read(), { message: 'Internal error' });
      });

      test('ends `for await` with the error', async (t) => {
        const { client, ws } = await serving(t, options, { headers: [OFFER] });
        const read = [];
        const loop = (async () => {
          for await (const message of ws) read.push(message);
        })();
        client.send(text('before'));
        await once(ws, 'message');
        injectOnce(t, 'receive');
        client.send(text('lost'));
        await assert.rejects(loop, { message: 'Internal error' });
        assert.deepStrictEqual(read, ['before']);
      });
    }
  );

  describe(
    `a fault in a message of a topic (${transport} transport)`,
    { skip: skip || !built.folder, timeout: 20000 },
    () => {
      const { Topics } = built && built.folder ? require(path.join(built.folder, 'lib/topics')) : {};

      for (const [place, message] of [
        ['many', 'lost'],
        ['frame', 'lost'],
        ['deflate', LARGE],
        ['codecRun', 'small '.repeat(100)]
      ]) {
        test(`at the place "${place}" ends one member at most, and the topic goes on`, async (t) => {
          const topics = new Topics();
          const server = await serve(t, undefined, { WebSocket, options });
          const clients = [];
          const left = new Set();
          for (let i = 0; i < 3; i++) {
            clients.push(await connect(t, server.port, { headers: place.length > 5 ? [OFFER] : [] }));
            const ws = await server.next();
            ws.on('error', () => {}).on('close', () => left.add(i));
            await topics.subscribe(ws, 'news');
          }
          const before = native.sessions();
          injectOnce(t, place);
          await Promise.allSettled([topics.publish('news', message)]);
          await topics.publish('news', 'last');
          for (const [i, client] of clients.entries()) {
            let frame;
            do frame = await client.frame();
            while (frame.opcode === 1 && frame.payload.toString() !== 'last');
            if (frame.opcode === 8) left.add(i);
          }
          assert.ok(left.size <= 1, `${[...left]}`);
          assert.strictEqual(native.sessions(), before - left.size);
        });
      }
    }
  );
}
