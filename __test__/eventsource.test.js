'use strict';

// EventSource on real sockets: its bytes, its properties and its events. What it refuses is in
// eventsource_hostile.test.js.

const assert = require('node:assert');
const { once } = require('node:events');
const { test, describe } = require('node:test');

const EventSource = require('../lib/faye/eventsource');
const Event = require('../lib/faye/websocket/api/event');
const timers = require('../lib/transport/timers');
const { connect, serve } = require('../testing/peers/eventsource');
const { assertLinear } = require('../testing/peers/growth');

describe('EventSource', () => {
  test('takes three arguments', () => {
    assert.strictEqual(EventSource.length, 3);
  });

  test('recognises a GET that accepts text/event-stream', () => {
    const is = (method, accept) => EventSource.isEventSource({ method, headers: { accept } });

    assert.strictEqual(is('GET', 'text/event-stream'), true);
    assert.strictEqual(is('GET', 'text/html , text/event-stream,*/*'), true);
    assert.strictEqual(is('POST', 'text/event-stream'), false);
    assert.strictEqual(is('GET', 'text/event-streams'), false);
    assert.strictEqual(is('GET', undefined), false);
  });

  test('looks through blanks in Accept in linear time', () => {
    assertLinear((size) => {
      const request = { method: 'GET', headers: { accept: 'a' + ' '.repeat(size) + 'b' } };
      return () => EventSource.isEventSource(request);
    }, 1000);
  });

  test('starts the response with its headers and the retry delay', async (t) => {
    const peer = await connect(t, {});

    assert.strictEqual(
      await peer.receive('\r\n\r\nretry: 5000\r\n\r\n'),
      'HTTP/1.1 200 OK\r\n' +
        'Content-Type: text/event-stream\r\n' +
        'Cache-Control: no-cache, no-store\r\n' +
        'Connection: close\r\n' +
        '\r\n' +
        'retry: 5000\r\n\r\n'
    );
  });

  test('sends custom headers, the first of each name, and rounds the retry delay down', async (t) => {
    const headers = { 'X-One': ' 1  ', 'x-one': 2, Warning: 'a', warning: 'b', 'X-Not': undefined };
    const peer = await connect(t, { retry: 0.0019, headers });
    const head = await peer.receive('retry: 1\r\n\r\n');

    assert.match(head, /\r\nConnection: close\r\nX-One: 1\r\nWarning: a\r\nwarning: b\r\n\r\nretry: 1\r\n/);
  });

  test('does not alter the options it is given', async (t) => {
    const options = Object.freeze({ headers: Object.freeze({ A: 'b' }), retry: 1, ping: 2 });
    const peer = await connect(t, options);

    assert.deepStrictEqual(options, { headers: { A: 'b' }, retry: 1, ping: 2 });
    assert.strictEqual(peer.source._ping, 2);
  });

  test('has the URL and the last event ID of the request', async (t) => {
    const peer = await connect(t, {}, ['Host: feed.example', 'Last-Event-ID: 42'], '/updates?since=1');

    assert.strictEqual(peer.source.url, 'http://feed.example/updates?since=1');
    assert.strictEqual(peer.source.lastEventId, '42');
  });

  test('has an https URL behind a proxy that says so', async (t) => {
    const headers = [
      'HTTPS: on',
      'X-Forwarded-SSL: on',
      'X-Forwarded-Scheme: https',
      'X-Forwarded-Proto: https'
    ];
    for (const header of headers) {
      const peer = await connect(t, {}, ['Host: feed.example', header]);
      assert.strictEqual(peer.source.url, 'https://feed.example/', header);
    }
  });

  test('opens on the next tick and not before', async (t) => {
    const { promise, record } = recorder();
    await connect(t, {}, [], '/', (source) => {
      assert.strictEqual(source.readyState, 0);
      source.onopen = (event) => record('onopen', event);
      source.addEventListener('open', (event) => record('listener', event));
      record('constructed', null);
    });
    const calls = await promise(3);

    assert.deepStrictEqual(
      calls.map(([name]) => name),
      ['constructed', 'onopen', 'listener']
    );
    const event = calls[1][1];
    assert.ok(event instanceof Event);
    assert.strictEqual(event.constructor.name, 'Event');
    assert.deepStrictEqual(Object.keys(event), [
      'type',
      'bubbles',
      'cancelable',
      'currentTarget',
      'target',
      'eventPhase'
    ]);
    assert.strictEqual(event.target.readyState, 1);
  });

  test('delivers what is sent before it opens', async (t) => {
    const peer = await connect(t, {}, [], '/', (source) => {
      assert.strictEqual(source.send('early'), true);
    });

    assert.match(await peer.receive('early\r\n\r\n'), /\r\n\r\nretry: 5000\r\n\r\ndata: early\r\n\r\n$/);
  });

  test('never opens when it is closed in its first tick', async (t) => {
    const peer = await connect(t, {}, [], '/', (source) => {
      source.on('open', () => assert.fail('opened'));
      source.close();
    });

    await peer.ended;
    assert.strictEqual(peer.source.readyState, 3);
  });

  test('sends each line of a message as a data field', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    peer.source.send('one\ntwo\r\nthree\rfour\n');

    assert.strictEqual(
      await peer.receive('four\ndata: \r\n\r\n'),
      'data: one\ndata: two\r\ndata: three\rdata: four\ndata: \r\n\r\n'
    );
  });

  test('sends any value as a string', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    for (const value of [13, false, null, undefined, [1, 2], '']) peer.source.send(value);
    peer.source.write('end\u{1f600}');

    assert.strictEqual(
      await peer.receive('end\u{1f600}\r\n\r\n'),
      ['13', 'false', 'null', 'undefined', '1,2', '', 'end\u{1f600}']
        .map((v) => `data: ${v}\r\n\r\n`)
        .join('')
    );
  });

  test('sends the type and the ID of an event', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    peer.source.send('a', { event: 'notification', id: 99 });
    peer.source.send('b', { event: '', id: '' });
    peer.source.send('c', { event: null, id: 0 });

    assert.strictEqual(
      await peer.receive('c\r\n\r\n'),
      'event: notification\r\nid: 99\r\ndata: a\r\n\r\ndata: b\r\n\r\nid: 0\r\ndata: c\r\n\r\n'
    );
  });

  test('sends a comment as a ping', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');

    assert.strictEqual(peer.source.ping(), true);
    assert.strictEqual(await peer.receive(':\r\n\r\n'), ':\r\n\r\n');
  });

  test('pings by itself until it is closed', async (t) => {
    const peer = await connect(t, { ping: 0.01 });
    await peer.receive(':\r\n\r\n:\r\n\r\n');
    peer.source.close();

    assert.strictEqual(peer.source._pingTimer.isWaiting, false);
    await peer.ended;
  });

  test('pings every ten seconds unless told otherwise', async (t) => {
    const every = t.mock.method(timers, 'every');
    await connect(t, {});
    await connect(t, { ping: 3600 * 24 * 365 });

    assert.deepStrictEqual(
      every.mock.calls.map((call) => call.arguments[1]),
      [10000, 0x7fffffff]
    );
  });

  test('is a stream that a source can be piped into', async (t) => {
    const { Readable } = require('node:stream');
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    Readable.from(['a', 'b']).pipe(peer.source);

    assert.strictEqual(await peer.receive('b\r\n\r\n'), 'data: a\r\n\r\ndata: b\r\n\r\n');
    await peer.ended;
  });

  test('returns false from send when the socket is full, and drains', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    peer.socket.pause();
    const block = 'x'.repeat(1 << 20);
    let sent = 0;
    do sent += 1;
    while (peer.source.send(block) && sent < 256);
    assert.ok(sent < 256, 'the socket never filled');
    const drained = once(peer.source, 'drain');
    peer.socket.resume();

    await drained;
  });

  test('sends a last message with end, and then refuses', async (t) => {
    const peer = await connect(t, {});
    assert.strictEqual(peer.source.end('bye'), undefined);

    assert.match(await peer.ended, /data: bye\r\n\r\n$/);
    assert.strictEqual(peer.source.send('more'), false);
    assert.strictEqual(peer.source.write('more'), false);
    assert.strictEqual(peer.source.ping(), false);
    assert.strictEqual(peer.source.writable, false);
  });

  test('closes once', async (t) => {
    const { promise, record } = recorder();
    const peer = await connect(t, {});
    peer.source.onclose = (event) => record('onclose', event);
    peer.source.on('close', (event) => record('close', event));

    assert.strictEqual(peer.source.close(), true);
    assert.strictEqual(peer.source.close(), false);
    await peer.ended;
    const calls = await promise(2);
    assert.deepStrictEqual(
      calls.map(([name]) => name),
      ['onclose', 'close']
    );
    assert.deepStrictEqual(Object.keys(calls[0][1]), [
      'type',
      'bubbles',
      'cancelable',
      'currentTarget',
      'target',
      'eventPhase'
    ]);
  });

  test('serves a client that reconnects with its last event ID', async (t) => {
    const server = await serve(t);
    const first = await server.request({}, ['Last-Event-ID: 7']);
    first.source.close();
    await first.ended;
    const second = await server.request({}, ['Last-Event-ID: 8']);

    assert.deepStrictEqual([first.source.lastEventId, second.source.lastEventId], ['7', '8']);
  });
});

/** Records calls, and promises that a number of them have happened. */
function recorder() {
  const calls = [];
  let wanted = Infinity;
  let resolve;
  const check = () => calls.length >= wanted && resolve(calls);
  return {
    record: (name, event) => {
      calls.push([name, event]);
      check();
    },
    promise: (count) =>
      new Promise((done) => {
        wanted = count;
        resolve = done;
        check();
      })
  };
}
