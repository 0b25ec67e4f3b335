'use strict';

// What others have chosen, a URL, a header, a certificate's name, stands in messages of ours: it must not move the
// cursor of whoever reads them in a terminal, nor forge lines of a log, nor bring a password along.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { Client } = require('..');
const { dial, request } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { serve } = require('../testing/peers/server');
const { watch } = require('../testing/peers/watch');
const { WebSocket } = require('..');

/** Clears the screen, ends the line, rings the bell, reads backwards. */
const HOSTILE = '\x1b[2J\x07\x9b31m\u202e\u2028';

/** Characters that must not be in any message. */
const DANGEROUS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

/** The message that `act` throws. */
function thrown(act) {
  try {
    act();
  } catch ({ message }) {
    return message;
  }
  return assert.fail('nothing was thrown');
}

describe('a message with words of others', () => {
  for (const [what, act] of [
    ['a scheme', () => new Client(`h${HOSTILE}ttp://a/`)],
    ['a host', () => new Client(`ws://a${HOSTILE}/`)],
    ['a fragment', () => new Client(`ws://a/#${HOSTILE}`)],
    ['the origin of a proxy', () => new Client('ws://a/', [], { proxy: { origin: `http:${HOSTILE}` } })],
    ['the name of a header', () => new Client('ws://a/', [], { headers: { [HOSTILE]: 'x' } })],
    [
      'the name of a header without a value',
      () => new Client('ws://a/', [], { headers: { [HOSTILE]: null } })
    ],
    ['the value of a header', () => new Client('ws://a/', [], { headers: { a: `${HOSTILE}\n` } })],
    ['a subprotocol', () => new Client('ws://a/', [HOSTILE])]
  ]) {
    test(`cannot act upon a terminal by ${what}`, () => {
      const message = thrown(act);
      assert.doesNotMatch(message, DANGEROUS);
    });
  }

  test('cannot by the path of a URL that cannot be reached, and the URL stays as it was given', async () => {
    const ws = new Client(`ws://user:secret@127.0.0.1:1/${HOSTILE}`);
    const { closed, errors } = watch(ws);
    await closed;
    assert.match(errors[0].message, /\\u001b\[2J\\u0007\\u009b31m\\u202e\\u2028/);
    assert.doesNotMatch(errors[0].message, DANGEROUS);
    assert.doesNotMatch(errors[0].message, /secret/);
    assert.ok(ws.url.includes(HOSTILE));
  });

  for (const [what, lines] of [
    ['the version', ['Sec-WebSocket-Version: 12\x9b31m\x85']],
    ['an extension', ['Sec-WebSocket-Extensions: a; b="\x9b31m\x85']]
  ]) {
    test(`cannot by what a client says of ${what}, in the error nor in the answer`, async (t) => {
      const errors = [];
      const { port } = await serve(t, (ws) => (ws.onerror = ({ message }) => errors.push(message)), {
        WebSocket
      });
      const client = await dial(t, port);
      const head = request(lines)
        .toString('latin1')
        .replace(/Sec-WebSocket-Version: 13\r\n/, (line) => (what === 'the version' ? '' : line));
      client.send(Buffer.from(head, 'latin1'));
      assert.match(await client.head(), /^HTTP\/1\.1 400 /);
      const body = String(await client.rest());
      assert.strictEqual(body, errors[0]);
      assert.match(body, /\\u009b31m\\u0085/);
      assert.doesNotMatch(body, DANGEROUS);
    });
  }

  test('cannot by what a server says of an extension', async (t) => {
    const { url } = await listen(t, async (peer) => {
      peer.send(agreement(await peer.head(), ['Sec-WebSocket-Extensions: \x9b31m; a="']));
    });
    for (const extensions of [undefined, [WebSocket.deflate]]) {
      const { closed, errors } = watch(new Client(url, [], { extensions }));
      await closed;
      assert.doesNotMatch(errors[0].message, DANGEROUS);
    }
  });

  test('keeps passwords of a URL and of a proxy out of errors, of what is thrown and of what is emitted', async () => {
    const urls = ['ws://user:secret@127.0.0.1:1/', 'wss://secret:@127.0.0.1:1/'];
    for (const url of urls) {
      for (const proxy of [undefined, { origin: 'http://who:secret@127.0.0.1:1' }]) {
        const { closed, errors } = watch(new Client(url, [], { proxy }));
        await closed;
        const { message, error } = errors[0];
        assert.doesNotMatch(`${message} ${error.stack} ${error.cause && error.cause.stack}`, /secret/);
      }
    }
    const bad = [
      () => new Client('http://user:secret@127.0.0.1/'),
      () => new Client('ws://a/', [], { proxy: { origin: 'ftp://user:secret@b' } })
    ];
    for (const act of bad) assert.doesNotMatch(thrown(act), /secret/);
  });
});
