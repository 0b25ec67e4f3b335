'use strict';

/** An open client: its frames are masked, the server's are not, the rest is as on a server. */

const wire = require('../../testing/wire');

const { frame, text, binary, ping, pong, continuation, close } = wire.fromServer;

/** A script in which the origin sends `packets`, a step each, to an open client. */
const receives =
  (...packets) =>
  async (t) => {
    const c = await t.connected();
    for (const packet of packets) await c.peerSends(packet);
    c.state();
  };

/** The same for an offence, with options. */
const refuses = (offence, options) => async (t) => {
  const c = await t.connected({ options });
  await c.peerSends(text('good'), offence);
  c.state();
};

const scripts = {
  'receives text and binary': receives(text('hello'), text('水'), binary([0, 255]), text(''), binary('')),
  'receives lengths of every form': receives(
    text('x'.repeat(126)),
    binary(Buffer.alloc(65535, 1)),
    binary(Buffer.alloc(65536, 2)),
    text('short', { form: 64 })
  ),
  'meets masked frames': receives(wire.text('masked'), wire.close(1000, 'masked')),
  'joins fragments around a ping': receives(
    [text('one ', { fin: false }), ping('p'), continuation('two ', { fin: false })],
    continuation('three')
  ),
  'answers a ping with a masked pong': receives(ping('hello'), ping('')),
  'ignores pongs that nobody asked for': receives(pong('x'), pong('__proto__'), text('still here')),
  'answers a close frame with a masked one': receives(close(3000, 'bye')),
  'answers a close frame without a code': receives(close()),
  'ignores what is behind a close frame': receives([close(1000), text('never'), ping('never')]),

  'refuses reserved bits': refuses(text('x', { rsv: 2 })),
  'refuses unknown opcodes': refuses(frame({ opcode: 5, payload: 'x' })),
  'refuses fragmented control frames': refuses(ping('x', { fin: false })),
  'refuses long control frames': refuses(ping(Buffer.alloc(126))),
  'refuses a continuation of nothing': refuses(continuation('x')),
  'refuses a message inside a message': refuses([text('a', { fin: false }), text('b')]),
  'refuses bad text': refuses(text([0xc0, 0x80])),
  'refuses a message over maxLength': refuses(text('12345678901'), { maxLength: 10 }),
  'refuses a frame of 2^63 bytes': refuses(frame({ opcode: 2, length: 1n << 63n, form: 64 })),

  async 'sends values of every kind'(t) {
    const c = await t.connected();
    const values = ['text', '', 'h\u00e9', 13, false, null, [13, 14], Buffer.from('bytes'), Buffer.alloc(0)];
    for (const value of values) await c.calls('send', value);
    await c.calls('send', 'x'.repeat(126));
    await c.calls('send', 'x'.repeat(65536));
  },

  async 'leaves the Buffer of the caller as it was'(t) {
    const c = await t.connected();
    const small = Buffer.from('small');
    const large = Buffer.alloc(100000, 'large');
    await c.calls('send', small);
    await c.calls('send', large);
    t.value('small', small);
    t.value('large', large);
  },

  async 'masks each frame with a key of its own'(t) {
    const c = await t.connected();
    c.peer.flush = () => {};
    for (let i = 0; i < 50; i++) c.ws.send('same');
    await t.settle();
    const bytes = Buffer.concat(c.peer.unprinted);
    const keys = new Set();
    for (let i = 0; i < 50; i++) keys.add(bytes.subarray(i * 10 + 2, i * 10 + 6).toString('hex'));
    t.value('bytes', bytes.length);
    t.value('different keys', keys.size > 45);
    c.peer.unprinted = [];
  },

  async 'asks with a new key each time'(t) {
    const keys = new Set();
    for (let i = 0; i < 10; i++) {
      const c = await t.connect();
      keys.add(/sec-websocket-key: (.*)\r/i.exec(c.peer.head)[1]);
    }
    t.value('different keys', keys.size);
  },

  async 'sends a close frame and waits for the answer'(t) {
    const c = await t.connected();
    await c.calls('close', 4000, 'bye');
    await c.peerSends(text('too late'), ping('too late'));
    await c.peerSends(close(4000, 'bye'));
    c.state();
  },

  async 'gives up on a silent server after 30 seconds'(t) {
    const c = await t.connected();
    await c.calls('close');
    await t.tick(29999);
    await t.tick(1);
    c.state();
  },

  async 'reports a reset as a network error'(t) {
    const c = await t.connected();
    await c.peerResets();
  },

  async 'closes with 1006 when the owner destroys the stream'(t) {
    const c = await t.connected();
    await t.step('a destroy', () => c.ws._stream.destroy());
  },

  async 'calls the callback of a ping'(t) {
    const c = await t.connected();
    await c.calls('ping', 'mine', () => t.say('pong for mine'));
    await c.peerSends(pong('other'), pong('mine'), pong('mine'));
  },

  async 'sends numbered pings'(t) {
    const c = await t.connected({ options: { ping: 10 } });
    await t.tick(25000);
    await c.calls('close');
    await t.tick(25000);
  },

  async 'echoes when piped into itself'(t) {
    const c = await t.connected({ setup: (ws) => ws.pipe(ws) });
    await c.peerSends(text('one'), binary('two'));
    await c.peerSends(close(1000));
  },

  async 'holds the server up while it is paused'(t) {
    const c = await t.connected();
    c.call('pause');
    const message = binary(Buffer.alloc(1048576));
    for (let i = 0; i < 16; i++) c.peer.write(message);
    for (let i = 0; i < 50; i++) await t.world.quiet.turn();
    t.value('the origin is held up', c.peer.socket.writableLength > 0);
  },

  async 'returns false from send when the stream is backed up, and drains'(t) {
    const c = await t.connected();
    const size = 16 * 1048576;
    c.peer.socket.pause();
    t.value('a small send', c.ws.send('x'));
    t.value('a large send', c.ws.send(Buffer.alloc(size)));
    const before = c.peer.received;
    c.peer.socket.resume();
    await t.until(() => c.peer.received >= before + size + 14 + 7);
  },

  async 'hears a peer that does not read what is sent to it'(t) {
    const c = await t.connected();
    c.peer.socket.pause();
    t.value('send', c.ws.send(Buffer.alloc(16 * 1048576)));
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await t.step('the owner destroys the stream', () => c.ws._stream.destroy());
  },

  async 'emits, in order, all names of its life'(t) {
    const c = await t.connected({ watch: 'emit' });
    await c.peerSends(text('one'));
    await c.peerSends(close(1000));
  },

  async 'emits, in order, all names of a refused handshake'(t) {
    await t.connected({ watch: 'emit', answer: { status: '500 Oh' } });
  },

  async 'calls handlers'(t) {
    const c = await t.connected({ watch: 'handlers' });
    await c.peerSends(text('one'));
    await c.peerSends(text('x', { rsv: 1 }));
  },

  async 'talks to a server that answers each message with a message and a ping'(t) {
    const c = await t.connected({ setup: (ws) => (ws.onmessage = (event) => ws.send(`re: ${event.data}`)) });
    await c.peerSends([text('a'), ping('1'), text('b'), ping('2')]);
  }
};

for (const code of [999, 1000, 1001, 1004, 1005, 1006, 1011, 1015, 2999, 3000, 4999, 5000]) {
  scripts[`receives close code ${code}`] = receives(close(code, 'reason'));
}

module.exports = scripts;
