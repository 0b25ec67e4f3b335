'use strict';

/** Handshakes: requests that a server gets, answers that a client gets, proxies, and requests as bytes. */

const { KEY, request } = require('../../../testing/driver/harness');
const { frame } = require('../../../testing/driver/frames');

const DRAFT = { 'sec-websocket-key': undefined, 'sec-websocket-version': undefined, origin: 'http://o' };

/** Requests by what is special, as arguments of `http`. */
const REQUESTS = {
  'is plain': [{}],
  'asks for a subprotocol': [{ 'sec-websocket-protocol': 'a, b' }, { protocols: ['b', 'a'] }],
  'asks for a subprotocol that is not spoken': [{ 'sec-websocket-protocol': 'a' }, { protocols: ['b'] }],
  'asks for a subprotocol where none is spoken': [{ 'sec-websocket-protocol': 'a' }],
  'is a POST': [{}, undefined, { method: 'POST' }],
  'has no Upgrade': [{ upgrade: undefined }],
  'has another Upgrade': [{ upgrade: 'h2c' }],
  'has an Upgrade in capitals': [{ upgrade: 'WEBSOCKET' }],
  'has no Connection': [{ connection: undefined }],
  'has a Connection with more': [{ connection: 'keep-alive, Upgrade' }],
  'has another Connection': [{ connection: 'close' }],
  'has no version': [{ 'sec-websocket-version': undefined }],
  'has the version 8': [{ 'sec-websocket-version': '8' }],
  'came over TLS': [{ 'x-forwarded-proto': 'https' }],
  'is of a draft that is not allowed': [DRAFT],
  'is of hixie-75': [DRAFT, { allowDrafts: true }],
  'is of hixie-76 with bad keys': [
    { ...DRAFT, 'sec-websocket-key1': 'x', 'sec-websocket-key2': 'y' },
    { allowDrafts: true }
  ],
  'offers an extension': [{ 'sec-websocket-extensions': 'permessage-deflate' }],
  'has extensions that cannot be read': [{ 'sec-websocket-extensions': 'x-webkit- -frame' }]
};

/** Answers by what is special, as arguments of `answer`. */
const ANSWERS = {
  'is plain': [],
  'has more headers': [{ 'X-A': '1', 'x-a': '2' }],
  'has no Upgrade': [{ Upgrade: undefined }],
  'has another Upgrade': [{ Upgrade: 'h2c' }],
  'has no Connection': [{ Connection: undefined }],
  'has another Connection': [{ Connection: 'close' }],
  'has no Accept': [{ 'Sec-WebSocket-Accept': undefined }],
  'has another Accept': [{ 'Sec-WebSocket-Accept': 'x' }],
  'picks a subprotocol': [{ 'Sec-WebSocket-Protocol': 'b' }],
  'picks a subprotocol that was not offered': [{ 'Sec-WebSocket-Protocol': 'c' }],
  'picks an extension': [{ 'Sec-WebSocket-Extensions': 'permessage-deflate' }],
  'is 200': [{}, '200 OK'],
  'is 404': [{}, '404 Not Found'],
  'is 500': [{}, '500 No']
};

const scripts = {};
for (const [title, [headers, options, rest]] of Object.entries(REQUESTS)) {
  scripts[`a request ${title}`] = (t) => {
    const driver = t.http(headers, options, rest);
    t.note('isWebSocket', t.websocket.isWebSocket(request(headers, rest)));
    t.state(driver);
    t.call(driver, 'start');
    t.state(driver);
    t.call(driver, 'text', 'x');
  };
}
for (const [title, [headers, status]] of Object.entries(ANSWERS)) {
  for (const way of ['whole', 'bytewise']) {
    scripts[`an answer ${title}, ${way}`] = (t) => {
      const driver = t.client('ws://h.example:8080/path?q', { protocols: ['a', 'b'] });
      driver.text('early');
      t.call(driver, 'start');
      const bytes = Buffer.concat([t.answer(driver, headers, status), frame(1, 'hi', { mask: false })]);
      if (way === 'whole') driver.parse(bytes);
      else for (const byte of bytes) driver.parse(Buffer.from([byte]));
      t.state(driver);
      t.call(driver, 'text', 'x');
    };
  }
}

for (const url of [
  'ws://h.example',
  'wss://h.example:443/',
  'ws://h.example:80/a%20b?c=d',
  'ws://user:pass@h.example/',
  'wss://h.example:8443/x',
  'ws://[::1]:9000/'
]) {
  scripts[`a client asks ${url}`] = (t) => {
    const driver = t.client(url);
    t.call(driver, 'setHeader', 'User-Agent', 'us');
    t.call(driver, 'start');
    t.state(driver);
  };
}

