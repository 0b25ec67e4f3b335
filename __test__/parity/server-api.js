'use strict';

/** Calls on an open WebSocket: send, ping, close and what they return. */

const { text, pong, close } = require('../../testing/wire');

/** A script that sends each of `values` on an open connection. */
const sends =
  (...values) =>
  async (t) => {
    const c = await t.open();
    for (const value of values) await c.calls('send', value);
  };

/** An object whose string is of its own choice. */
const talking = {
  toString() {
    return 'I am a string';
  }
};

module.exports = {
  'sends strings as text': sends('hello', '', 'h\u00e9', '水', '\u{1f600}', '\u0000'),
  'sends Buffers as binary': sends(Buffer.from('hello'), Buffer.alloc(0), Buffer.from([0, 255])),
  'sends numbers as text': sends(13, 0, -1.5, NaN, Infinity, 1e21),
  'sends booleans, null and undefined as text': sends(true, false, null, undefined),
  'sends arrays as text with commas': sends([13, 14, 15], [], ['a', ['b', 'c']], [null, undefined]),
  'sends objects as their strings': sends({}, talking, new Date(0).toISOString(), /re/g, Object('boxed')),
  'sends functions and bigints as their strings': sends(Math.max, 10n ** 30n),
  'sends lone surrogates as U+FFFD': sends('a\ud800b', '\udc00', '\ud83d'),
  'sends a text of 125, 126, 65535 and 65536 bytes with the right length': sends(
    'x'.repeat(125),
    'x'.repeat(126),
    'x'.repeat(65535),
    'x'.repeat(65536)
  ),
  'counts bytes, not characters': sends('é'.repeat(62), 'é'.repeat(63), '水'.repeat(21846)),

  async 'throws for values that have no string'(t) {
    const c = await t.open();
    t.attempt('send(Symbol())', () => c.ws.send(Symbol('s')));
    t.attempt('send(Object.create(null))', () => c.ws.send(Object.create(null)));
    t.attempt('send(throwing)', () =>
      c.ws.send({
        toString() {
          throw new RangeError('not today');
        }
      })
    );
    await c.calls('send', 'afterwards');
  },

  async 'sends without an argument'(t) {
    const c = await t.open();
    await t.step('send()', () => c.call('send'));
  },

  async 'sends typed arrays'(t) {
    const c = await t.open();
    await c.calls('send', new Uint8Array([1, 2, 3]));
    await c.calls('send', new Uint16Array([258]));
    await c.calls('send', new DataView(Uint8Array.from([4, 5]).buffer));
    await c.calls('send', Uint8Array.from([6, 7]).buffer);
  },

  async 'sends only the part of a memory that a Buffer shows'(t) {
    const c = await t.open();
    const whole = Buffer.from('abcdefghij');
    await c.calls('send', whole.subarray(3, 6));
  },

  async 'sends a Buffer on shared memory'(t) {
    const c = await t.open();
    await c.calls('send', Buffer.from(new SharedArrayBuffer(3)));
  },

  async 'sends a Buffer whose memory was transferred'(t) {
    const c = await t.open();
    const buffer = Buffer.from(new ArrayBuffer(3));
    structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
    await t.step('send', () => t.attempt('send', () => c.ws.send(buffer)));
  },

  async 'sends a Buffer on memory that can be resized'(t) {
    const c = await t.open();
    await c.calls('send', Buffer.from(new ArrayBuffer(3, { maxByteLength: 8 })));
  },

  async 'sends what a Buffer held at the time of the call'(t) {
    const c = await t.open();
    const buffer = Buffer.from('before');
    await t.step('send and change', () => {
      c.call('send', buffer);
      buffer.fill('x');
    });
    t.value('the buffer', buffer);
  },

  async 'sends a Buffer that is larger than any pool, changed right after'(t) {
    const c = await t.open();
    const buffer = Buffer.alloc(200000, 'a');
    const before = c.peer.received;
    c.call('send', buffer);
    buffer.fill('b');
    await t.until(() => c.peer.received >= before + 200010);
  },

  async 'sends many messages of one tick in order'(t) {
    const c = await t.open();
    await t.step('a hundred messages', () => {
      for (let i = 0; i < 100; i++) {
        if (i % 3 === 0) c.ws.send(Buffer.from([i]));
        else if (i % 10 === 1) c.ws.ping(String(i));
        else c.ws.send(`m${i}`);
      }
    });
  },

  async 'sends a message from a handler of the message that caused it'(t) {
    const c = await t.open({
      setup(ws) {
        ws.on('message', (event) => {
          if (event.data.length < 5) ws.send(`${event.data}!`);
        });
      }
    });
    await c.peerSends(text('a'));
    await c.peerSends(text('abcd'), text('abcde'));
  },

  async 'keeps a queue before opening and loses none of it'(t) {
    await t.open({
      setup(ws, connection) {
        for (let i = 0; i < 30; i++) connection.ws.send(`queued ${i}`);
        connection.call('ping', 'p', () => t.say('pong for p'));
        connection.call('send', Buffer.from('last'));
      }
    });
  },

  async 'meets close behind what was sent before opening'(t) {
    await t.open({
      setup(ws, connection) {
        connection.call('send', 'never');
        connection.call('close');
        connection.call('send', 'never');
      }
    });
  },

  async 'has bufferedAmount of zero when nothing is waiting'(t) {
    const c = await t.open();
    t.value('bufferedAmount', c.ws.bufferedAmount);
  },

  async 'has a bufferedAmount while something is waiting'(t) {
    const c = await t.open();
    c.peer.socket.pause();
    await t.step('sends more than the kernel takes', () => {
      for (let i = 0; i < 12; i++) c.ws.send(Buffer.alloc(1048576));
    });
    t.value('bufferedAmount is positive', c.ws.bufferedAmount > 0);
  },

  async 'sends a ping with its message'(t) {
    const c = await t.open();
    await c.calls('ping', 'hello');
    await c.calls('ping', '');
    await c.calls('ping');
    await c.calls('ping', null);
  },

  async 'meets a readyState that is assigned'(t) {
    const c = await t.open();
    for (const state of [2, 3]) {
      c.ws.readyState = state;
      await c.calls('send', `in ${state}`);
      await c.calls('ping', `in ${state}`);
    }
    c.ws.readyState = 1;
    await c.calls('send', 'last');
    await c.peerSends(close(1000));
  },

  async 'meets a ping that is too long for a frame'(t) {
    const c = await t.open();
    await c.calls('ping', 'x'.repeat(125));
    await c.calls('ping', 'x'.repeat(126));
    await c.calls('ping', 'ü'.repeat(63));
    await c.calls('send', 'behind');
  },

  async 'meets a callback of a ping that is no function'(t) {
    const c = await t.open();
    c.call('ping', 'x', 'callback');
    await t.settle();
  },

  async 'calls the callback of a ping once for the matching pong'(t) {
    const c = await t.open();
    await c.calls('ping', 'mine', (...args) => t.say(`pong, ${args.length} arguments`));
    await c.peerSends(pong('other'));
    await c.peerSends(pong('mine'));
    await c.peerSends(pong('mine'));
  },

  async 'calls the callback of a ping without a message'(t) {
    const c = await t.open();
    await c.calls('ping', null, () => t.say('pong for null'));
    await c.peerSends(pong(''));
    await c.calls('ping', '', () => t.say('pong for empty'));
    await c.peerSends(pong(''));
    await c.calls('ping', undefined, () => t.say('pong for undefined'));
    await c.peerSends(pong(''));
  },

  async 'keeps callbacks of several pings apart'(t) {
    const c = await t.open();
    for (const word of ['a', 'b', 'c']) c.call('ping', word, () => t.say(`pong for ${word}`));
    await c.peerSends(pong('c'), pong('a'));
    await c.peerSends(pong('b'));
  },

  async 'keeps only the last callback for one message'(t) {
    const c = await t.open();
    c.call('ping', 'same', () => t.say('the first'));
    c.call('ping', 'same', () => t.say('the second'));
    await c.peerSends(pong('same'), pong('same'));
  },

  async 'calls no callback for a pong after closing'(t) {
    const c = await t.open();
    c.call('ping', 'late', () => t.say('pong for late'));
    await c.calls('close');
    await c.peerSends(pong('late'));
  },

  async 'calls the callback of a ping outside ASCII'(t) {
    const c = await t.open();
    await c.calls('ping', 'ü水', () => t.say('pong'));
    await c.peerSends(pong('ü水'));
  },

  async 'lets a callback of a ping close, and drops what is behind the pong'(t) {
    const c = await t.open();
    await c.calls('ping', 'p', () => c.call('close'));
    await c.peerSends(pong('p'), text('behind'));
  },

  async 'survives a callback of a ping that throws'(t) {
    const c = await t.open();
    await c.calls('ping', 'p', () => {
      throw new Error('from the callback');
    });
    await c.peerSends(pong('p'));
    await c.peerSends(text('later'));
  },

  async 'sends numbered pings at the interval of the option'(t) {
    const c = await t.open({ options: { ping: 5 } });
    await t.tick(4999);
    await t.tick(1);
    await t.tick(10000);
    await c.peerSends(pong('1'), pong('2'));
    await t.tick(5000);
  },

  async 'stops the numbered pings when closing'(t) {
    const c = await t.open({ options: { ping: 2 } });
    await t.tick(2000);
    await c.calls('close');
    await t.tick(6000);
    await c.peerSends(close(1000));
    t.value('timers', t.world.clock.pending());
    await t.tick(10000);
  },

  async 'stops the numbered pings when the stream is gone'(t) {
    const c = await t.open({ options: { ping: 2 } });
    await c.peerEnds();
    t.value('timers', t.world.clock.pending());
  },

  async 'takes fractions of a second for the interval of pings'(t) {
    await t.open({ options: { ping: 0.25 } });
    await t.tick(1000);
  },

  async 'counts its own numbered pings apart from those of the caller'(t) {
    const c = await t.open({ options: { ping: 1 } });
    await c.calls('ping', '1', () => t.say('pong for 1'));
    await t.tick(1000);
    await c.peerSends(pong('1'));
  },

  async 'has the constants of its readyState'(t) {
    for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) t.value(name, t.WebSocket[name]);
  }
};
