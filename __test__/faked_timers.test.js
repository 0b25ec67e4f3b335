'use strict';

// Test runners put timers of their own in the place of Node's: ones that never fire, that are numbers, as in a browser, or
// none at all. What connections are sent goes on all the same, and afterwards as well.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { closing } = require('../testing/peers/server');
const { CODINGS, WAYS, hears, meet } = require('../testing/peers/ways');

const MIB = 1024 * 1024;

/** What `globalThis` has of timers. */
const NAMES = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate'
];

/** What stands in their place: Jest and sinon replace them, and jsdom has numbers and no immediates. */
const FAKES = {
  'never fire': () => ({ ref() {}, unref() {}, hasRef: () => true }),
  'are numbers': () => 1
};

/** Puts fakes in the place of the timers until the function that is returned is called, or the test has ended. */
function fake(t, make, immediates) {
  const original = Object.fromEntries(NAMES.map((name) => [name, globalThis[name]]));
  for (const name of NAMES) globalThis[name] = name.startsWith('set') ? make : () => {};
  if (!immediates) for (const name of ['setImmediate', 'clearImmediate']) delete globalThis[name];
  const restore = () => Object.assign(globalThis, original);
  t.after(restore);
  return restore;
}

/** Sends texts and bytes, large and small ones, both ways, more than a turn's worth, until all of them have come. */
async function talk([server, client]) {
  const bytes = Buffer.from(Array.from({ length: MIB }, (_, i) => (i * i) >> 7));
  const text = 'a text, and more of it. '.repeat(MIB / 24);
  const heard = [server, client].map((end) => hears(end, 8 * (text.length + bytes.length + 4)));
  for (let i = 0; i < 8; i++) {
    for (const end of [server, client]) {
      end.send(text);
      end.send('tiny');
      end.send(bytes);
    }
  }
  await Promise.all(heard);
  for (const end of [server, client]) end.removeAllListeners();
}

for (const [name, make] of Object.entries(FAKES)) {
  for (const immediates of [true, false]) {
    for (const way of WAYS) {
      describe(`timers that ${name}${immediates ? '' : ', and no immediates'} (${way.name})`, () => {
        for (const { coding, more } of CODINGS.slice(0, 2)) {
          test(`do not hold up messages ${coding}, nor those behind them`, { timeout: 60_000 }, async (t) => {
            const restore = fake(t, make, immediates);
            const ends = await meet(t, way, more);
            await talk(ends);
            restore();
            await talk(ends);
          });
        }

        test('do not hold up what a violation ends', { timeout: 60_000 }, async (t) => {
          fake(t, make, immediates);
          const [server, client] = await meet(t, way, {}, { maxLength: 1000 });
          const closed = [closing(server), closing(client)];
          client.send('a'.repeat(8 * MIB));
          assert.deepStrictEqual(
            (await Promise.all(closed)).map(({ code }) => code),
            [1009, 1009]
          );
        });
      });
    }
  }

  test(`timers that ${name} do not hold up an EventSource`, { timeout: 60_000 }, async (t) => {
    const restore = fake(t, make, false);
    const server = http.createServer((request, response) => {
      const es = new WebSocket.EventSource(request, response);
      es.send('a'.repeat(MIB));
      es.end('b');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const [response] = await once(
      http.get({ port: server.address().port, headers: { accept: 'text/event-stream' }, agent: false }),
      'response'
    );
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    assert.ok(length > MIB);
    restore();
  });
}
