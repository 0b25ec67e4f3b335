'use strict';

/** Extensions that a client's user brings: offers, answers, messages and faults (RFC 6455 section 9.1). */

const permessageDeflate = require('permessage-deflate');
const { patient, plugin } = require('../../testing/parity/plugin');
const { text, binary, ping, close, continuation } = require('../../testing/wire').fromServer;

const ANSWER = { headers: { 'Sec-WebSocket-Extensions': 'turn' } };

/** A client with extensions, and the server's answer. */
const opens = (t, extensions, answer = ANSWER, how) =>
  t.connected({ options: { extensions: [].concat(extensions) }, answer, ...how });

const answered = (header, parts) => async (t) => {
  const c = await opens(t, plugin(t, parts), { headers: { 'Sec-WebSocket-Extensions': header } });
  c.state();
};

const thrower = (words) => () => {
  throw new Error(words);
};

const deflates = (t) => t.WebSocket.deflate || permessageDeflate;

/** Answers to a client that offers permessage-deflate with these settings. */
const deflated = (header, settings) => async (t) => {
  const deflate = settings ? deflates(t).configure(settings) : deflates(t);
  const c = await opens(t, deflate, { headers: { 'Sec-WebSocket-Extensions': header } });
  c.state();
};

module.exports = {
  'offers an extension, and opens when it is taken': answered('turn'),
  'hands the parameters of the answer over': answered('turn; x; y=1; z="a b"; y=2'),
  'opens when it is declined': answered(null),
  'opens for an empty answer': answered(''),
  'refuses an extension that was not offered': answered('other'),
  'refuses one that was taken twice': answered('turn, turn'),
  'refuses a malformed answer': answered('turn; ='),
  'refuses an answer that the extension refuses': answered('turn', { session: { activate: () => false } }),
  'refuses an answer for which the extension throws': answered('turn', {
    session: { activate: thrower('not like that') }
  }),

  async 'does not offer what makes no session'(t) {
    const c = await opens(t, plugin(t, { createClientSession: () => null }), {});
    c.state();
  },

  async 'offers every form of parameters'(t) {
    const several = { a: 1, b: true, c: 'two words', d: ['x', 'y'], e: 'token' };
    await opens(t, plugin(t, { session: { generateOffer: () => several } }), {});
    await opens(t, plugin(t, { session: { generateOffer: () => [{ a: 1 }, { b: 2 }] } }), {});
    await opens(t, plugin(t, { session: { generateOffer: () => null } }), {});
  },

  async 'throws for an extension that throws when it makes its offer'(t) {
    await t.connect({
      options: { extensions: [plugin(t, { createClientSession: thrower('no') })] },
      wait: false
    });
  },

  async 'turns messages both ways'(t) {
    const c = await opens(t, plugin(t));
    await c.calls('send', 'hello');
    await c.calls('send', Buffer.from('bytes'));
    await c.peerSends(text('HELLO', { rsv: 4 }), binary('world', { rsv: 4 }), ping('plain'));
    await c.peerSends(text('FIRST ', { rsv: 4, fin: false }), continuation('SECOND'));
    await c.calls('close');
    await c.peerSends(close(1000));
  },

  async 'turns messages that come with the answer'(t) {
    const early = Buffer.concat(
      [text('HELLO', { rsv: 4 }), text('AGAIN', { rsv: 4 })].map((one) => Buffer.from(one))
    );
    await opens(t, plugin(t), { ...ANSWER, early });
  },

  async 'turns what was sent before it was open'(t) {
    await opens(t, plugin(t), ANSWER, {
      setup: (ws) => {
        ws.send('early');
        ws.send('and in order');
      }
    });
  },

  async 'refuses reserved bits that the server did not take'(t) {
    const c = await opens(t, plugin(t), {});
    await c.peerSends(text('x', { rsv: 4 }));
  },

  async 'keeps the order of messages that are answered in reverse'(t) {
    const { held, session } = patient();
    const c = await opens(t, plugin(t, { session }));
    for (const word of ['a', 'b']) await c.calls('send', word);
    await c.peerSends(text('c', { rsv: 4 }), text('d', { rsv: 4 }));
    await c.calls('close', 3000, 'done');
    await t.step('answers in reverse', () => [...held].reverse().forEach((go) => go()));
    await c.peerSends(close(3000));
    c.state();
  },

  async 'fails with 1010 for errors both ways, once'(t) {
    const bad = (message, callback) => callback(new Error('cannot'));
    const c = await opens(
      t,
      plugin(t, { session: { processIncomingMessage: bad, processOutgoingMessage: bad } })
    );
    await c.calls('send', 'a');
    await c.peerSends(text('b', { rsv: 4 }));
    c.state();
  },

  async 'refuses two answers with one reserved bit'(t) {
    const both = [plugin(t), plugin(t, { name: 'other' })];
    const c = await opens(t, both, { headers: { 'Sec-WebSocket-Extensions': 'turn, other' } });
    c.state();
  },

  async 'uses two extensions with bits of their own'(t) {
    const other = plugin(t, {
      name: 'other',
      rsv1: false,
      rsv2: true,
      session: {
        processIncomingMessage: (message, callback) => callback(null, message),
        processOutgoingMessage: (message, callback) => callback(null, { ...message, rsv2: true })
      }
    });
    const c = await opens(t, [plugin(t), other], { headers: { 'Sec-WebSocket-Extensions': 'other, turn' } });
    await c.calls('send', 'hello');
    await c.peerSends(text('HELLO', { rsv: 6 }), text('plain'));
  },

  'agrees on permessage-deflate': deflated('permessage-deflate'),
  'refuses parameters of permessage-deflate that are none': deflated('permessage-deflate; unknown'),
  'refuses a window that was not offered': deflated('permessage-deflate; client_max_window_bits=16'),
  'refuses a server window above what was asked for': deflated(
    'permessage-deflate; server_max_window_bits=12',
    {
      requestMaxWindowBits: 10
    }
  ),
  'refuses a missing server window that was asked for': deflated('permessage-deflate', {
    requestMaxWindowBits: 10
  }),
  'refuses a missing no_context_takeover that was asked for': deflated('permessage-deflate', {
    requestNoContextTakeover: true
  }),
  'takes a no_context_takeover that was not asked for': deflated(
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
  ),
  'refuses a flag with a value': deflated('permessage-deflate; server_no_context_takeover=1'),
  'refuses a repeated parameter': deflated(
    'permessage-deflate; client_max_window_bits=9; client_max_window_bits=10'
  ),
  'takes smaller windows': deflated('permessage-deflate; client_max_window_bits=9; server_max_window_bits=10')
};
