'use strict';

// The listeners of a connection as those of an EventTarget: functions with options, and objects.

const assert = require('node:assert');
const { test } = require('node:test');

const WebSocket = require('..');
const { serve } = require('../testing/peers/server');

/** A client that is not over, and what its listeners have seen. */
async function subject(t) {
  const server = await serve(t);
  const ws = new WebSocket.Client(server.url);
  t.after(() => ws.terminate());
  await ws.opened;
  return { ws, seen: [] };
}

/** Dispatches an event of a type of the test's own. */
const dispatch = (ws, type = 'custom') => ws.dispatchEvent({ type });

test('once takes a listener off behind its first event', async (t) => {
  const { ws, seen } = await subject(t);
  ws.addEventListener('custom', () => seen.push('once'), { once: true });
  ws.addEventListener('custom', () => seen.push('always'), { once: false, passive: true, capture: true });
  dispatch(ws);
  dispatch(ws);
  assert.deepStrictEqual(seen, ['once', 'always', 'always']);
});

test('an object is called by its handleEvent, which may be replaced', async (t) => {
  const { ws, seen } = await subject(t);
  const listener = {
    handleEvent(event) {
      assert.strictEqual(this, listener);
      seen.push(event.type);
    }
  };
  ws.addEventListener('custom', listener);
  ws.addEventListener('other', listener, { once: true });
  dispatch(ws);
  dispatch(ws, 'other');
  dispatch(ws, 'other');
  listener.handleEvent = () => seen.push('replaced');
  dispatch(ws);
  ws.removeEventListener('custom', listener);
  dispatch(ws);
  assert.deepStrictEqual(seen, ['custom', 'other', 'replaced']);
  assert.strictEqual(ws.listenerCount('custom'), 0);
});

test('a function with options can be taken off by itself', async (t) => {
  const { ws, seen } = await subject(t);
  const listener = () => seen.push('called');
  ws.addEventListener('custom', listener, { once: true });
  ws.removeEventListener('custom', listener);
  dispatch(ws);
  assert.deepStrictEqual(seen, []);
});

test('a listener is called with the connection as this', async (t) => {
  const { ws } = await subject(t);
  let self;
  ws.addEventListener(
    'custom',
    function () {
      self = this;
    },
    { once: true }
  );
  dispatch(ws);
  assert.strictEqual(self, ws);
});

test('a signal takes listeners off, and one that is aborted adds none', async (t) => {
  const { ws, seen } = await subject(t);
  const controller = new AbortController();
  const { signal } = controller;
  for (let i = 0; i < 20; i++) ws.addEventListener('custom', () => seen.push(i), { signal });
  ws.addEventListener('custom', { handleEvent: () => seen.push('object') }, { signal, once: true });
  dispatch(ws);
  assert.strictEqual(seen.length, 21);
  controller.abort();
  assert.strictEqual(ws.listenerCount('custom'), 0);
  ws.addEventListener('custom', () => seen.push('never'), { signal });
  dispatch(ws);
  assert.strictEqual(seen.length, 21);
});

test('functions without options are those of on, twice if they are added twice', async (t) => {
  const { ws, seen } = await subject(t);
  const listener = () => seen.push('called');
  ws.addEventListener('custom', listener);
  ws.addEventListener('custom', listener, true);
  assert.deepStrictEqual(ws.listeners('custom'), [listener, listener]);
  dispatch(ws);
  ws.removeEventListener('custom', listener);
  ws.removeListener('custom', listener);
  dispatch(ws);
  assert.deepStrictEqual(seen, ['called', 'called']);
});

test('what cannot be called, and what is no signal, throws', async (t) => {
  const { ws } = await subject(t);
  for (const listener of [{}, 'listener', null, undefined, 7]) {
    assert.throws(() => ws.addEventListener('custom', listener), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  assert.throws(
    () => ws.addEventListener('custom', () => {}, { signal: {} }),
    /^TypeError: The option signal must be an AbortSignal$/
  );
  ws.removeEventListener('custom', {});
});
