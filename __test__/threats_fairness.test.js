'use strict';

// What one peer sends at once, and how much of it is dealt with before another connection gets its turn.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { text } = require('../testing/wire');
const { FLOODS } = require('../testing/peers/floods');
const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { unused } = require('../testing/peers/unused_extension');

/**
 * By flood, how many of its messages are a turn's work, which is 2^20 units of `src/protocol/work.rs`: as permessage-deflate
 * is native, and as it is one of several extensions, for which only what compression costs is counted.
 */
const TURNS = {
  'messages of one byte': [1900],
  'empty messages': [1950],
  'small bombs: 1 KB that inflates to 1 MiB': [1, 1],
  'small bombs with a window': [1, 1],
  'final blocks in small messages': [13, 500],
  'Huffman tables without a byte': [6, 17],
  'bombs of 60 KB that are echoed': [2, 2]
};
/** The turn in which the bystander's message is sent, that in which the loop has seen it, and one for rough prices. */
const MOST_TURNS = 3;

/** How often is tried what the kernel may be late with: on a busy machine it hands the bystander's bytes over in its own time. */
const TRIES = 20;

/**
 * Asserts that a bystander's message is dealt with behind no more than `most` of an attacker's; it is sent when that one's
 * message of the number `at` is dealt with.
 */
async function race(t, name, most, options, at = 1) {
  const counts = [];
  do counts.push(await messagesBefore(t, name, options, at));
  while (counts[counts.length - 1] > most && counts.length < TRIES);
  t.diagnostic(`${counts.join(', ')} messages before it`);
  assert.ok(counts[counts.length - 1] <= most, `${counts.join(', ')} messages before it`);
}

/** How many messages of an attacker are dealt with before the bystander's. */
async function messagesBefore(t, name, options, at) {
  const { headers = [], chunk, echo } = FLOODS[name];
  const { port, next } = await serve(t, () => {}, { options: { maxLength: 1 << 20, ...options } });
  const attacker = await connect(t, port, { headers });
  const attacked = await next();
  const bystander = await connect(t, port);
  const visited = await next();
  attacker.drop();
  let messages = 0;
  attacked.on('message', ({ data }) => {
    // It is there as soon as the loop looks for what is.
    if (++messages === at) bystander.send(text('x'));
    if (echo) attacked.send(data);
  });
  const flood = chunk();
  attacker.send(flood, flood);
  await once(visited, 'message');
  attacker.socket.destroy();
  bystander.socket.destroy();
  return messages;
}

for (const transport of ['direct', 'stream']) {
  describe(`beside one connection over the ${transport} transport, another one is answered in between`, () => {
    const extensions = [WebSocket.deflate];
    for (const [name, [count, several]] of Object.entries(TURNS)) {
      test(name, (t) => race(t, name, MOST_TURNS * count, { transport, extensions }));
      if (several === undefined) continue;
      test(`${name}, with several extensions`, (t) =>
        race(t, name, MOST_TURNS * several, { transport, extensions: [...extensions, unused] }));
    }

    test('what waits behind a message that is compressed elsewhere', async (t) => {
      const name = 'small bombs that are echoed';
      await race(t, name, 3 * MOST_TURNS, { transport, extensions: [...extensions, unused] }, 2);
    });
  });
}
