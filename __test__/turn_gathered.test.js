'use strict';

// What one turn of a connection may do is counted, and what only gathers a message is counted as what it takes.

const assert = require('node:assert');
const { once } = require('node:events');
const { Duplex } = require('node:stream');
const { describe, test } = require('node:test');

const { request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { binary, text } = require('../testing/wire');

/** What a record of TLS holds. */
const RECORD = 16 * 1024;

/** A connection over a stream that is no socket, and how often that is paused from now on. */
async function open(t) {
  const server = await serve(t);
  const stream = new Duplex({ read() {}, write: (chunk, encoding, callback) => callback() });
  t.after(() => stream.destroy());
  server.server.emit('connection', stream);
  stream.push(request());
  const ws = await server.next();
  let pauses = 0;
  const { pause } = stream;
  stream.pause = function () {
    pauses++;
    return pause.call(this);
  };
  return { ws, stream, pauses: () => pauses };
}

/** Gives a stream bytes in one turn of the loop, as TLS does. */
function push(stream, bytes) {
  for (let at = 0; at < bytes.length; at += RECORD) stream.push(bytes.subarray(at, at + RECORD));
}

describe('within one turn of the loop a connection reads', () => {
  for (const [name, make] of [
    ['a text', (length) => text('a'.repeat(length))],
    ['bytes', (length) => binary(Buffer.alloc(length))]
  ]) {
    for (const length of [1 << 20, 15 << 17]) {
      test(`${name} of ${length >> 10} KiB in records without a pause`, async (t) => {
        const { ws, stream, pauses } = await open(t);
        const told = once(ws, 'message');
        push(stream, make(length));
        const [{ data }] = await told;
        assert.strictEqual(data.length, length);
        assert.strictEqual(pauses(), 0);
      });
    }
  }

  test('some fifty messages of 16 KiB out of a thousand', async (t) => {
    const { ws, stream, pauses } = await open(t);
    let messages = 0;
    ws.on('message', () => messages++);
    push(stream, Buffer.concat(Array(1000).fill(binary(Buffer.alloc(RECORD - 100)))));
    const first = messages;
    assert.ok(first > 40 && first < 70, `${first} messages`);
    assert.ok(pauses() > 0);
    while (messages < 1000) await once(ws, 'message');
  });
});
