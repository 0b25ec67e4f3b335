'use strict';

/** Requests that are not a WebSocket's, and how they are refused (RFC 6455 section 4.2.1). */

const { text } = require('../../testing/wire');

/** Opens with a request whose parsed form `change` has altered, as a server behind other code might see it. */
const altered = (t, change, how) =>
  t.open({
    ...how,
    accept(_, request, socket, head) {
      change(request);
      return new t.WebSocket(request, socket, head);
    }
  });

/** One script for each fault that Node's own server lets through. */
const wireFaults = {
  'Upgrade is not websocket': { Upgrade: 'h2c' },
  'Upgrade has a version': { Upgrade: 'websocket/13' },
  'the version is missing': { 'Sec-WebSocket-Version': null },
  'the version is 8': { 'Sec-WebSocket-Version': '8' },
  'the version is 013': { 'Sec-WebSocket-Version': '013' },
  'the version is a list': { 'Sec-WebSocket-Version': '13, 8' },
  'the key is missing': { 'Sec-WebSocket-Key': null },
  'both key and version are missing': { 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null }
};

const parsedFaults = {
  'the method is POST': (request) => (request.method = 'POST'),
  'the method is in lower case': (request) => (request.method = 'get'),
  'Connection is missing': (request) => delete request.headers.connection,
  'Upgrade is missing': (request) => delete request.headers.upgrade,
  'Connection has no upgrade': (request) => (request.headers.connection = 'keep-alive'),
  'Connection has upgrade only as a part of a word': (request) => (request.headers.connection = 'upgrades'),
  'Upgrade is empty': (request) => (request.headers.upgrade = ''),
  'the key is an array': (request) => (request.headers['sec-websocket-key'] = ['a', 'b']),
  'the version is a number': (request) => (request.headers['sec-websocket-version'] = 13)
};

const scripts = {};
for (const [fault, headers] of Object.entries(wireFaults)) {
  scripts[`answers 400 when ${fault}`] = async (t) => {
    const c = await t.open({ headers });
    c.state();
  };
}
for (const [fault, change] of Object.entries(parsedFaults)) {
  scripts[`answers 400 when ${fault}`] = async (t) => {
    const c = await altered(t, change);
    c.state();
  };
}

Object.assign(scripts, {
  async 'meets keys that are not 16 bytes of base64'(t) {
    for (const key of ['short', 'with blanks inside', '=', 'dGhlIHNhbXBsZSBub25jZQ==extra']) {
      await t.open({ headers: { 'Sec-WebSocket-Key': key } });
    }
  },

  async 'meets an empty key'(t) {
    await altered(t, (request) => (request.headers['sec-websocket-key'] = ''));
  },

  async 'accepts HTTP 1.0'(t) {
    const lines = [
      'GET /chat HTTP/1.0',
      'Host: example.com',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13'
    ];
    await t.open({ head: `${lines.join('\r\n')}\r\n\r\n` });
  },

  async 'returns false from send once the handshake has failed'(t) {
    const c = await t.open({ headers: { 'Sec-WebSocket-Version': '7' } });
    c.call('send', 'too late');
    c.call('ping', 'too late');
    c.call('close');
    c.state();
  },

  async 'drops what was queued when the handshake fails'(t) {
    await t.open({
      headers: { 'Sec-WebSocket-Version': '7' },
      setup: (ws, connection) => connection.call('send', 'never')
    });
  },

  async 'ignores frames behind a request that it refuses'(t) {
    await t.open({ headers: { 'Sec-WebSocket-Version': '7' }, early: text('never') });
  },

  async 'meets close before the refusal'(t) {
    await t.open({
      headers: { 'Sec-WebSocket-Version': '7' },
      setup: (ws, connection) => connection.call('close')
    });
  },

  async 'throws when the request has no headers'(t) {
    for (const request of [{}, { method: 'GET' }, { method: 'GET', headers: null }]) {
      await t.open({
        accept(connection, original, socket) {
          try {
            return new t.WebSocket(request, socket, null);
          } catch (error) {
            t.say(`the constructor throws a ${error.name}`);
            socket.destroy();
            return null;
          }
        }
      });
    }
  },

  async 'throws when there is no request'(t) {
    await t.open({
      accept(connection, original, socket) {
        try {
          return new t.WebSocket();
        } catch (error) {
          t.say(`the constructor throws a ${error.name}`);
          socket.destroy();
          return null;
        }
      }
    });
  },

  async 'meets a server when the stream is missing'(t) {
    const request = { method: 'GET', url: '/', headers: { host: 'example.com' } };
    for (const stream of [undefined, null]) {
      const ws = t.attempt('new WebSocket', () => new t.WebSocket(request, stream, null));
      t.value('readyState', ws.readyState);
      t.value('readable', ws.readable);
      t.value('_stream', ws._stream);
    }
  },

  async 'meets a server when the stream is already destroyed'(t) {
    const c = await t.open({
      accept(_, request, socket, head) {
        socket.destroy();
        return new t.WebSocket(request, socket, head);
      }
    });
    t.value('readyState', c.ws.readyState);
    t.value('protocol', c.ws.protocol);
    t.value('url', c.ws.url);
  },

  async 'meets a server when the stream has been ended'(t) {
    const c = await t.open({
      accept(_, request, socket, head) {
        socket.end();
        return new t.WebSocket(request, socket, head);
      }
    });
    t.value('readyState', c.ws.readyState);
  },

  async 'ends a stream that can be written but no longer read'(t) {
    const c = await t.open({
      allowHalfOpen: true,
      accept(connection, request, socket, head) {
        connection.late = () => new t.WebSocket(request, socket, head);
        socket.resume();
        return null;
      }
    });
    await c.peerEnds();
    t.value('socket.readable', c.socket.readable);
    t.value('socket.writable', c.socket.writable);
    await t.step('the server makes its WebSocket', () => c.late());
  },

  async 'makes a WebSocket even when it only ends the stream'(t) {
    const c = await t.open({
      allowHalfOpen: true,
      accept(connection, request, socket, head) {
        connection.late = () => new t.WebSocket(request, socket, head);
        socket.resume();
        return null;
      }
    });
    await c.peerEnds();
    const ws = c.late();
    t.value('instanceof WebSocket', ws instanceof t.WebSocket);
  },

  async 'does not check options when the stream is gone'(t) {
    const request = { method: 'GET', url: '/', headers: { host: 'example.com' } };
    t.attempt('new WebSocket', () => new t.WebSocket(request, null, null, [], { extra: 1 }));
  },

  async 'meets a stream that was gone from the start'(t) {
    const request = { method: 'GET', url: '/', headers: { host: 'example.com' } };
    const ws = new t.WebSocket(request, null, null);
    t.watch(ws, 'ws');
    await t.settle();
    t.value('listeners can be counted', ws.listenerCount('close'));
  },

  async 'closes when the stream is destroyed between its making and the next tick'(t) {
    await t.open({ setup: (ws, connection) => connection.socket.destroy() });
  },

  async 'closes when the peer is gone before the answer'(t) {
    const c = await t.open({
      accept(connection, request, socket, head) {
        connection.late = () => connection.adopt(new t.WebSocket(request, socket, head));
        return null;
      }
    });
    await c.peerResets();
    await t.step('the server makes its WebSocket', () => c.late());
  }
});

module.exports = scripts;