for (const header of [
  ['X-A', 'b'],
  ['x-a', 12],
  ['Sec-WebSocket-Protocol', 'mine'],
  ['Upgrade', 'mine'],
  ['X-A', undefined]
]) {
  scripts[`a server has the header ${header.join(' = ')}`] = (t) => {
    const driver = t.http();
    t.call(driver, 'setHeader', ...header);
    t.call(driver, 'start');
  };
}
scripts['a header is set twice'] = (t) => {
  const driver = t.http();
  t.call(driver, 'setHeader', 'X-A', '1');
  t.call(driver, 'setHeader', 'x-a', '2');
  t.call(driver, 'setHeader', 'Set-Cookie', 'a=1');
  t.call(driver, 'setHeader', 'Set-Cookie', 'b=2');
  t.call(driver, 'start');
};

for (const [title, answer] of Object.entries({
  'opens the tunnel': 'HTTP/1.1 200 OK\r\nVia: p\r\n\r\n',
  'asks for a password': 'HTTP/1.1 407 Proxy Authentication Required\r\nA: b\r\n\r\n',
  'has nothing': 'HTTP/1.1 404 Not Found\r\n\r\n'
})) {
  scripts[`a proxy ${title}`] = (t) => {
    const driver = t.client('wss://h.example/');
    const proxy = t.watch(driver.proxy('http://user:pass@proxy.example:3128'), 'proxy.');
    t.call(proxy, 'setHeader', 'User-Agent', 'us');
    t.call(proxy, 'start');
    t.call(proxy, 'start');
    t.call(proxy, 'setHeader', 'X', 'y');
    for (const byte of Buffer.from(answer)) proxy.write(Buffer.from([byte]));
    t.state(proxy);
    t.call(proxy, 'write', Buffer.from('x'));
    t.call(proxy, 'end');
  };
}

/** A request as bytes. */
const bytesOf = (line = 'GET /chat HTTP/1.1', extra = '') =>
  Buffer.from(
    `${line}\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`
  );
for (const [title, bytes] of Object.entries({
  'a request': bytesOf(),
  'a request with a subprotocol': bytesOf(undefined, 'Sec-WebSocket-Protocol: b, a\r\n'),
  'a request with repeated headers': bytesOf(undefined, 'A: 1\r\nA: 2\r\n')
})) {
  for (const way of ['whole', 'bytewise']) {
    scripts[`a server that reads gets ${title}, ${way}`] = (t) => {
      const driver = t.watch(t.websocket.server({ protocols: ['a'] }));
      t.call(driver, 'setHeader', 'X', 'y');
      t.state(driver);
      if (way === 'whole') driver.parse(bytes);
      else for (const byte of bytes) driver.parse(Buffer.from([byte]));
      const { method, url, headers, body } = driver;
      t.note('request', { method, url, headers, body });
      t.note('isWebSocket', t.websocket.isWebSocket(driver));
      t.call(driver, 'start');
      driver.parse(frame(1, 'hi'));
      t.call(driver, 'text', 'x');
      t.call(driver, 'close');
    };
  }
}

scripts['a server that reads is started early'] = (t) => {
  const driver = t.watch(t.websocket.server());
  t.call(driver, 'start');
  t.call(driver, 'text', 'early');
  driver.parse(bytesOf());
  driver.parse(frame(1, 'hi'));
  t.state(driver);
};
scripts['a server that reads is started when it connects'] = (t) => {
  const driver = t.watch(t.websocket.server());
  driver.on('connect', () => t.call(driver, 'start'));
  driver.parse(Buffer.concat([bytesOf(), frame(1, 'hi')]));
  t.state(driver);
};
scripts['a server that reads gets the body of a request'] = (t) => {
  const driver = t.watch(t.websocket.server());
  driver.parse(Buffer.from('POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc'));
  t.note('body', driver.body);
  t.call(driver, 'start');
};
scripts['a server that reads gets no request'] = (t) => {
  const driver = t.watch(t.websocket.server());
  driver.parse(Buffer.from('junk\r\n\r\n'));
  t.note('method', driver.method);
};

for (const [title, make] of Object.entries({
  'an http: URL': (t) => t.websocket.client('http://h/'),
  'no URL': (t) => t.websocket.client('nonsense'),
  'an unknown option of a client': (t) => t.websocket.client('ws://h/', { foo: 1 }),
  'an unknown option of a server': (t) => t.websocket.server({ foo: 1 }),
  'an unknown option of a request': (t) => t.websocket.http(request(), { foo: 1 })
})) {
  scripts[`is refused: ${title}`] = (t) => t.call({ make }, 'make', t);
}

module.exports = scripts;
