'use strict';

/** Answers that mean harm, and what a caller must not pass on. */

const { fromServer } = require('../../testing/wire');

/** A script with an answer that carries one more header of so many bytes. */
const headOf = (size) => async (t) => {
  const c = await t.connect();
  c.peer.ignoreEnd();
  await c.answers({ headers: { 'X-Long': 'x'.repeat(size) } });
  c.state();
};

/** A script that makes a client with these arguments and looks at its request. */
const asks = (how) => async (t) => {
  await t.connect(how);
};

module.exports = {
  'accepts a head of 15000 bytes': headOf(15000),
  'meets a head of 17000 bytes': headOf(17000),
  'meets a head of 70000 bytes': headOf(70000),

  async 'meets a head that never ends'(t) {
    const c = await t.connect();
    c.peer.ignoreEnd();
    await t.step('the origin sends 64 KiB of a head', () => {
      c.peer.write('HTTP/1.1 101 Switching Protocols\r\nX-Long: ', 'x'.repeat(65536));
    });
    c.state();
  },

  async 'meets a status line of 100000 bytes'(t) {
    const c = await t.connect();
    c.peer.ignoreEnd();
    await c.answers({ raw: `HTTP/1.1 101 ${'x'.repeat(100000)}\r\n\r\n` });
    c.state();
  },

  async 'meets a thousand headers'(t) {
    const headers = {};
    for (let i = 0; i < 1000; i++) headers[`X-${i}`] = '1';
    const c = await t.connect();
    await c.answers({ headers });
    c.state();
  },

  async 'meets a folded header'(t) {
    const c = await t.connect();
    const head = c
      .goodAnswer()
      .toString()
      .replace('\r\n\r\n', '\r\nX-Folded: one\r\n two\r\n\tthree\r\n\r\n');
    await c.answers({ raw: head });
    t.value('x-folded', c.ws.headers && c.ws.headers['x-folded']);
  },

  async 'keeps headers named like properties of objects'(t) {
    const c = await t.connect();
    await c.answers({ headers: { constructor: 'x', toString: 'y', hasOwnProperty: 'z' } });
    c.state();
    t.value('own', Object.keys(c.ws.headers).includes('constructor'));
  },

  async 'keeps a header named __proto__ from being one'(t) {
    const c = await t.connect();
    await c.answers({ raw: c.goodAnswer().toString().replace('\r\n\r\n', '\r\n__proto__: x\r\n\r\n') });
    c.state();
  },

  async 'meets NUL in a header'(t) {
    const c = await t.connect();
    await c.answers({ headers: { 'X-Nul': 'a\u0000b' } });
    c.state();
  },

  async 'meets bytes outside ASCII in a header'(t) {
    const c = await t.connect();
    await c.answers({ headers: { 'X-Utf8': 'caf\u00e9' } });
    c.state();
    t.value('x-utf8', c.ws.headers['x-utf8']);
  },

  async 'meets a space before a colon'(t) {
    const c = await t.connect();
    await c.answers({ raw: c.goodAnswer().toString().replace('Upgrade: websocket', 'Upgrade : websocket') });
    c.state();
  },

  async 'meets a body of an answer that opens'(t) {
    const c = await t.connect();
    await c.answers({ headers: { 'Content-Length': '5' }, early: fromServer.text('abc') });
    c.state();
  },

  async 'meets chunked coding in an answer that opens'(t) {
    const c = await t.connect();
    await c.answers({ headers: { 'Transfer-Encoding': 'chunked' }, early: fromServer.text('abc') });
    c.state();
  },

  'meets an own header value with CR LF': asks({ options: { headers: { 'X-A': 'b\r\nX-Forged: yes' } } }),
  'meets an own header name with CR LF': asks({ options: { headers: { 'X-A: b\r\nX-Forged': 'yes' } } }),
  'meets an own header value with NUL': asks({ options: { headers: { 'X-A': 'b\u0000' } } }),
  'meets a protocol with CR LF': asks({ protocols: ['chat\r\nX-Forged: yes'] }),
  'meets a protocol with a blank inside': asks({ protocols: ['chat room'] }),
  'meets a protocol twice': asks({ protocols: ['chat', 'chat'] }),
  'meets an empty protocol': asks({ protocols: [''] }),
  'meets a header for the proxy with CR LF': asks({
    proxy: 'http',
    proxyOptions: { headers: { 'X-A': 'b\r\nX-Forged: yes' } }
  }),
  'meets line breaks in the path': asks({ path: '/a\r\nX-Forged: yes' }),
  'meets line breaks in the credentials': asks({ credentials: 'us%0D%0Aer:secret@' })
};
