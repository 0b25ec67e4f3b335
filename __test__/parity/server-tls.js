'use strict';

/** The server role over TLS: the same on a `tls.TLSSocket` as on a plain one. */

const { text, binary, ping, close } = require('../../testing/wire');

const secure = true;
const echo = (ws) => ws.on('message', (event) => ws.send(event.data));

module.exports = {
  async 'opens and has a wss url'(t) {
    const c = await t.open({ secure });
    t.value('url', c.ws.url);
    c.state();
  },

  async echoes(t) {
    const c = await t.open({ secure, setup: echo });
    await c.peerSends(text('one'), binary([1, 2]), ping('p'), text(''));
    await c.peerSends(text('x'.repeat(70000)));
  },

  async 'reads a message that came in the record of the request'(t) {
    const c = await t.open({ secure, early: Buffer.concat([text('early'), text('birds')]) });
    await c.peerSends(text('late'));
  },

  async 'reads a transcript that comes byte by byte'(t) {
    const c = await t.open({ secure, setup: echo });
    await t.step('the peer sends bytes one by one', async () => {
      for (const byte of Buffer.concat([text('one'), ping('p'), close(1000)])) {
        c.peer.write(Buffer.from([byte]));
        await t.world.quiet.turn();
      }
    });
  },

  async 'closes first'(t) {
    const c = await t.open({ secure });
    await c.calls('close', 3000, 'bye');
    await c.peerSends(close(3000, 'bye'));
  },

  async 'is closed'(t) {
    const c = await t.open({ secure });
    await c.peerSends(text('last words'), close(3001, 'bye'));
    c.state();
  },

  async 'closes with 1006 when the peer ends'(t) {
    const c = await t.open({ secure });
    await c.peerEnds();
  },

  async 'closes when the owner destroys the stream'(t) {
    const c = await t.open({ secure });
    await t.step('a destroy', () => c.socket.destroy());
  },

  async 'refuses a violation'(t) {
    const c = await t.open({ secure });
    await c.peerSends(text('x', { rsv: 1 }));
  },

  async 'refuses a bad handshake'(t) {
    await t.open({ secure, headers: { 'Sec-WebSocket-Version': '8' } });
  },

  async 'is held up while it is paused'(t) {
    const c = await t.open({ secure });
    c.call('pause');
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await c.calls('resume');
  },

  async 'sends megabytes'(t) {
    const c = await t.open({ secure });
    const size = 4 * 1048576;
    const before = c.peer.received;
    c.ws.send(Buffer.alloc(size, 'tls'));
    await t.until(() => c.peer.received >= before + size + 10);
  },

  async 'serves an EventSource'(t) {
    const c = await t.openEvents({ secure });
    t.value('url', c.ws.url);
    await c.calls('send', 'hello');
    await c.calls('close');
  }
};
