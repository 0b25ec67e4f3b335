'use strict';

// A handler that throws: the exception surfaces, and nothing else is lost, on this connection or on any other.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { startSubject } = require('../testing/peers/subject');
const { text, binary, close, ping, fragments } = require('../testing/wire');

/** Throws for each message with "throw" in it, and echoes the rest. */
function throwing(ws, { state }) {
  ws.on('message', ({ data }) => {
    if (state.notes.length < 2000) state.notes.push(String(data));
    if (String(data).includes('throw')) throw new Error('planned ' + data);
    ws.send(data);
  });
}

describe('a handler that throws', () => {
  test('loses no message behind it in the same packet, of any kind', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const client = await connect(t, subject.port);
    client.send(
      text('throw 1'),
      text('one'),
      binary('throw 2'),
      ...fragments('t', 'wo'),
      ping('three'),
      ...fragments('throw', ' 3'),
      text('é four'),
      binary('five')
    );
    assert.deepStrictEqual(await client.frames(5), ['1:one', '1:two', '10:three', '1:é four', '2:five']);
    const { state } = await subject.measure();
    assert.deepStrictEqual(state.uncaught, ['planned throw 1', 'planned throw 2', 'planned throw 3']);
  });

  test('loses nothing that has piled up in a paused stream', async (t) => {
    const subject = await startSubject(t, {
      survive: true,
      env: { FAYE_WEBSOCKET_TRANSPORT: 'stream' },
      behaviour: (ws, { socket }) => {
        // Two chunks wait in the stream, each with a message, when it goes on: the first one's handler throws.
        const FRAME = 6 + 5;
        const whenBuffered = (bytes, callback) => {
          const timer = setInterval(() => {
            if (socket.readableLength < bytes) return;
            clearInterval(timer);
            callback();
          }, 1).unref();
        };
        ws.onmessage = ({ data }) => {
          if (data === 'pause') {
            ws.pause();
            ws.send('paused');
            whenBuffered(FRAME, () => ws.send('first'));
            whenBuffered(2 * FRAME, () => ws.resume());
          } else if (data === 'throw') {
            throw new Error('planned');
          } else {
            ws.send(data);
          }
        };
      }
    });
    const client = await connect(t, subject.port);
    client.send(text('pause'));
    assert.deepStrictEqual(await client.frames(1), ['1:paused']);
    client.send(text('throw'));
    assert.deepStrictEqual(await client.frames(1), ['1:first']);
    client.send(text('after'));
    assert.deepStrictEqual(await client.frames(1), ['1:after']);
    const { state } = await subject.measure();
    assert.deepStrictEqual(state.uncaught, ['planned']);
  });

  test("loses no large compressed message while another connection's handler throws again and again", async (t) => {
    const subject = await startSubject(t, {
      survive: true,
      deflate: {},
      env: { FAYE_WEBSOCKET_TRANSPORT: 'stream' },
      behaviour: (ws) => {
        ws.onmessage = ({ data }) => {
          if (data === 'throw') throw new Error('planned');
          ws.send(String(data.length));
        };
      }
    });
    const options = { extensions: [WebSocket.deflate] };
    const clients = [];
    for (let i = 0; i < 2; i++) {
      const client = new WebSocket.Client(`ws://127.0.0.1:${subject.port}/`, [], options);
      t.after(() => client.terminate());
      await once(client, 'open');
      clients.push(client);
    }
    const thrower = await connect(t, subject.port);
    const large = 'All work and no play. '.repeat(100_000);
    for (let round = 0; round < 5; round++) {
      let answered = false;
      const answers = Promise.all(clients.map((client) => once(client, 'message')));
      for (const client of clients) client.send(large);
      answers.finally(() => (answered = true)).catch(() => {});
      // What each of them leaves behind goes on in a turn of its own; among those the others' messages are ready.
      while (!answered) {
        thrower.send(...Array.from({ length: 20 }, () => text('throw')), text('end'));
        await thrower.frames(1);
      }
      for (const [{ data }] of await answers) assert.strictEqual(data, String(large.length));
    }
  });

  test('is called for each of 5,000 messages of one packet when it throws for all of them', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const client = await connect(t, subject.port);
    client.send(...Array.from({ length: 5000 }, (_, i) => text('throw ' + i)), text('end'));
    assert.deepStrictEqual(await client.frames(1), ['1:end']);
    const { state } = await subject.measure();
    assert.strictEqual(state.uncaught.length, 2000);
    assert.deepStrictEqual(
      state.notes,
      Array.from({ length: 2000 }, (_, i) => 'throw ' + i)
    );
  });

  test('keeps the order between what was behind it and the next packet', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const client = await connect(t, subject.port);
    for (let i = 0; i < 50; i++) {
      client.send(text('throw'), text(`a${i}`), text('throw'), text(`b${i}`));
      client.send(text(`c${i}`));
    }
    const expected = Array.from({ length: 50 }, (_, i) => [`1:a${i}`, `1:b${i}`, `1:c${i}`]).flat();
    assert.deepStrictEqual(await client.frames(150), expected);
  });

  test('does not keep a close frame behind it from being answered, nor the messages between', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const client = await connect(t, subject.port);
    client.send(text('throw'), text('between'), close(3000, 'bye'));
    assert.deepStrictEqual(await client.frames(2), ['1:between', '8:3000:bye']);
    const { state, sessions } = await subject.until('close');
    assert.deepStrictEqual(state.closes, [[3000, 'bye']]);
    assert.strictEqual(sessions, 0);
  });

  test('loses no message behind it when the peer ends its half in the same moment', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    for (let round = 0; round < 20; round++) {
      const client = await connect(t, subject.port);
      client.send(text('throw'), text('one'), ...fragments('t', 'wo'));
      client.socket.end();
      await client.closed;
    }
    const { state } = await subject.until('close', 20);
    assert.deepStrictEqual(state.notes, Array(20).fill(['throw', 'one', 'two']).flat());
  });

  test('does not keep a violation behind it from closing the connection', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const client = await connect(t, subject.port);
    client.send(text('throw'), text('ok'), text('x', { rsv: 4 }));
    assert.strictEqual((await client.frames(1))[0], '1:ok');
    assert.strictEqual((await client.frame()).payload.readUInt16BE(0), 1002);
    const { state } = await subject.until('close');
    assert.strictEqual(state.closes[0][0], 1002);
  });

  for (const [event, provoke] of [
    ['open', (client) => client.socket.end()],
    ['error', (client) => client.send(text('x', { rsv: 4 }))],
    ['end', (client) => client.socket.end()],
    ['close', (client) => client.socket.end()]
  ]) {
    test(`ends the connection and its session when a listener of ${event} throws`, async (t) => {
      const subject = await startSubject(t, {
        survive: true,
        // The first connection is there for what a process opens once.
        behaviour: `(ws, { state }) => ws.on('${event}', () => {
          if (state.notes.push('called') > 1) throw new Error('planned');
        })`
      });
      const first = await connect(t, subject.port);
      provoke(first);
      await first.rest();
      first.socket.destroy();
      const before = await subject.until('close');
      const client = await connect(t, subject.port);
      provoke(client);
      await client.rest();
      client.socket.destroy();
      await client.closed;
      const after = await subject.measure();
      assert.deepStrictEqual(after.state.uncaught, ['planned']);
      assert.strictEqual(after.sessions, 0);
      assert.strictEqual(after.descriptors, before.descriptors);
    });
  }

  test('leaves 999 other connections undisturbed, with every message delivered', async (t) => {
    const subject = await startSubject(t, { behaviour: throwing, survive: true });
    const clients = [];
    for (let i = 0; i < 1000; i += 50) {
      const group = Array.from({ length: 50 }, () => connect(t, subject.port));
      clients.push(...(await Promise.all(group)));
    }
    const ROUNDS = 5;
    const expected = Array.from({ length: ROUNDS * 2 }, (_, i) => `1:message ${i}`);
    for (let round = 0; round < ROUNDS; round++) {
      clients[500].send(
        text('throw'),
        text(`message ${round * 2}`),
        text('throw'),
        text(`message ${round * 2 + 1}`)
      );
      for (const client of clients) {
        if (client !== clients[500])
          client.send(text(`message ${round * 2}`), text(`message ${round * 2 + 1}`));
      }
    }
    for (const client of clients) assert.deepStrictEqual(await client.frames(ROUNDS * 2), expected);
    const { state, sessions } = await subject.measure();
    assert.strictEqual(state.uncaught.length, ROUNDS * 2);
    assert.strictEqual(sessions, 1000);
  });
});
