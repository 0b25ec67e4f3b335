/* global afterEach, beforeEach, describe, expect, jest, test -- of Jest */
'use strict';

// What somebody tests with Jest, who has each test load the package anew.

const http = require('http');

jest.setTimeout(60000);

describe.each(['stream', 'direct'])('over %s', (transport) => {
  let WebSocket, server, url;

  beforeEach(async () => {
    jest.resetModules();
    WebSocket = require('faye-websocket');
    server = http.createServer();
    server.on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, [], { transport, extensions: [WebSocket.deflate] });
      ws.on('message', ({ data }) => ws.send(data));
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    url = `ws://127.0.0.1:${server.address().port}/`;
  });

  afterEach(() => {
    jest.useRealTimers();
    return new Promise((closed) => server.close(closed));
  });

  const next = (emitter, type) => new Promise((resolve) => emitter.once(type, resolve));

  test.each([1, 2, 3, 4, 5])('echoes texts and bytes, load %i', async () => {
    const client = new WebSocket.Client(url, [], { extensions: [WebSocket.deflate] });
    await next(client, 'open');
    for (const message of ['é😀', 'x'.repeat(100000), Buffer.from('bytes'), Buffer.alloc(100000, 7)]) {
      client.send(message);
      expect((await next(client, 'message')).data).toEqual(message);
    }
    client.send(new Uint8Array([1, 2, 3]));
    expect(Buffer.isBuffer((await next(client, 'message')).data)).toBe(true);
    client.close(3001, 'done');
    expect(await next(client, 'close')).toMatchObject({ code: 3001, reason: 'done' });
  });

  test('throws errors of the realm of the test', async () => {
    expect(() => new WebSocket.Client('http://a/', [], { no: 1 })).toThrow(Error);
    const client = new WebSocket.Client(url, [], { headers: { 'X-A': 'b' } });
    await next(client, 'open');
    expect(() => client.close(7)).toThrow(Error);
    expect(() => client.ping(Buffer.alloc(200))).toThrow(RangeError);
    client.close();
    await next(client, 'close');
  });

  test('goes on under faked timers', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const client = new WebSocket.Client(url, [], { ping: 5, extensions: [WebSocket.deflate] });
    await next(client, 'open');
    jest.advanceTimersByTime(20000);
    const text = 'abc'.repeat(400000);
    client.send(text);
    expect((await next(client, 'message')).data === text).toBe(true);
    client.close();
    expect((await next(client, 'close')).code).toBe(1000);
  });
});
