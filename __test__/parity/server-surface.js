'use strict';

/** What can be seen without a connection: exports, functions, static methods. */

/** The prototype chain's own names that belong to the public face. */
const METHODS = [
  'addEventListener',
  'close',
  'dispatchEvent',
  'emit',
  'end',
  'on',
  'once',
  'pause',
  'ping',
  'pipe',
  'removeEventListener',
  'removeListener',
  'resume',
  'send',
  'write'
];

/** A request that a WebSocket could be made of, with changes. */
const requestOf = (headers, rest) => ({
  method: 'GET',
  url: '/',
  headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers },
  ...rest
});

module.exports = {
  async 'exports its constructors on one function'(t) {
    const { WebSocket } = t;
    t.value('WebSocket.WebSocket', WebSocket.WebSocket === WebSocket);
    for (const name of ['Client', 'EventSource', 'isWebSocket', 'validateOptions'])
      t.value(name, WebSocket[name]);
    t.value('EventSource.isEventSource', WebSocket.EventSource.isEventSource);
  },

  async 'has constructors of these lengths and names'(t) {
    for (const name of ['WebSocket', 'Client', 'EventSource'])
      t.value(`${name}.length`, t.WebSocket[name].length);
  },

  async 'has these methods on both prototypes'(t) {
    for (const name of METHODS) {
      t.value(`WebSocket ${name}`, t.WebSocket.prototype[name]);
      t.value(`Client ${name}`, t.Client.prototype[name]);
    }
    for (const name of ['send', 'ping', 'close', 'write', 'end', 'addEventListener', 'dispatchEvent']) {
      t.value(`EventSource ${name}`, t.EventSource.prototype[name]);
    }
  },

  async 'has methods of these lengths'(t) {
    for (const name of METHODS) t.value(name, t.WebSocket.prototype[name].length);
    for (const name of ['send', 'ping', 'close', 'write', 'end'])
      t.value(name, t.EventSource.prototype[name].length);
    t.value('isWebSocket', t.WebSocket.isWebSocket.length);
    t.value('isEventSource', t.EventSource.isEventSource.length);
  },

  async 'shares a base between server and client'(t) {
    const base = Object.getPrototypeOf(t.WebSocket.prototype);
    t.value('the same base', base === Object.getPrototypeOf(t.Client.prototype));
    t.value('send is on the base', Object.prototype.hasOwnProperty.call(base, 'send'));
    t.value('a Client is a WebSocket', t.Client.prototype instanceof t.WebSocket);
  },

  async 'keeps the close timeout where it can be changed'(t) {
    const base = Object.getPrototypeOf(t.WebSocket.prototype).constructor;
    t.value('CLOSE_TIMEOUT', base.CLOSE_TIMEOUT);
  },

  async 'uses a close timeout that was changed'(t) {
    const base = Object.getPrototypeOf(t.WebSocket.prototype).constructor;
    const usual = base.CLOSE_TIMEOUT;
    base.CLOSE_TIMEOUT = 500;
    const c = await t.open();
    await c.calls('close');
    base.CLOSE_TIMEOUT = usual;
    await t.tick(499);
    await t.tick(1);
  },

  async 'recognises requests for a WebSocket'(t) {
    const { isWebSocket } = t.WebSocket;
    const cases = {
      usual: requestOf(),
      'upper case': requestOf({ connection: 'UPGRADE', upgrade: 'WEBSOCKET' }),
      'a list': requestOf({ connection: 'keep-alive, Upgrade' }),
      'a list without blanks': requestOf({ connection: 'keep-alive,upgrade,x' }),
      'a list with many blanks': requestOf({ connection: 'keep-alive   ,   upgrade' }),
      'a list with a tab': requestOf({ connection: 'keep-alive,\tupgrade' }),
      'blanks around': requestOf({ connection: ' upgrade ' }),
      'part of a word': requestOf({ connection: 'upgrades' }),
      'empty connection': requestOf({ connection: '' }),
      'no connection': requestOf({ connection: undefined }),
      'no upgrade': requestOf({ upgrade: undefined }),
      'other upgrade': requestOf({ upgrade: 'h2c' }),
      'a list of upgrades': requestOf({ upgrade: 'websocket, h2c' }),
      'upgrade with blanks': requestOf({ upgrade: ' websocket' }),
      POST: requestOf({}, { method: 'POST' }),
      'lower case get': requestOf({}, { method: 'get' }),
      'no method': requestOf({}, { method: undefined }),
      'no key or version': requestOf({ 'sec-websocket-key': undefined })
    };
    for (const [name, request] of Object.entries(cases)) t.value(name, isWebSocket(request));
  },

  async 'recognises nothing in a request without headers'(t) {
    for (const request of [{}, { method: 'GET' }]) {
      try {
        t.value('isWebSocket', t.WebSocket.isWebSocket(request));
      } catch (error) {
        t.value('isWebSocket throws', error.name);
      }
    }
  },

  async 'validates options against a list of keys'(t) {
    const { validateOptions } = t.WebSocket;
    t.attempt('known', () => validateOptions({ a: 1, b: 2 }, ['a', 'b', 'c']));
    t.attempt('unknown', () => validateOptions({ a: 1, d: 2 }, ['a', 'b', 'c']));
    t.attempt('none', () => validateOptions({}, []));
    t.attempt('undefined', () => validateOptions(undefined, ['a']));
    t.attempt('null', () => validateOptions(null, ['a']));
    t.attempt('undefined value', () => validateOptions({ z: undefined }, ['a']));
    t.attempt('inherited', () => validateOptions(Object.create({ z: 1 }), ['a']));
  },

  async 'leaves the options of the caller as they were'(t) {
    const options = { headers: { 'X-A': 'b' }, maxLength: 1000, ping: 10 };
    const before = JSON.stringify(options);
    await t.open({ options });
    t.value('unchanged', JSON.stringify(options) === before);
  },

  async 'works with frozen options and protocols'(t) {
    const options = Object.freeze({ headers: Object.freeze({ 'X-A': 'b' }), ping: 5 });
    await t.open({
      options,
      protocols: Object.freeze(['chat']),
      headers: { 'Sec-WebSocket-Protocol': 'chat' }
    });
  }
};
