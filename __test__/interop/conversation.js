'use strict';

/**
 * What two endpoints say to each other, in two connections, whoever they are:
 *
 * 1. The client sends a text, a binary message and two of 16 MiB, and gets each back as it was; it sends a ping and
 *    gets the pong. Then it sends `close 3001 bye`, and the server closes with that.
 * 2. The client closes with 3002 and `own`.
 *
 * Peers are programs: `PEER serve` prints its port, `PEER connect URL` ends when it has said everything. Both print what
 * they saw: `echoed NAME` for what came back unchanged, `pong PAYLOAD`, `closed CODE REASON`.
 */

const SIZE = 16 << 20;

/** All that is sent and comes back, by name. */
const MESSAGES = {
  text: 'h\u00e9llo \u6c34 \ud83d\ude00',
  binary: Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  'long text': '\u00e9'.repeat(SIZE / 2),
  'long binary': Buffer.alloc(SIZE, 'a pattern of no power of two')
};

/** What a peer that is the client prints, and our client sees. */
const CLIENT_SEES = [
  ...Object.keys(MESSAGES).map((name) => `echoed ${name}`),
  'pong p',
  'closed 3001 bye',
  'closed 3002 own'
];

/** What a peer that is the server prints, and our server sees. */
const SERVER_SEES = ['closed 3001 bye', 'closed 3002 own'];

module.exports = { MESSAGES, CLIENT_SEES, SERVER_SEES };
