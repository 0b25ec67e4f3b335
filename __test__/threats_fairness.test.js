'use strict';

// What one peer sends at once, and how much of it is dealt with before another connection gets its turn.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { text } = require('./parity/harness/wire');
const { FLOODS } = require('./peers/floods');
const WebSocket = require('./peers/implementation');
const { connect } = require('./peers/raw_client');
const { serve } = require('./peers/server');

/** By flood, how many of its messages are a turn's work: by `src/protocol/work.rs`, at 2^20 units a turn. */
const TURNS = {
  'messages of one byte': 1900,
  'empty messages': 1950,
  'small bombs: 1 KB that inflates to 1 MiB': 1,
  'small bombs with a window': 1,
  'final blocks in small messages': 13,
  'Huffman tables without a byte': 6
};
/** The turn in which the bystander's message is sent, those until the loop has seen it, and one for rough prices. */
const MOST_TURNS = 4;

for (const transport of ['direct', 'stream']) {
  describe(`beside one connection over the ${transport} transport, another one is answered in between`, () => {
    for (const [name, count] of Object.entries(TURNS)) {
      test(name, async (t) => {
        const { headers = [], chunk } = FLOODS[name];
        const options = {
          transport,
          extensions: headers.length > 0 ? [WebSocket.deflate] : [],
          maxLength: 1 << 20
        };
        const { url, next } = await serve(t, () => {}, { options });
        const { port } = new URL(url);
        const attacker = await connect(t, port, { headers });
        const attacked = await next();
        const bystander = await connect(t, port);
        const visited = await next();
        let messages = 0;
        attacked.on('message', () => {
          // It is there as soon as the loop looks for what is.
          if (messages++ === 0) bystander.send(text('x'));
        });
        const flood = chunk();
        attacker.send(flood, flood);
        await once(visited, 'message');
        t.diagnostic(`${messages} messages before it`);
        assert.ok(messages <= MOST_TURNS * count, `${messages} messages before it`);
      });
    }
  });
}
