'use strict';

/**
 * The opening and the closing handshake of hixie-75 and hixie-76, against the reference's driver when it is told to serve
 * them.
 */

const {
  CHALLENGE,
  GOODBYE,
  HIXIE_75,
  HIXIE_76,
  KEYS,
  bytes,
  open75,
  open76,
  text
} = require('../../testing/parity/drafts');

const scripts = {
  async 'hixie-76: opens when its challenge comes late'(t) {
    const c = await open76(t, { early: '' });
    c.state();
    await c.peerSends(CHALLENGE);
    c.state();
  },

  async 'hixie-76: opens when its challenge comes byte by byte'(t) {
    const c = await open76(t, { early: '' });
    for (const byte of CHALLENGE) await c.peerSends(byte);
    c.state();
  },

  async 'hixie-76: opens when its challenge is cut by the packet of the request'(t) {
    const c = await open76(t, { early: CHALLENGE.slice(0, 3) });
    c.state();
    await c.peerSends(CHALLENGE.slice(3), text('behind'));
  },

  async 'hixie-76: reads messages that come with its challenge'(t) {
    await open76(t, { early: Buffer.concat([Buffer.from(CHALLENGE), text('one'), text('two')]) });
  },

  async 'hixie-76: sends what was queued before its challenge, behind the answer, in order'(t) {
    const c = await open76(t, { early: '', setup: (ws) => ws.send('first') });
    c.call('send', 'second');
    c.call('send', 'third');
    await c.peerSends(CHALLENGE);
    await c.calls('send', 'fourth');
  },

  async 'hixie-76: closes before its challenge'(t) {
    const c = await open76(t, { early: '' });
    await c.calls('close');
    await c.peerSends(CHALLENGE);
    c.state();
  },

  async 'hixie-76: closes before its challenge with something queued'(t) {
    const c = await open76(t, { early: '', setup: (ws) => ws.send('never') });
    await c.calls('close', 3000, 'soon');
  },

  async 'hixie-76: is closed when the peer ends before its challenge'(t) {
    const c = await open76(t, { early: 'half' });
    await c.peerEnds();
    c.state();
  },

  async 'hixie-76: is closed when the peer resets before its challenge'(t) {
    const c = await open76(t, { early: '' });
    await c.peerResets();
    c.state();
  },

  async 'hixie-76: answers the closing handshake of the peer'(t) {
    const c = await open76(t);
    await c.peerSends(GOODBYE);
    c.state();
  },

  async 'hixie-76: answers a closing handshake that is cut in two'(t) {
    const c = await open76(t);
    await c.peerSends(bytes(0xff));
    c.state();
    await c.peerSends(bytes(0x00));
    c.state();
  },

  async 'hixie-76: ignores what stands behind a closing handshake'(t) {
    await open76(t, { early: Buffer.concat([Buffer.from(CHALLENGE), GOODBYE, text('never')]) });
  },

  async 'hixie-76: says goodbye when it closes in a handler in front of the closing handshake of the peer'(
    t
  ) {
    const c = await open76(t, { setup: (ws) => ws.on('message', () => ws.close()) });
    await c.peerSends(text('one'), GOODBYE);
    c.state();
  },

  async 'hixie-76: closes for a length of zero behind a long closing frame'(t) {
    const c = await open76(t);
    await c.peerSends(bytes(0xff, 0x03), 'abc', bytes(0x80, 0x00));
    c.state();
  },

  async 'hixie-76: skips a closing frame with a length'(t) {
    const c = await open76(t);
    await c.peerSends(bytes(0xff, 0x02), 'ab', text('behind'));
  },

  async 'hixie-75: does not know the closing handshake'(t) {
    const c = await open75(t);
    await c.peerSends(GOODBYE, text('behind'));
    c.state();
  },

  async 'hixie-75: reads messages of the packet of the request'(t) {
    await open75(t, { early: Buffer.concat([text('one'), text('two')]) });
  },

  async 'hixie-75: reads a frame that was begun in the packet of the request'(t) {
    const c = await open75(t, { early: bytes(0x00, 0x61) });
    await c.peerSends(bytes(0x62, 0xff));
  },

  async 'hixie-75: is what a request without version and keys speaks'(t) {
    const c = await open75(t, { headers: { Origin: null } });
    t.value('version', c.ws.version);
  }
};

/** Keys that hold no number, or one that cannot be. */
const BAD_KEYS = {
  'no digits': 'no digits at all',
  'no blanks': '12345',
  'digits that are no multiple of the blanks': '12 34 5x',
  'zero for a number': '0 0',
  'a number past 2^32': '42949672960 0',
  'a number past 2^64': `1${'0'.repeat(30)} 0`,
  'blanks only': '" "'
};
for (const [what, key] of Object.entries(BAD_KEYS)) {
  for (const name of Object.keys(KEYS)) {
    scripts[`hixie-76: refuses ${what} in ${name}`] = async (t) => {
      const c = await open76(t, { headers: { [name]: key } });
      c.state();
    };
  }
}
for (const name of Object.keys(KEYS)) {
  scripts[`hixie-76: refuses a request without ${name}`] = async (t) => {
    const c = await open76(t, { headers: { [name]: null } });
    c.state();
  };
  scripts[`hixie-76: refuses an empty ${name}`] = async (t) => {
    const c = await open76(t, { headers: { [name]: '' } });
    c.state();
  };
}

/** Keys that are odd and good: the largest number, many blanks, digits between letters. */
const GOOD_KEYS = {
  'the largest number': '4294967295 x',
  'a number of 2^33 with two blanks': '8589934590  ',
  'many blanks': `1${' '.repeat(4)}6`,
  'signs between digits': '1!2@3#4$ 0'
};
for (const [what, key] of Object.entries(GOOD_KEYS)) {
  scripts[`hixie-76: meets ${what} in a key`] = async (t) => {
    const c = await open76(t, { headers: { 'Sec-WebSocket-Key1': key } });
    c.state();
  };
}

/** Requests in which a server might see another dialect, or none. */
const MIXED = {
  'a version and no key': { ...HIXIE_75, 'Sec-WebSocket-Version': '13' },
  'a version of 8 and keys of hixie-76': { ...HIXIE_76, 'Sec-WebSocket-Version': '8' },
  'a key of the RFC and keys of hixie-76': { ...HIXIE_76, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  'an empty version': { ...HIXIE_75, 'Sec-WebSocket-Version': '' },
  'an Upgrade that is none': { ...HIXIE_75, Upgrade: 'h2c' },
  'keys and an Upgrade that is none': { ...HIXIE_76, Upgrade: 'h2c' }
};
for (const [what, headers] of Object.entries(MIXED)) {
  scripts[`meets a request with ${what}`] = async (t) => {
    t.allowDrafts();
    const c = await t.open({ headers, kind: 'bytes' });
    c.state();
    if (c.ws) t.value('version', c.ws.version);
  };
}

module.exports = scripts;
