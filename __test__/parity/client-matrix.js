'use strict';

/** Every way to an origin, plain and TLS, direct and through both kinds of proxies, with the main courses of a life. */

const { fromServer } = require('../../testing/wire');

const { text, binary, ping, close } = fromServer;

const courses = {
  async echoes(t, how) {
    const c = await t.connected(how);
    c.ws.on('message', (event) => c.ws.send(event.data));
    await c.peerSends(text('hello'), binary([1, 2, 3]), ping('p'));
    await c.peerSends(text('x'.repeat(70000)));
    c.state();
  },

  async 'closes first'(t, how) {
    const c = await t.connected(how);
    await c.calls('send', 'last words');
    await c.calls('close', 3001, 'ours');
    await c.peerSends(close(3001, 'ours'));
    c.state();
  },

  async 'is closed'(t, how) {
    const c = await t.connected(how);
    await c.peerSends(text('last words'), close(3002, 'theirs'));
    c.state();
    c.call('send', 'too late');
  },

  async 'closes before it opens'(t, how) {
    const c = await t.connect({ ...how, wait: false, setup: (ws, connection) => connection.call('close') });
    c.state();
    const d = await t.connect(how);
    await d.calls('close', 3003, 'too slow');
    d.state();
  },

  async 'loses the stream'(t, how) {
    const c = await t.connected(how);
    await c.peerEnds();
    c.state();
  }
};

const scripts = {};
for (const secure of [false, true]) {
  for (const proxy of [undefined, 'http', 'https']) {
    for (const [course, run] of Object.entries(courses)) {
      const way = `${secure ? 'wss' : 'ws'} ${proxy ? `through an ${proxy} proxy` : 'directly'}`;
      scripts[`${way}: ${course}`] = (t) => run(t, { secure, proxy });
    }
  }
}

module.exports = scripts;
