'use strict';

// Messages behind one that cannot be inflated, where permessage-deflate is one of several extensions: they wait for a session that
// is closed when the first has failed, and nobody gets them.

const assert = require('node:assert');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const websocket = require('../driver');
const { request: given } = require('../testing/driver/harness');
const { passing } = require('../testing/passing_extension');
const { dial, request } = require('../testing/peers/raw_client');
const { agreement, listen } = require('../testing/peers/raw_server');
const { uncaughtWithStores } = require('../testing/peers/scoped');
const { closing, serve } = require('../testing/peers/server');
const { WAYS } = require('../testing/peers/ways');
const WebSocket = require('..');
const { frame } = require('../testing/wire');

const RSV1 = 4;
const HEADER = 'permessage-deflate, x-plain';
const compressed = (data) => zlib.deflateRawSync(data, { finishFlush: 2 }).subarray(0, -4);

/** Random bytes compressed, with an end that cannot be. A thread inflates it. */
const bad = compressed(crypto.randomBytes(100_000));
bad.fill(0xff, 50_000);

/** The bad message, and some behind it that are short or long. */
function messages(mask) {
  const payloads = [bad, compressed('abc'), compressed(crypto.randomBytes(80_000)), compressed('def')];
  return Buffer.concat(payloads.map((payload) => frame({ opcode: 2, rsv: RSV1, payload, ...mask })));
}

const extensions = [WebSocket.deflate, passing('x-plain')];

/** Asserts that a connection ends with 1010, and that nothing is thrown behind that. */
async function endsAlone(ws) {
  const told = [];
  for (const name of ['message', 'error']) ws.on(name, (event) => told.push(event.message || name));
  const { code } = await closing(ws);
  await new Promise(setImmediate);
  assert.strictEqual(code, 1010);
  assert.match(told.join(), /^permessage-deflate: [^,]*$/);
}

describe('nothing is told of messages behind one that cannot be inflated', () => {
  for (const { name, options } of WAYS.filter(({ secure }) => !secure)) {
    test(`by a server, ${name}`, async (t) => {
      const server = await serve(t, undefined, { options: { ...options, extensions } });
      const peer = await dial(t, server.port);
      peer.send(request([`Sec-WebSocket-Extensions: ${HEADER}`]));
      const ws = await server.next();
      peer.send(messages());
      await endsAlone(ws);
    });

    test(`by a client, ${name}`, async (t) => {
      const server = await listen(t);
      const ws = new WebSocket.Client(server.url, [], { ...options, extensions });
      const ended = endsAlone(ws);
      const peer = await server.next();
      const head = await peer.head();
      peer.send(agreement(head, [`Sec-WebSocket-Extensions: ${HEADER}`]), messages({ mask: null }));
      await ended;
    });
  }

  test('by a driver', async () => {
    const driver = websocket.http(given({ 'sec-websocket-extensions': HEADER }));
    for (const extension of extensions) driver.addExtension(extension);
    driver.start();
    const ended = endsAlone(driver);
    driver.parse(messages());
    await ended;
  });
});

test('a session of deflate works on what waits, and on what comes later, behind a message whose handler has thrown', async (t) => {
  const uncaught = uncaughtWithStores(t);
  const inflating = WebSocket.deflate.createServerSession([{}]);
  t.after(() => inflating.close());
  const told = [];
  const inflate = (data) =>
    new Promise((resolve) => {
      inflating.processIncomingMessage({ rsv1: true, data: compressed(data) }, (_error, message) => {
        told.push(message.data.length);
        resolve();
        if (message.data.length === 3) throw new Error('of a handler');
      });
    });
  // A thread inflates the first one, and the others wait for it.
  await Promise.all([crypto.randomBytes(300_000), 'abc', 'four'].map(inflate));
  await inflate('later');
  await new Promise(setImmediate);
  assert.deepStrictEqual(told, [300_000, 3, 4, 5]);
  assert.deepStrictEqual(uncaught, ['of a handler in undefined']);
});

