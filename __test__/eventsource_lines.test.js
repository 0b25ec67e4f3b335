'use strict';

// The lines of what an EventSource sends, however long it is: a text that a peer has sent may be relayed to it.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { frame } = require('../lib/faye/eventsource/format');
const { connect } = require('../testing/peers/eventsource');

/** As the standard has it, for texts of any length that a regular expression can take. */
const expected = (text) => `data: ${text.replace(/\r\n|\r|\n/g, '$&data: ')}\r\n\r\n`;

describe('a message of an EventSource', () => {
  test('may have forty million line breaks', () => {
    const framed = frame('\n'.repeat(40_000_000));
    assert.strictEqual(framed.length, 40_000_000 * 7 + 10);
    assert.ok(framed.startsWith('data: \ndata: \n') && framed.endsWith('\ndata: \r\n\r\n'));
  });

  for (const piece of ['\n', '\r', '\r\n', '\n\r', 'a\r\n', '漢\n', '\u{1f600}\r', 'é😀\r\n\r', 'no break']) {
    test(`has the same lines at any length: ${JSON.stringify(piece)}`, () => {
      for (const length of [4095, 4096, 65_535, 65_536, 65_537, 131_072, 200_001]) {
        for (const front of ['', 'x', 'xx', '\r']) {
          const text = `${front}${piece.repeat(Math.ceil(length / piece.length))}`;
          // Not by `strictEqual`, which would compare the lines of what differs for minutes.
          assert.ok(frame(text) === expected(text), `${length} units behind ${JSON.stringify(front)}`);
        }
      }
    });
  }

  test('has a line break once that stands behind half of a pair of surrogates, wherever', () => {
    for (let length = 65_530; length < 65_540; length++) {
      const text = `${'x'.repeat(length)}\ud800\r\nend`;
      assert.ok(Buffer.from(frame(text)).equals(Buffer.from(expected(text))), `behind ${length} units`);
    }
  });

  test('of megabytes comes whole, with a half of a pair of surrogates replaced', async (t) => {
    const peer = await connect(t, {});
    await peer.receive('retry: 5000\r\n\r\n');
    const text = `${'x'.repeat(65_535)}\u{1f600}${'漢\r\n'.repeat(500_000)}\ud800END`;
    peer.source.send(text);

    const received = await peer.receive('END\r\n\r\n');
    assert.ok(received === expected(text).replace('\ud800', '\ufffd'));
  });
});
