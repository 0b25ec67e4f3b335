'use strict';

/** Calls before a server is open, and arguments whose conversion does something. */

const { pong } = require('../../testing/wire');

/** A value whose `toString` calls a method. */
const calling = (ws, method) => ({
  toString() {
    ws[method]();
    return 'converted';
  }
});

module.exports = {
  async 'meets end behind what was sent'(t) {
    await t.open({
      setup(ws, connection) {
        connection.call('send', 'first');
        connection.call('end', 'last');
        connection.call('send', 'too late');
      }
    });
  },

  async 'meets end with nothing sent'(t) {
    await t.open({ setup: (ws, connection) => connection.call('end') });
  },

  async 'meets bytes that change after they were sent'(t) {
    await t.open({
      setup(ws, connection) {
        const bytes = Buffer.from('before');
        connection.call('send', bytes);
        bytes.fill('x');
      }
    });
  },

  async 'meets a message that closes as it is converted'(t) {
    const c = await t.open();
    t.value('send', c.ws.send(calling(c.ws, 'close')));
    await t.settle();
  },

  async 'meets pings whose payloads are no text'(t) {
    const c = await t.open();
    for (const byte of [0xff, 0xfe])
      c.ws.ping(Buffer.from([byte]), () => t.say(`the pong of ${byte.toString(16)}`));
    await t.settle();
    await c.peerSends(pong(Buffer.from([0xff])), pong(Buffer.from([0xfe])));
  },

  async 'meets a ping of a typed array'(t) {
    const c = await t.open();
    t.attempt('ping', () => c.ws.ping(new Uint8Array([1, 2, 3])));
    await t.settle();
  }
};