describe('whatever an extension fails a message with ends its connection with 1010', () => {
  const faults = {
    'a string': ['bad', 'x-plain: bad'],
    'an error that has only a getter for its message': [new DOMException('dom'), 'x-plain: dom'],
    'a frozen error': [Object.freeze(new Error('frozen')), 'x-plain: frozen'],
    'an error whose type is no string': [
      Object.freeze(Object.assign(new Error('odd'), { type: Object.create(null) })),
      'x-plain: odd'
    ],
    'a symbol': [Symbol('one'), 'x-plain: Symbol(one)']
  };
  const notMessages = {
    nothing: undefined,
    'no data': {},
    'a number for the data of a text': { opcode: 1, data: 5 },
    'data that throws': Object.defineProperty({}, 'data', { get: () => assert.fail('asked') }),
    'a text whose data throws': Object.defineProperty({ opcode: 1 }, 'data', {
      get: () => assert.fail('asked')
    }),
    'an opcode that throws': Object.defineProperty({ data: 'text' }, 'opcode', {
      get: () => assert.fail('asked')
    })
  };
  /** How a session ends a message: by name, with what the error's text is. */
  const cases = [
    ...Object.entries(faults).map(([name, [fault, text]]) => [name, (callback) => callback(fault), text]),
    ...Object.entries(notMessages).map(([name, message]) => [
      `${name} instead of a message`,
      (callback) => callback(null, message),
      'An extension has passed on something else than a message with data'
    ]),
    ...[undefined, null].map((thrown) => [
      `a throw of ${thrown}`,
      () => {
        throw thrown;
      },
      `x-plain: ${thrown}`
    ])
  ];

  /** The extension, whose sessions fail in one direction, at once or later. */
  function failing(direction, fail, isLater) {
    const extension = passing('x-plain');
    const session = {
      ...extension.createServerSession(),
      [direction]: (message, callback) => (isLater ? setImmediate(fail, callback) : fail(callback))
    };
    return { ...extension, createServerSession: () => session };
  }

  for (const { name: way, options } of WAYS.filter(({ secure }) => !secure)) {
    for (const [name, fail, text] of cases) {
      for (const isLater of name.startsWith('a throw') ? [false] : [false, true]) {
        test(`${way}, ${isLater ? 'later' : 'at once'}: ${name}`, async (t) => {
          for (const direction of ['processIncomingMessage', 'processOutgoingMessage']) {
            const own = { ...options, extensions: [failing(direction, fail, isLater)] };
            const server = await serve(t, undefined, { options: own });
            const peer = await dial(t, server.port);
            peer.send(request(['Sec-WebSocket-Extensions: x-plain']));
            const ws = await server.next();
            const told = [];
            for (const event of ['open', 'message', 'error'])
              ws.on(event, ({ message }) => told.push(message));
            const closed = closing(ws);
            // Before it is open, and so is what comes of it if that comes at once.
            if (direction === 'processOutgoingMessage') ws.send('text');
            peer.send(frame({ opcode: 1, payload: Buffer.from('text') }));
            const { code } = await closed;
            await new Promise(setImmediate);

            assert.strictEqual(code, 1010);
            assert.strictEqual(told[told.length - 1], text);
          }
        });
      }
    }
  }
});

test('an ArrayBuffer that an extension has made of a message is held to maxLength', async (t) => {
  const grow = (message, callback) =>
    callback(null, { ...message, data: new ArrayBuffer(message.data.length * 10) });
  const options = { extensions: [passing('x-plain', grow)], maxLength: 100 };
  const server = await serve(t, undefined, { options });
  const peer = await dial(t, server.port);
  peer.send(request(['Sec-WebSocket-Extensions: x-plain']));
  const ws = await server.next();
  peer.send(frame({ opcode: 2, payload: Buffer.alloc(11) }));

  assert.strictEqual((await closing(ws)).code, 1009);
});

describe('what an extension has made of bytes is told as it is', () => {
  const values = { 'an object': { parsed: 1 }, 'a number': 5, 'a Map': new Map([[1, 2]]), false: false };
  for (const { name: way, options } of WAYS.filter(({ secure }) => !secure)) {
    for (const [name, data] of Object.entries(values)) {
      test(`${way}: ${name}`, async (t) => {
        const parse = passing('x-plain', (message, callback) => callback(null, { ...message, data }));
        const server = await serve(t, undefined, { options: { ...options, extensions: [parse] } });
        const peer = await dial(t, server.port);
        peer.send(request(['Sec-WebSocket-Extensions: x-plain']));
        const ws = await server.next();
        const told = [];
        ws.on('error', (event) => told.push(event.message));
        const closed = closing(ws);
        ws.on('message', (event) => {
          told.push(event.data);
          ws.terminate();
        });
        peer.send(frame({ opcode: 2, payload: Buffer.from('bytes') }));
        await closed;

        assert.deepStrictEqual(told, [data]);
      });
    }
  }
});
