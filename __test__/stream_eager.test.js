'use strict';

// A stream of the owner's may hand over what it has as soon as somebody listens, within the call.

const assert = require('node:assert');
const { once } = require('node:events');
const { Stream } = require('node:stream');
const { test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { close, text } = require('../testing/wire');

/** A stream of the old kind, which has bytes for its first listener. */
class Eager extends Stream {
  readable = true;
  writable = true;

  constructor(bytes) {
    super();
    this.bytes = bytes;
  }

  on(type, listener) {
    super.on(type, listener);
    if (type === 'data') this.emit('data', this.bytes);
    return this;
  }

  write() {
    return true;
  }

  end() {
    this.destroy();
  }

  destroy() {
    this.readable = this.writable = false;
    process.nextTick(() => this.emit('close'));
  }
}

test('what a stream emits while it is taken over is handled behind the handshake', async () => {
  const headers = {
    host: 'localhost',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
  };
  const stream = new Eager(Buffer.concat([text('early'), close(3001)]));
  const ws = new WebSocket({ method: 'GET', url: '/', headers }, stream, Buffer.alloc(0));
  const [[message], [end]] = await Promise.all([once(ws, 'message'), once(ws, 'close')]);
  assert.deepStrictEqual([message.data, end.code], ['early', 3001]);
});
