'use strict';

// What waits for a later turn is copied, since its memory is going to have bytes of other connections. Without memory for
// the copy the connection ends, and nothing else is told in its place.

const assert = require('node:assert');
const { test } = require('node:test');

const WebSocket = require('..');
const { TRANSPORTS } = require('../testing/peers/engines');
const { connect } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { binary, text } = require('../testing/wire');

const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];
const SIZE = 20_000;

/** Has Node refuse Buffers from a size up, until the returned function is called. */
function refuse(t, size) {
  const saved = {};
  for (const name of ['allocUnsafe', 'allocUnsafeSlow']) {
    const allocate = (saved[name] = Buffer[name]);
    Buffer[name] = (length) => {
      if (length >= size) throw new RangeError('Array buffer allocation failed');
      return allocate.call(Buffer, length);
    };
  }
  const end = () => Object.assign(Buffer, saved);
  t.after(end);
  return end;
}

for (const transport of TRANSPORTS) {
  test(`a message that waits without memory ends its connection, or comes (${transport} transport)`, async (t) => {
    const server = await serve(t, undefined, { options: { transport, extensions: [WebSocket.deflate] } });
    const client = await connect(t, server.port, { headers: OFFER });
    const other = await connect(t, server.port, { headers: OFFER });
    const [ws, beside] = [await server.next(), await server.next()];
    beside.onmessage = ({ data }) => beside.send(data, { compress: false });
    const events = [];
    let end;
    ws.on('message', ({ data }) => {
      if (data !== 'go') return events.push(`${data.length} ${new Set(data).size}`);
      end = refuse(t, SIZE);
      // More work than a turn has.
      for (let i = 0; i < 20; i++) ws.send('x'.repeat(60_000));
    });
    ws.on('error', ({ message }) => events.push(message));
    const closed = closing(ws);
    client.send(text('first'));
    other.send(text('first'));
    await other.frames(1);
    client.send(text('go'), binary(Buffer.alloc(SIZE, 1)), text('behind'));
    other.send(text('second'));
    await other.frames(1);
    end();
    if (transport === 'direct') {
      assert.strictEqual((await closed).code, 1011);
      assert.deepStrictEqual(events, ['5 5', 'Out of memory']);
    } else {
      ws.close();
      client.socket.end();
      await closed;
      assert.strictEqual(events[0], '5 5');
    }
    other.send(text('third'));
    assert.deepStrictEqual(await other.frames(1), ['1:third']);
  });
}
