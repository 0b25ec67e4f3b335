'use strict';

/** What hixie-75 and hixie-76 have in common: each script is played in both. */

const { DRAFTS, bytes, text } = require('../../testing/parity/drafts');

const COMMON = {
  async 'answers with its head and opens'(t, open) {
    const c = await open(t);
    c.state();
    t.value('version', c.ws.version);
    t.value('url', c.ws.url);
  },

  async 'is connecting in the tick of its making'(t, open) {
    await open(t, { setup: (ws, c) => c.state() });
  },

  async 'answers without an Origin'(t, open) {
    await open(t, { headers: { Origin: null } });
  },

  async 'answers with an Origin outside ASCII'(t, open) {
    await open(t, { headers: { Origin: 'http://ex\xe4mple.com' } });
  },

  async 'answers with the query in its location'(t, open) {
    const c = await open(t, { path: '/a/b?c=d&e' });
    t.value('url', c.ws.url);
  },

  async 'has a wss url behind a proxy that says https'(t, open) {
    const c = await open(t, { headers: { 'X-Forwarded-Proto': 'https' } });
    t.value('url', c.ws.url);
  },

  async 'sends own headers'(t, open) {
    await open(t, { options: { headers: { 'X-One': 1, 'x-two': ' two ', Upgrade: 'mine' } } });
  },

  async 'picks no subprotocol'(t, open) {
    const c = await open(t, { headers: { 'Sec-WebSocket-Protocol': 'chat' }, protocols: ['chat'] });
    c.state();
  },

  async 'negotiates no extension'(t, open) {
    await open(t, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
  },

  async 'receives text'(t, open) {
    const c = await open(t);
    await c.peerSends(text('hello'), text(''), text('é水😀'), text('\u0000\ufeff'));
  },

  async 'receives text byte by byte'(t, open) {
    const c = await open(t);
    for (const byte of Buffer.concat([text('aé'), text('b')])) await c.peerSends(bytes(byte));
  },

  async 'receives text that is not UTF-8'(t, open) {
    const c = await open(t);
    await c.peerSends(bytes(0x00, 0x61, 0xc3, 0x28, 0x80, 0xff), bytes(0x00, 0xed, 0xa0, 0x80, 0xff));
  },

  async 'receives text of any type below 0x80'(t, open) {
    const c = await open(t);
    await c.peerSends(bytes(0x01, 0x61, 0xff), bytes(0x7f, 0x62, 0xff));
  },

  async 'receives many messages of one packet in order'(t, open) {
    const c = await open(t);
    await c.peerSends(...Array.from({ length: 50 }, (_, i) => text(`message ${i}`)));
  },

  async echoes(t, open) {
    await open(t, { setup: (ws) => ws.on('message', ({ data }) => ws.send(data)) }).then((c) =>
      c.peerSends(text('one'), text('zwölf'), text(''))
    );
  },

  async 'skips frames with a length'(t, open) {
    const c = await open(t);
    await c.peerSends(
      bytes(0x80, 0x03),
      'abc',
      text('one'),
      bytes(0x81, 0x00),
      text('two'),
      bytes(0x80, 0x81, 0x00)
    );
    await c.peerSends(Buffer.alloc(128, 'x'), text('three'));
  },

  async 'skips a frame that comes in pieces'(t, open) {
    const c = await open(t);
    for (const piece of [
      bytes(0x80),
      bytes(0x82),
      bytes(0x01),
      Buffer.alloc(200),
      Buffer.alloc(57),
      text('behind')
    ])
      await c.peerSends(piece);
  },

  async 'closes for a length over maxLength'(t, open) {
    const c = await open(t, { options: { maxLength: 300 } });
    await c.peerSends(bytes(0x80, 0x82, 0x2c), Buffer.alloc(300), text('fits'));
    await c.peerSends(bytes(0x80, 0x82, 0x2d));
    c.state();
  },

  async 'closes for a length that never ends'(t, open) {
    const c = await open(t);
    await c.peerSends(bytes(0x80), Buffer.alloc(40, 0xff));
    c.state();
  },

  async 'waits through a length of zeros'(t, open) {
    const c = await open(t);
    await c.peerSends(bytes(0x80), Buffer.alloc(40, 0x80), bytes(0x00), text('behind'));
    c.state();
  },

  async 'closes for text over maxLength'(t, open) {
    const c = await open(t, { options: { maxLength: 5 } });
    await c.peerSends(text('fives'));
    await c.peerSends(text('sixsix'), text('never'));
    c.state();
  },

  async 'closes for text over maxLength before its end'(t, open) {
    const c = await open(t, { options: { maxLength: 5 } });
    await c.peerSends(bytes(0x00), 'aaa');
    await c.peerSends('aaa');
    c.state();
  },

  async 'sends values of every kind'(t, open) {
    const c = await open(t);
    for (const value of ['text', '', 'é水', 13, false, null, [1, 2]]) c.call('send', value);
    await t.settle();
  },

  async 'sends nothing for binary'(t, open) {
    const c = await open(t, { setup: (ws, own) => own.call('send', Buffer.from('early')) });
    await c.calls('send', Buffer.from('bytes'));
    await c.calls('send', 'text');
  },

  async 'sends what was queued before it opened, in order'(t, open) {
    await open(t, {
      setup: (ws, c) => {
        c.call('send', 'one');
        c.call('send', 'two');
        ws.on('open', () => ws.send('three'));
      }
    });
  },

  async 'writes and ends as a stream'(t, open) {
    const c = await open(t);
    await c.calls('write', 'written');
    await c.calls('end', 'last');
    c.state();
  },

  async 'does not ping'(t, open) {
    const c = await open(t, { setup: (ws, own) => own.call('ping', 'early') });
    await c.calls('ping');
    await c.calls('ping', 'message', () => t.say('the callback is called'));
  },

  async 'sends no pings of the option'(t, open) {
    await open(t, { options: { ping: 5 } });
    await t.tick(20000);
  },

  async closes(t, open) {
    const c = await open(t);
    await c.calls('close');
    c.state();
    await c.calls('send', 'never');
    await c.calls('close');
  },

  async 'closes with a code and a reason'(t, open) {
    const c = await open(t);
    await c.calls('close', 3001, 'enough');
    c.state();
  },

  async 'throws for a bad close code'(t, open) {
    const c = await open(t);
    await c.calls('close', 1002);
    c.state();
  },

  async 'closes in a handler, and hears nothing more of the packet'(t, open) {
    const c = await open(t, { setup: (ws) => ws.on('message', () => ws.close()) });
    await c.peerSends(text('one'), text('two'));
    c.state();
  },

  async 'tells messages of the same packet behind a throwing listener'(t, open) {
    const throwsOnce = (ws) =>
      ws.once('message', () => {
        throw new Error('from the listener');
      });
    const c = await open(t, { setup: throwsOnce });
    await c.peerSends(text('first'), text('behind'));
    c.state();
  },

  async 'closes when the peer ends'(t, open) {
    const c = await open(t);
    await c.peerEnds();
    c.state();
  },

  async 'closes when the peer resets'(t, open) {
    const c = await open(t);
    await c.peerResets();
    c.state();
  },

  async 'closes when the peer ends in the middle of a frame'(t, open) {
    const c = await open(t);
    await c.peerSends(bytes(0x00), 'half');
    await c.peerEnds();
  },

  async 'says true to a send when the owner has destroyed the stream inside a handler'(t, open) {
    const c = await open(t, {
      setup: (ws, connection) => {
        ws.onmessage = () => {
          connection.socket.destroy();
          t.value('send', ws.send('late'));
        };
      }
    });
    await c.peerSends(text('x'));
  },

  async 'closes when the owner destroys the stream'(t, open) {
    const c = await open(t);
    await t.step('destroy', () => c.socket.destroy());
    c.state();
  },

  async 'is closed before it opens in the tick of its making'(t, open) {
    const c = await open(t, { setup: (ws) => ws.close() });
    c.state();
  },

  async 'holds the peer up while it is paused'(t, open) {
    const c = await open(t);
    await c.calls('pause');
    await c.peerSends(text('one'));
    await c.peerSends(text('two'));
    await c.calls('resume');
  },

  async 'echoes when piped into itself'(t, open) {
    const c = await open(t, { setup: (ws) => ws.pipe(ws) });
    await c.peerSends(text('around'));
  },

  async 'calls handlers'(t, open) {
    const c = await open(t, { watch: 'handlers' });
    await c.peerSends(text('hello'));
    await c.calls('close');
  },

  async 'emits, in order, all names of its life'(t, open) {
    const c = await open(t, { watch: 'emit' });
    await c.peerSends(text('hello'));
    await c.calls('close');
  },

  async 'reads a transcript that is cut anywhere'(t, open) {
    const all = Buffer.concat([text('one'), bytes(0x80, 0x02, 0x61, 0x62), text('é')]);
    const cuts = Array.from({ length: all.length - 1 }, (_, i) => i + 1);
    await t.each(cuts, async (inner, cut) => {
      const c = await open(inner);
      await c.peerSends(all.subarray(0, cut));
      await c.peerSends(all.subarray(cut));
      // Which of the two packets a message came in is no difference.
      inner.trace.lines = inner.trace.lines.filter((line) => line !== '-- peer sends');
    });
  },

  async 'receives a megabyte of text'(t, open) {
    const c = await open(t, {
      watch: 'none',
      setup: (ws) => ws.on('message', ({ data }) => t.say(`${data.length} units`))
    });
    await c.peerSends(text('x'.repeat(1 << 20)));
  }
};
const scripts = {};
for (const [draft, open] of Object.entries(DRAFTS)) {
  for (const [name, run] of Object.entries(COMMON)) {
    scripts[`${draft}: ${name}`] = (t) => run(t, open);
  }
}

module.exports = scripts;
