'use strict';

/** What a client asks for, and calls that come before the answer (RFC 6455 section 4.1). */

const { deadPort } = require('../../testing/parity/listener');

/** A script that makes a client and looks at its request only. */
const asks = (how) => async (t) => {
  await t.connect(how);
};

/** A script that makes clients of URLs that nobody can connect to. */
const meets =
  (...urls) =>
  async (t) => {
    for (const url of urls) {
      t.attempt(`new Client(${t.format(url)})`, () => {
        const ws = new t.Client(url);
        ws._stream.destroy();
      });
    }
  };

module.exports = {
  'asks for the path and the query': asks({ path: '/a/b?c=d&e' }),
  'asks for / when there is no path': asks({ path: '' }),
  'asks for / and the query when there is only a query': asks({ path: '?q=1' }),
  'asks for a URL with a fragment': asks({ path: '/a?b#c' }),
  'keeps what is percent-encoded in the path': asks({ path: '/a%20b/%E2%82%AC?x=%2F' }),
  'encodes blanks and characters outside ASCII in the path': asks({ path: '/a b/\u20ac' }),
  'resolves dots in the path': asks({ path: '/a/../b/./c' }),
  'sends credentials of the URL as Basic authorization': asks({ credentials: 'user:secret@' }),
  'meets a user without a password': asks({ credentials: 'user@' }),
  'meets a password without a user': asks({ credentials: ':secret@' }),
  'sends credentials with blanks and signs': asks({ credentials: 'us-er:se.cr_et~1@' }),
  'asks with a host name in Host': asks({ host: 'localhost' }),

  'offers one protocol': asks({ protocols: ['chat'] }),
  'offers protocols in their order': asks({ protocols: ['b', 'a', 'c'] }),
  'offers protocols of a string with commas': asks({ protocols: 'b, a,c' }),
  'offers nothing for an empty list': asks({ protocols: [] }),
  'offers nothing for null': asks({ protocols: null }),

  'sends own headers behind those of the handshake': asks({
    options: { headers: { 'X-A': 'b', Cookie: 'c=d' } }
  }),
  'meets a Host of the caller': asks({
    options: { headers: { Host: 'other.example' } }
  }),
  'keeps its own handshake against headers of the caller': asks({
    options: { headers: { Upgrade: 'x', connection: 'y', 'sec-websocket-version': '8' } }
  }),
  'keeps credentials of the URL against a header of the caller': asks({
    credentials: 'user:secret@',
    options: { headers: { Authorization: 'Bearer x' } }
  }),
  'meets credentials that are percent-encoded': asks({ credentials: 'us%20er:p%C3%A4%40@' }),
  'sends an Authorization header of the caller': asks({
    options: { headers: { Authorization: 'Bearer x' } }
  }),
  'strips and skips values of own headers': asks({
    options: { headers: { 'X-A': '  b  ', 'X-B': undefined } }
  }),
  'writes numbers and lists in own headers as strings': asks({
    options: { headers: { 'X-A': 1, 'X-B': [1, 2] } }
  }),
  'sends an Origin header of the caller': asks({ options: { headers: { Origin: 'http://example.com' } } }),

  'throws for schemes that are not of WebSockets': meets(
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'ftp://127.0.0.1/',
    'javascript:1'
  ),
  'throws for what is no URL': meets('', 'nonsense', '/path', '//127.0.0.1/', 'ws:', 'ws://'),
  'throws without a URL': meets(undefined, null, 17, {}),

  async 'is connecting in the tick of its making'(t) {
    await t.connect({
      path: '/p?q',
      setup(ws, connection) {
        connection.state();
        t.value('url', ws.url);
        t.value('version', ws.version);
        t.value('headers', ws.headers);
        t.value('statusCode', ws.statusCode);
        t.value('_stream', ws._stream instanceof require('net').Socket);
      }
    });
  },

  async 'takes a URL object'(t) {
    await t.connect({ make: (connection) => new t.Client(new URL(connection.url())) });
  },

  async 'works without new on an object that inherits from it'(t) {
    const { inherits } = require('util');
    function Mine(...args) {
      t.Client.apply(this, args);
    }
    inherits(Mine, t.Client);
    const c = await t.connect({ make: (connection) => new Mine(connection.url()) });
    t.value('instanceof Mine', c.ws instanceof Mine);
    await c.answers();
    await c.calls('send', 'x');
  },

  async 'works as the base of a class'(t) {
    class Mine extends t.Client {
      send(data) {
        return super.send(`mine: ${data}`);
      }
    }
    const c = await t.connect({ make: (connection) => new Mine(connection.url()) });
    await c.answers();
    await c.calls('send', 'x');
  },

  async 'throws for an option that it does not know'(t) {
    await t.connect({ options: { extra: 1 } });
  },

  async 'sends a ping and messages that were queued before the answer, in order'(t) {
    const c = await t.connect({
      setup(ws, connection) {
        connection.call('send', 'one');
        connection.call('send', Buffer.from([2]));
        connection.call('ping', 'three');
        connection.call('write', 'four');
      }
    });
    c.call('send', 'five');
    await t.settle();
    await c.answers();
  },

  async 'ends what was queued before the answer with a close'(t) {
    const c = await t.connect();
    c.call('send', 'never');
    c.call('close', 3000, 'changed my mind');
    c.call('send', 'never');
    await t.settle();
  },

  async 'throws for a bad close code before it is connected'(t) {
    const c = await t.connect({ wait: false, setup: (ws, connection) => connection.call('close', 1001) });
    c.state();
  },

  async 'closes in the tick of its making, and never connects'(t) {
    const c = await t.connect({ wait: false, setup: (ws, connection) => connection.call('close') });
    t.value('timers', t.world.clock.pending());
    t.value('the origin saw a request', c.peer !== null && c.peer.head !== null);
    await t.tick(30000);
  },

  async 'closes from inside onerror'(t) {
    const port = await deadPort(t.cleanups);
    t.portNames.set(port, 'DEAD');
    await t.connect({
      make: () => new t.Client(`ws://127.0.0.1:${port}/`),
      setup: (ws, connection) => (ws.onerror = () => connection.call('close'))
    });
  },

  async 'reports a refused connection, then closes'(t) {
    const port = await deadPort(t.cleanups);
    t.portNames.set(port, 'DEAD');
    const c = await t.connect({ make: () => new t.Client(`ws://127.0.0.1:${port}/`) });
    c.state();
    c.call('send', 'x');
    c.call('close');
  },

  async 'reports a name that cannot be resolved'(t) {
    const lookup = (host, options, callback) => {
      const error = new Error(`getaddrinfo ENOTFOUND ${host}`);
      error.code = 'ENOTFOUND';
      process.nextTick(callback, error);
    };
    await t.connect({ make: () => new t.Client('wss://nowhere.invalid/', [], { tls: { lookup } }) });
  },

  async 'takes options for its plain socket'(t) {
    const sockets = { localAddress: '127.0.0.1' };
    await t.connect({ options: { net: sockets } });
  },

  async 'leaves the options of the caller as they were'(t) {
    const options = { headers: { 'X-A': 'b' }, tls: {}, maxLength: 1000 };
    await t.connect({ options: { ...options } });
    t.value('tls', options.tls);
  },

  async 'gives the stream its own settings'(t) {
    const { Socket } = require('net');
    const { setNoDelay } = Socket.prototype;
    const calls = [];
    Socket.prototype.setNoDelay = function (...args) {
      calls.push(args);
      return setNoDelay.apply(this, args);
    };
    const c = new t.Client('ws://127.0.0.1:1/');
    Socket.prototype.setNoDelay = setNoDelay;
    t.value('setNoDelay', calls);
    c._stream.destroy();
  }
};
