'use strict';

// What a handler enters without a callback (`AsyncLocalStorage#enterWith`).

const assert = require('node:assert');
const { AsyncLocalStorage } = require('node:async_hooks');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { closing } = require('../testing/peers/server');
const { WAYS, connectAll, serveScoped, store } = require('../testing/peers/scoped');
const { close, ping, pong, text } = require('../testing/wire');

for (const [name, way] of Object.entries(WAYS)) {
  describe(`a store that is entered in a handler (${name})`, () => {
    test("of a server's open is gone in all that follows, and stays in what that put off", async (t) => {
      const other = new AsyncLocalStorage();
      const log = [];
      let ws, later;
      const server = await serveScoped(t, way, (made) => {
        ws = made;
        const note = (what) => () => log.push([what, store.getStore(), other.getStore()]);
        ws.on('open', () => {
          other.enterWith('entered');
          store.enterWith('another');
          process.nextTick(note('tick'));
          later = Promise.resolve().then(note('promise'));
          ws.ping('p', note('pong'));
        });
        for (const type of ['message', 'end', 'close']) ws.on(type, note(type));
      });
      const [client] = await connectAll(t, server, way, 1);
      const closed = closing(ws);
      await later;
      for (const frame of [text('a'), ping('x'), pong('p'), text('b'), close(1000)]) {
        client.send(frame);
        await turn();
      }
      await closed;
      const put = ['tick', 'promise'].map((what) => [what, 'another', 'entered']);
      const following = ['message', 'pong', 'message', 'end', 'close'].map((what) => [what, 0, undefined]);
      assert.deepStrictEqual(log, [...put, ...following]);
      assert.strictEqual(other.getStore(), undefined);
    });
  });
}
