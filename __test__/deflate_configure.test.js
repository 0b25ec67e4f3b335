'use strict';

// What `configure` takes, one after the other and in chains, compared with the npm package: the parameters that are
// offered and answered are the same, but for what is listed here with its reason.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const npm = require('permessage-deflate');

const WebSocket = require('..');
const deflate = require('../deflate');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');

/** What a client may offer. */
const OFFERS = [
  {},
  { client_max_window_bits: true },
  { client_max_window_bits: 10, server_max_window_bits: 11 },
  { server_no_context_takeover: true, client_no_context_takeover: true }
];

/** What comes of settings: parameters as JSON, or `throws`. */
function outcome(extension, chain) {
  const attempt = (call) => {
    try {
      return JSON.stringify(call());
    } catch {
      return 'throws';
    }
  };
  let configured;
  const made = attempt(() => {
    configured = chain.reduce((object, options) => object.configure(options), extension);
  });
  if (made === 'throws') return { configure: made };
  return {
    configure: 'works',
    offer: attempt(() => configured.createClientSession().generateOffer()),
    answers: OFFERS.map((offer) =>
      attempt(() => configured.createServerSession([{ ...offer }]).generateResponse())
    ).join(' ')
  };
}

const SAME = [
  [],
  [{}],
  [undefined],
  [{ level: 9 }],
  [{ level: undefined, maxWindowBits: undefined, noContextTakeover: undefined }],
  [{ noContextTakeover: true }],
  [{ noContextTakeover: 1, requestNoContextTakeover: 'yes' }],
  [{ noContextTakeover: '', requestNoContextTakeover: 0 }],
  [{ requestNoContextTakeover: true }],
  [{ maxWindowBits: 8 }],
  [{ maxWindowBits: 15 }],
  [{ requestMaxWindowBits: 9 }],
  [{ maxWindowBits: 10, requestMaxWindowBits: 12, memLevel: 9, strategy: 1 }],
  [{ levle: 9 }],
  [{ level: 9 }, { memLevel: 1 }],
  [{ maxWindowBits: 9 }, { maxWindowBits: 12 }],
  [{ maxWindowBits: 9 }, {}, { requestMaxWindowBits: 12 }],
  [{ noContextTakeover: true }, { noContextTakeover: false }],
  [{ noContextTakeover: false }, { noContextTakeover: true }],
  [{ requestNoContextTakeover: true }, { maxWindowBits: 11 }, { requestMaxWindowBits: 10, level: 1 }],
  [{ level: 1 }, { levle: 1 }],
  [{ maxWindowBits: undefined }, { maxWindowBits: 12 }],
  [{ zlib }],
  [Object.create({})]
];

/** Settings with which npm's package fails later than ours, if at all: when it offers, or with the first message. */
const EARLIER = [
  ['zlib takes no such level', [{ level: 10 }]],
  ['zlib takes no string', [{ level: '9' }]],
  ['zlib takes no NaN', [{ level: NaN }]],
  ['zlib takes no such memory level', [{ memLevel: 0 }]],
  ['zlib takes no such memory level', [{ memLevel: 10 }]],
  ['zlib takes no such strategy', [{ strategy: 5 }]],
  ['there is no such window', [{ maxWindowBits: 7 }]],
  ['there is no such window', [{ maxWindowBits: 16 }]],
  ['there is no such window', [{ requestMaxWindowBits: 16 }]],
  ['a zlib of the caller has no effect here', [{ zlib: { ...zlib } }]],
  ['it counts in a chain, too', [{ level: 10 }, { level: 9 }]]
];

