'use strict';

// One script of calls and bytes on websocket-driver and on our driver: the same events, results and bytes.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const differences = require('./differences');
const { play } = require('../../testing/driver/harness');

const SCRIPTS = {
  ...require('./scripts/received'),
  ...require('./scripts/called'),
  ...require('./scripts/handshakes'),
  ...require('./scripts/extensions')
};

describe('the driver does what websocket-driver does', () => {
  for (const [title, script] of Object.entries(SCRIPTS)) {
    const known = differences.find(({ scripts }) => scripts.test(title));
    test(known ? `${title} (differs: ${known.reason})` : title, async () => {
      const [expected, actual] = [await play(script, 'reference'), await play(script, 'ours')];

      if (known) assert.notDeepStrictEqual(actual, expected);
      else assert.deepStrictEqual(actual, expected);
    });
  }
});
