'use strict';

/** Extensions that a user brings as JavaScript objects (RFC 6455 section 9), and their faults. */

const permessageDeflate = require('permessage-deflate');
const { plugin } = require('../../testing/parity/plugin');
const { text, binary, ping, close, continuation } = require('../../testing/wire');

/** Opens with an extension and an offer of it. */
const opens = (t, extension, how) =>
  t.open({
    headers: { 'Sec-WebSocket-Extensions': 'turn' },
    options: { extensions: [].concat(extension) },
    ...how
  });

const offer = (header) => async (t) => {
  await opens(t, plugin(t), { headers: { 'Sec-WebSocket-Extensions': header } });
};

const compressed = (parts) => ({
  headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
  options: { extensions: [permessageDeflate] },
  ...parts
});

module.exports = {
  'answers an offer': offer('turn'),
  'answers an offer with parameters': offer('turn; x; y=1; z="quoted \\" text"; y=2'),
  'answers the offers that it knows among others': offer('other; a=b, turn; first, turn; second, last'),
  'answers offers of repeated headers': offer(['other', 'turn']),
  'answers nothing without an offer': offer(null),
  'answers nothing for other offers': offer('other'),
  'refuses a malformed offer': offer('turn; ='),
  'refuses an offer of commas': offer(',,,'),
  'refuses an unfinished quote': offer('turn; x="y'),

  async 'answers nothing when the extension declines'(t) {
    const createServerSession = (offers) => {
      t.value('turn is offered', offers);
      return null;
    };
    await opens(t, plugin(t, { createServerSession }));
  },

  async 'turns messages both ways'(t) {
    const c = await opens(t, plugin(t), { setup: (ws) => ws.on('message', (event) => ws.send(event.data)) });
    await c.peerSends(text('HELLO', { rsv: 4 }), binary('world', { rsv: 4 }), ping('plain'));
    await c.peerSends(text('FIRST ', { rsv: 4, fin: false }), continuation('SECOND'));
    await c.calls('close');
    await c.peerSends(close(1000));
  },

  async 'tells the extension the reserved bits of each message'(t) {
    const session = {
      processIncomingMessage(message, callback) {
        const { opcode, rsv1, rsv2, rsv3, data } = message;
        t.value('message', { opcode, rsv1, rsv2, rsv3, data });
        callback(null, message);
      }
    };
    const c = await opens(t, plugin(t, { session, rsv1: true, rsv2: true, rsv3: true }));
    for (let rsv = 0; rsv < 8; rsv++) await c.peerSends(text('a', { rsv }), binary('b', { rsv }));
    await c.peerSends(text('c', { rsv: 5, fin: false }), continuation('d'));
  },

  async 'closes the extension when the peer closes'(t) {
    const c = await opens(t, plugin(t));
    await c.peerSends(close(1000));
  },

  async 'closes the extension for a violation'(t) {
    const c = await opens(t, plugin(t));
    await c.peerSends(text('x', { rsv: 2 }));
  },

  async 'accepts its reserved bit only on messages'(t) {
    const c = await opens(t, plugin(t));
    await c.peerSends(ping('x', { rsv: 4 }));
  },

  async 'accepts its reserved bit only on first frames'(t) {
    const c = await opens(t, plugin(t));
    await c.peerSends(text('a', { rsv: 4, fin: false }), continuation('b', { rsv: 4 }));
  },

  async 'fails with 1010 for an error on the way in'(t) {
    const session = { processIncomingMessage: (message, callback) => callback(new Error('cannot read')) };
    const c = await opens(t, plugin(t, { session }));
    await c.peerSends(text('x', { rsv: 4 }));
  },

  async 'fails with the code of the type of an error'(t) {
    const error = Object.assign(new Error('much too large'), { type: 'too_large' });
    const session = { processIncomingMessage: (message, callback) => callback(error) };
    const c = await opens(t, plugin(t, { session }));
    await c.peerSends(text('x', { rsv: 4 }));
  },

  async 'fails with 1010 for an error on the way out'(t) {
    const session = { processOutgoingMessage: (message, callback) => callback(new Error('cannot write')) };
    const c = await opens(t, plugin(t, { session }));
    await c.calls('send', 'x');
  },

  async 'keeps the order of messages that take turns to process'(t) {
    let pending = 0;
    const session = {
      processIncomingMessage(message, callback) {
        pending += 1;
        const turns = message.data.length === 1 ? 3 : 1;
        let left = turns;
        const next = () => (left-- > 0 ? setImmediate(next) : callback(null, message));
        next();
      }
    };
    const c = await opens(t, plugin(t, { session }));
    await c.peerSends(text('a', { rsv: 4 }), text('bb', { rsv: 4 }), ping('p'), text('c', { rsv: 4 }));
    t.value('processed', pending);
  },

  async 'reads messages over maxLength after processing as too large'(t) {
    const session = {
      processIncomingMessage(message, callback) {
        message.data = Buffer.alloc(100, 97);
        callback(null, message);
      }
    };
    const c = await opens(t, plugin(t, { session }), {
      options: { extensions: plugin(t, { session }), maxLength: 50 }
    });
    await c.peerSends(text('x', { rsv: 4 }));
  },

  async 'throws for objects that are no extensions'(t) {
    const wrong = [{ name: 17 }, { type: 'perframe' }, { rsv1: 1 }, { rsv2: undefined }, { rsv3: 'yes' }];
    for (const parts of wrong) await opens(t, plugin(t, parts));
  },

  async 'throws for one extension twice'(t) {
    await opens(t, [plugin(t), plugin(t)]);
  },

  async 'skips an extension whose reserved bit is taken'(t) {
    const header = { 'Sec-WebSocket-Extensions': 'turn, other' };
    await opens(t, [plugin(t), plugin(t, { name: 'other' })], { headers: header });
  },

  async 'uses two extensions with reserved bits of their own'(t) {
    const session = {
      processOutgoingMessage(message, callback) {
        message.rsv2 = true;
        message.data = Buffer.concat([message.data, Buffer.from('!')]);
        callback(null, message);
      },
      processIncomingMessage: (message, callback) => callback(null, message)
    };
    const other = plugin(t, { name: 'other', rsv1: false, rsv2: true, session });
    const c = await opens(t, [plugin(t), other], { headers: { 'Sec-WebSocket-Extensions': 'turn, other' } });
    await c.calls('send', 'hello');
    await c.peerSends(text('HELLO', { rsv: 6 }));
  },

  async 'answers an offer of permessage-deflate'(t) {
    const c = await t.open(compressed());
    await c.calls('close');
    await c.peerSends(close(1000));
  },

  async 'reads and writes compressed messages'(t) {
    const { deflateRawSync, constants } = require('zlib');
    const c = await t.open(compressed());
    const payload = deflateRawSync('hello hello hello', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
      0,
      -4
    );
    await c.peerSends(text(payload, { rsv: 4 }), text('plain'));
    await c.calls('send', 'hello hello hello');
  },

  async 'fails for a compressed message that is none'(t) {
    const c = await t.open(
      compressed({ watch: 'none', setup: (ws) => ws.on('close', (e) => t.value('code', e.code)) })
    );
    await c.peerSends(text([0xff, 0xff, 0xff], { rsv: 4 }));
  }
};