describe('configure', () => {
  for (const chain of SAME) {
    const text = chain.map((options) => JSON.stringify(options)).join(', then ') || 'nothing';
    test(`does the same as the npm package with ${text}`, () => {
      assert.deepStrictEqual(outcome(deflate, chain), outcome(npm, copyOf(chain)));
    });
  }

  for (const [reason, chain] of EARLIER) {
    test(`throws at once for ${JSON.stringify(chain)}: ${reason}`, () => {
      assert.strictEqual(outcome(deflate, chain).configure, 'throws');
      assert.strictEqual(outcome(npm, copyOf(chain)).configure, 'works');
    });
  }

  for (const none of [null, 0, false, '']) {
    test(`takes a window of ${JSON.stringify(none)} for none, as the npm package does in a server`, () => {
      const chain = [{ maxWindowBits: none, requestMaxWindowBits: none }];
      const [ours, theirs] = [outcome(deflate, chain), outcome(npm, copyOf(chain))];
      assert.strictEqual(ours.answers, theirs.answers);
      assert.deepStrictEqual([ours.offer, theirs.offer], [outcome(deflate, []).offer, 'throws']);
    });
  }

  test('takes a window in a string, as the npm package does in a server', () => {
    const chain = [{ maxWindowBits: '9', requestMaxWindowBits: '10' }];
    assert.strictEqual(outcome(deflate, chain).answers, outcome(npm, copyOf(chain)).answers);
    assert.strictEqual(outcome(deflate, [{ maxWindowBits: 'x' }]).configure, 'throws');
  });

  test('leaves the options of the caller as they are', () => {
    const options = Object.freeze({ memLevel: 1 });
    deflate.configure({ level: 9 }).configure(options);
    assert.deepStrictEqual(options, { memLevel: 1 });
  });

  test('keeps threshold and maxLength in a chain', (t, done) => {
    const session = deflate.configure({ maxLength: 20 }).configure({ maxLength: 30 }).createClientSession();
    assert.strictEqual(session.activate({}), true);
    const data = zlib.deflateRawSync('a'.repeat(26), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    session.processIncomingMessage({ rsv1: true, data: data.subarray(0, -4) }, (error) => {
      assert.strictEqual(error.type, 'too_large');
      session.close();
      done();
    });
  });

  test('makes what inherits from what it was called on', () => {
    const first = deflate.configure({ level: 1 });
    assert.ok(Object.prototype.isPrototypeOf.call(first, first.configure({ memLevel: 2 })));
    assert.ok(Object.prototype.isPrototypeOf.call(deflate, first));
    assert.deepStrictEqual(Object.keys(first), []);
  });

  test('can be called on its own', () => {
    const { configure } = deflate;
    assert.deepStrictEqual(
      outcome(configure({ maxWindowBits: 9 }), []),
      outcome(deflate, [{ maxWindowBits: 9 }])
    );
  });
});

describe('a chain on the wire', () => {
  for (const transport of ['stream', 'direct']) {
    for (const [name, extension] of Object.entries({ ours: deflate, npm })) {
      test(`answers with the parameters of all its parts (${name}, ${transport})`, async (t) => {
        const first = extension.configure({ requestMaxWindowBits: 10 });
        const extensions = [first.configure({ requestMaxWindowBits: 12, noContextTakeover: true })];
        const { port } = await serve(t, (ws) => ws.pipe(ws), { options: { extensions, transport } });
        const headers = ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'];
        const client = await connect(t, port, { headers });
        assert.match(
          client.answer,
          /Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=10\r/
        );
      });
    }
  }
});

test('an extension that does more than ours runs as it is', async (t) => {
  const called = [];
  const mine = Object.assign(Object.create(deflate.configure({ level: 1 })), {
    createServerSession(offers) {
      called.push(offers.length);
      return deflate.createServerSession(offers);
    }
  });
  const { port, next } = await serve(t, () => {}, { WebSocket, options: { extensions: [mine] } });
  const client = await connect(t, port, { headers: ['Sec-WebSocket-Extensions: permessage-deflate'] });
  assert.match(client.answer, /permessage-deflate/);
  assert.deepStrictEqual(called, [1]);
  (await next()).terminate();
});

/** A copy of a chain: the npm package writes to what it gets. */
function copyOf(chain) {
  return chain.map(
    (options) => options && Object.assign(Object.create(Object.getPrototypeOf(options)), options)
  );
}
