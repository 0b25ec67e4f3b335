'use strict';

/** Arguments of a server in the wrong place, and one socket for two. */

const http = require('http');

module.exports = {
  async 'speaks no protocol for an empty object'(t) {
    await t.open({ protocols: {}, headers: { 'Sec-WebSocket-Protocol': 'chat' } });
  },

  async 'takes protocols of a string in an object'(t) {
    await t.open({ protocols: new String('b, chat'), headers: { 'Sec-WebSocket-Protocol': 'chat' } });
  },

  async 'pings with what is neither text nor bytes'(t) {
    const c = await t.open();
    for (const message of [true, [1, 2], {}, new String('text')]) await c.calls('ping', message);
  },

  async 'meets options where the protocols belong'(t) {
    await t.open({ protocols: { ping: 1 } });
  },

  async 'meets pings that are no numbers'(t) {
    for (const ping of ['30s', -1]) {
      const c = await t.open({ options: { ping } });
      if (c.ws) await c.calls('terminate' in c.ws ? 'terminate' : 'close');
    }
  },

  async 'takes a ping in a string'(t) {
    await t.open({ options: { ping: '2' } });
    await t.tick(1999);
    await t.tick(1);
  },

  async 'meets headers in a Map'(t) {
    await t.open({ options: { headers: new Map([['X-A', 'b']]) } });
  },

  async 'meets headers in pairs'(t) {
    await t.open({ options: { headers: [['X-A', 'b']] } });
  },

  async 'meets a URL in the place of a request'(t) {
    t.attempt('new WebSocket', () => new t.WebSocket('ws://127.0.0.1/'));
  },

  async 'meets a response in the place of a socket'(t) {
    const request = { method: 'GET', url: '/', headers: {} };
    t.attempt('new WebSocket', () => new t.WebSocket(request, new http.ServerResponse(request)));
  },

  async 'meets a second WebSocket on one socket'(t) {
    await t.open({
      accept(_, request, socket, head) {
        const first = new t.WebSocket(request, socket, head);
        t.attempt('the second', () => new t.WebSocket(request, socket, head));
        return first;
      }
    });
  }
};
