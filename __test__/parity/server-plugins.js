'use strict';

/** Extensions that answer late, in reverse, twice or not at all, that throw, and several at once. */

const permessageDeflate = require('permessage-deflate');
const { patient, plugin } = require('../../testing/parity/plugin');
const { text, binary, ping, close } = require('../../testing/wire');

const NAMES = { 'Sec-WebSocket-Extensions': 'turn, other, third' };

/** Opens with extensions and offers of them. */
const opens = (t, extensions, how) =>
  t.open({ headers: NAMES, options: { extensions: [].concat(extensions) }, ...how });

/** An extension with other functions in its session. */
const withSession = (t, session, parts) => plugin(t, { session, ...parts });

const answer = (t, held, ...order) =>
  t.step(`answers ${order.join(', ')}`, () => order.forEach((i) => held[i]()));

const thrower = (words) => () => {
  throw new Error(words);
};

module.exports = {
  async 'keeps the order of messages in that are answered in reverse'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), binary('b', { rsv: 4 }), ping('p'), text('c', { rsv: 4 }));
    await answer(t, held, 2);
    await answer(t, held, 1);
    await answer(t, held, 0);
  },

  async 'keeps the order of messages out that are answered in reverse'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    for (const word of ['a', 'b', 'c']) await c.calls('send', word);
    await c.calls('ping', 'p');
    await answer(t, held, 2, 1);
    await answer(t, held, 0);
  },

  async 'takes the first of two answers on the way in'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 4 }));
    await answer(t, held, 0, 0);
    await answer(t, held, 1, 0, 1);
    await c.peerSends(close(1000));
  },

  async 'takes the first of two answers on the way out'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    for (const word of ['a', 'b']) await c.calls('send', word);
    await answer(t, held, 0, 0);
    await answer(t, held, 1, 1);
    await c.calls('close');
  },

  async 'sends the close frame behind messages that are under way'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    for (const word of ['a', 'b']) await c.calls('send', word);
    await c.calls('close', 3001, 'done');
    await c.calls('send', 'too late');
    await answer(t, held, 1);
    await answer(t, held, 0);
    await c.peerSends(close(3001));
    c.state();
  },

  async 'delivers messages that are under way before the close of the peer'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 4 }), close(3000, 'bye'));
    await answer(t, held, 1, 0);
    c.state();
  },

  async 'delivers messages that are under way before a violation'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 1 }));
    await answer(t, held, 0);
    c.state();
  },

  async 'ignores answers after the connection has gone'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }));
    await c.calls('send', 'b');
    await c.peerResets();
    await answer(t, held, 0, 1);
    c.state();
  },

  async 'hears of messages that are under way when the peer ends its half'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }));
    await c.peerEnds();
    await answer(t, held, 0);
    c.state();
  },

  async 'hears of messages that are under way when the peer closes and ends its half'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session), { allowHalfOpen: true });
    await c.calls('send', 'b');
    await c.peerSends(text('a', { rsv: 4 }), close(3000));
    await c.peerEnds();
    await answer(t, held, 0, 1);
    c.state();
  },

  async 'fails for the message that fails, behind those before it'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 4 }), text('c', { rsv: 4 }));
    await t.step('the second fails', () => held[1](new Error('cannot read b')));
    await answer(t, held, 2);
    await answer(t, held, 0);
    c.state();
  },

  async 'fails for the message out that fails, behind those before it'(t) {
    const { held, session } = patient();
    const c = await opens(t, withSession(t, session));
    for (const word of ['a', 'b', 'c']) await c.calls('send', word);
    await t.step('the second fails', () => held[1](new Error('cannot write b')));
    await answer(t, held, 0);
    c.state();
  },

  async 'fails for an extension that throws on the way in'(t) {
    const c = await opens(t, withSession(t, { processIncomingMessage: thrower('thrown in') }));
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 4 }));
    c.state();
  },

  async 'fails for an extension that throws on the way out'(t) {
    const c = await opens(t, withSession(t, { processOutgoingMessage: thrower('thrown out') }));
    await c.calls('send', 'a');
    c.state();
  },

  async 'refuses the handshake when the extension throws in it'(t) {
    await opens(t, withSession(t, {}, { createServerSession: thrower('no session') }));
    await opens(t, withSession(t, { generateResponse: thrower('no response') }));
  },

  async 'throws what an extension throws when it is closed'(t) {
    const c = await opens(t, withSession(t, { close: thrower('thrown at the end') }));
    await c.peerSends(text('A', { rsv: 4 }), close(1000));
    c.state();
  },

  async 'passes an exception of a handler on, and the messages behind it'(t) {
    const setup = (ws) => {
      ws.on('message', ({ data }) => {
        if (data === 'A') throw new Error(`for ${data}`);
      });
    };
    const c = await opens(t, plugin(t), { setup });
    await c.peerSends(text('a', { rsv: 4 }), text('b', { rsv: 4 }));
    await c.peerSends(text('c', { rsv: 4 }));
    c.state();
  },

  async 'runs three extensions in order, and back in reverse'(t) {
    const append = (name, parts) => {
      const mark = (message, callback) => {
        message.data = Buffer.concat([message.data, Buffer.from(name)]);
        callback(null, message);
      };
      const session = { processIncomingMessage: mark, processOutgoingMessage: mark };
      return plugin(t, { name, session, rsv1: false, ...parts });
    };
    const c = await opens(t, [append('turn'), append('other', { rsv2: true }), append('third')]);
    await c.calls('send', 'out ');
    await c.peerSends(text('in ', { rsv: 0 }), text('in ', { rsv: 2 }));
    await c.calls('close');
    await c.peerSends(close(1000));
  },

  async 'holds fast messages behind slow ones of another extension'(t) {
    const [first, second] = [patient(), patient()];
    const other = { name: 'other', rsv1: false, rsv2: true };
    const c = await opens(t, [withSession(t, first.session), withSession(t, second.session, other)]);
    for (const word of ['a', 'b']) await c.calls('send', word);
    await c.peerSends(text('c', { rsv: 6 }), text('d', { rsv: 6 }));
    t.value('held', [first.held.length, second.held.length]);
    await t.step('the first lets go', () => first.held.forEach((go) => go()));
    t.value('held', [first.held.length, second.held.length]);
    await t.step('the second lets go, in reverse', () => [...second.held].reverse().forEach((go) => go()));
    await t.step('the first lets go of all', () => first.held.slice(2).forEach((go) => go()));
  },

  async 'fails in the middle of three extensions'(t) {
    const bad = { processIncomingMessage: (message, callback) => callback(new Error('in the middle')) };
    const c = await opens(t, [
      plugin(t),
      withSession(t, bad, { name: 'other', rsv1: false }),
      plugin(t, { name: 'third', rsv1: false })
    ]);
    await c.peerSends(text('a', { rsv: 4 }));
    c.state();
  },

  async 'reads text that an extension has spoilt as bad text'(t) {
    const session = {
      processIncomingMessage(message, callback) {
        message.data = Buffer.from([0xc0, 0x80]);
        callback(null, message);
      }
    };
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }));
  },

  async 'delivers an empty message of an extension, and one of another kind'(t) {
    let kind = 2;
    const session = {
      processIncomingMessage(message, callback) {
        message.opcode = kind--;
        message.data = Buffer.alloc(0);
        callback(null, message);
      }
    };
    const c = await opens(t, withSession(t, session));
    await c.peerSends(text('a', { rsv: 4 }), binary('b', { rsv: 4 }));
  },

  async 'keeps permessage-deflate beside an extension of another bit'(t) {
    const deflate = t.WebSocket.deflate || permessageDeflate;
    const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate, turn' };
    const other = {
      rsv1: false,
      rsv2: true,
      session: {
        processIncomingMessage: (message, callback) => callback(null, message),
        processOutgoingMessage: (message, callback) => callback(null, { ...message, rsv2: true })
      }
    };
    const c = await opens(t, [deflate, plugin(t, other)], { headers });
    await c.calls('send', 'abc');
    await c.peerSends(text(Buffer.from('4a4c4a0600', 'hex'), { rsv: 6 }), text('plain'));
    await c.peerSends(text('x', { rsv: 1 }));
    c.state();
  },

  async 'declines what wants the bit of permessage-deflate'(t) {
    const deflate = t.WebSocket.deflate || permessageDeflate;
    for (const offer of ['permessage-deflate, turn', 'turn, permessage-deflate']) {
      const headers = { 'Sec-WebSocket-Extensions': offer };
      const c = await opens(t, [deflate, plugin(t)], { headers });
      await c.peerSends(text(Buffer.from('4a4c4a0600', 'hex'), { rsv: 4 }));
    }
  }
};
