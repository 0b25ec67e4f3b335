'use strict';

// Frames that wait in a stream when somebody begins to record what it writes: the records stay as they were.

const assert = require('node:assert');
const { test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** The method that what waits in a stream passes through, and the Buffers that it is given. */
const METHODS = {
  _writev: ([chunks]) => chunks.map(({ chunk }) => chunk),
  _writeGeneric: ([, data]) => (Array.isArray(data) ? data.map(({ chunk }) => chunk) : [data])
};
const SIZE = 200_000;

for (const [name, buffersOf] of Object.entries(METHODS)) {
  test(`what waits is not written over once it has passed a recorder's ${name}`, async (t) => {
    const server = await serve(t, undefined, { options: { transport: 'stream' } });
    const client = await connect(t, server.port);
    const ws = await server.next();
    client.socket.pause();
    let count = 0;
    // Two more than the kernel takes.
    for (let waits = 0; waits < 3; count++) {
      ws.send(Buffer.alloc(SIZE, 1));
      if (ws._stream.writableLength > 0) waits++;
    }
    const records = [];
    const { [name]: original } = ws._stream;
    ws._stream[name] = function (...args) {
      for (const chunk of buffersOf(args)) records.push({ chunk, copy: Buffer.from(chunk) });
      return original.apply(this, args);
    };
    client.socket.resume();
    for (let i = 0; i < count; i++) await client.frame();
    delete ws._stream[name];
    assert.ok(records.length > 0);
    for (let i = 0; i < 8; i++) ws.send(Buffer.alloc(SIZE, 2));
    for (let i = 0; i < 8; i++) await client.frame();
    for (const { chunk, copy } of records) assert.ok(chunk.equals(copy));
  });
}
