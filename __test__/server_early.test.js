'use strict';

// Calls before a connection is open, and arguments whose conversion does something: what was accepted is sent, as it was
// then, and nothing follows a close frame.

const assert = require('node:assert');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const deflate = require('../deflate');
const { passOnLater, passing } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { close, pong, text } = require('../testing/wire');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { uncaught } = require('../testing/peers/watch');

/** A server whose WebSockets are given to `early` in the tick of their making, and a client that has connected. */
async function withEarly(t, early, settings) {
  const { port, next } = await serve(t, early, settings);
  const client = await connect(t, port, { headers: OFFER });
  return { client, ws: await next() };
}

/** An extension that takes its time and changes nothing. */
const SLOW = passing('slow', passOnLater);

const OFFER = ['Sec-WebSocket-Extensions: slow, permessage-deflate'];

const CODINGS = {
  'plain frames': {},
  'an extension of the caller': { extensions: [SLOW] },
  'permessage-deflate': { extensions: [deflate.configure({ threshold: 1000 })] }
};

for (const [what, options] of Object.entries(CODINGS)) {
  describe(`with ${what}`, () => {
    test('end sends what was accepted before, opens, and closes', async (t) => {
      const events = [];
      const { client, ws } = await withEarly(
        t,
        (one) => {
          for (const name of ['open', 'close']) one.on(name, () => events.push(name));
          one.on('open', () => events.push(one.send('too late'), one.readyState));
          assert.strictEqual(one.send('one'), true);
          assert.strictEqual(one.ping('p'), true);
          one.end('two');
          assert.strictEqual(one.readyState, 0);
          assert.deepStrictEqual([one.send('no'), one.ping('no'), one.write('no')], [false, false, false]);
          one.end();
        },
        { options }
      );
      const frames = await client.frames(4);
      // A ping does not wait for an extension that takes its time.
      if (options.extensions && options.extensions[0] === SLOW) frames.sort();
      else frames.push(frames.splice(1, 1)[0]);
      assert.deepStrictEqual(frames, ['1:one', '1:two', '8:1000:', '9:p']);
      const closed = closing(ws);
      client.send(close(1000));
      assert.strictEqual((await closed).code, 1000);
      assert.deepStrictEqual(events, ['open', false, 1, 'close']);
    });

    test('a pipe that ends before sends all of it, and closes', async (t) => {
      const { client } = await withEarly(
        t,
        (ws) => {
          const source = new Readable({ read() {} });
          // A stream that has all of its data in one tick, as one in memory may.
          ws.write('a');
          ws.write(Buffer.from('b'));
          source.destroy();
          ws.end();
        },
        { options }
      );
      assert.deepStrictEqual(await client.frames(3), ['1:a', '2:b', '8:1000:']);
    });

    test('close completes the handshake, and the peer hears of the code behind what was sent', async (t) => {
      const events = [];
      const { client, ws } = await withEarly(
        t,
        (one) => {
          for (const name of ['open', 'error', 'end', 'close']) one.on(name, () => events.push(name));
          one.send('why');
          one.close(4401, 'who are you?');
          assert.strictEqual(one.readyState, 2);
          assert.strictEqual(one.send('no'), false);
          one.close(4402);
        },
        { options }
      );
      assert.deepStrictEqual(await client.frames(2), ['1:why', '8:4401:who are you?']);
      assert.strictEqual(ws.readyState, 2);
      const closed = closing(ws);
      client.send(text('ignored'), close(4401, 'who are you?'));
      const event = await closed;
      assert.deepStrictEqual([event.code, event.reason], [4401, 'who are you?']);
      assert.deepStrictEqual(events, ['end', 'close']);
      await client.closed;
    });
  });
}

test('a pipe into a connection that is not open yet arrives whole', async (t) => {
  const { client } = await withEarly(t, (ws) => {
    Readable.from(['a', 'b', 'c'], { objectMode: true }).pipe(ws);
  });
  assert.deepStrictEqual(await client.frames(4), ['1:a', '1:b', '1:c', '8:1000:']);
});

describe('close before open', () => {
  test('with a peer that does not answer ends after the usual time', async (t) => {
    const Connection = Object.getPrototypeOf(WebSocket.prototype).constructor;
    const usual = Connection.CLOSE_TIMEOUT;
    Connection.CLOSE_TIMEOUT = 20;
    t.after(() => (Connection.CLOSE_TIMEOUT = usual));
    const { client, ws } = await withEarly(t, (one) => one.close(3000));
    assert.deepStrictEqual(await client.frames(1), ['8:3000:']);
    if (ws.readyState < 3) await closing(ws);
    await client.closed;
  });

  test('with terminate behind it sends nothing', async (t) => {
    const { port, next } = await serve(t, (ws) => {
      ws.close(3000);
      ws.terminate();
    });
    const client = await dial(t, port);
    client.send(request());
    const ws = await next();
    if (ws.readyState < 3) await closing(ws);
    assert.strictEqual((await client.rest()).length, 0);
  });

  test('of a bad handshake refuses it', async (t) => {
    const { port, next } = await serve(t, (ws) => ws.close(4401));
    const client = await dial(t, port);
    client.send(String(request()).replace('Version: 13', 'Version: 8'));
    assert.match(await client.head(), /^HTTP\/1\.1 400 /);
    const ws = await next();
    if (ws.readyState < 3) await closing(ws);
  });

  test('without anything sent before end is the same as close', async (t) => {
    const opened = [];
    const { client } = await withEarly(t, (ws) => {
      ws.on('open', () => opened.push('open'));
      ws.end();
    });
    assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
    assert.deepStrictEqual(opened, []);
  });
});

test('an exception of a handler of open does not keep a connection open that was ended', async (t) => {
  const messages = uncaught(t);
  const { client } = await withEarly(t, (ws) => {
    ws.on('open', () => {
      throw new Error('planned');
    });
    ws.end('last');
  });
  assert.deepStrictEqual(await client.frames(2), ['1:last', '8:1000:']);
  assert.deepStrictEqual(messages, ['planned']);
});

describe('bytes that are sent before open', () => {
  for (const [what, make] of [
    ['a Buffer', () => Buffer.from('abc')],
    ['a typed array', () => new Uint8Array(Buffer.from('abc'))],
    ['an ArrayBuffer', () => new Uint8Array(Buffer.from('abc')).buffer],
    ['a DataView', () => new DataView(new Uint8Array(Buffer.from('abc')).buffer)]
  ]) {
    test(`are those of ${what} when it was sent, and pings too`, async (t) => {
      const { client } = await withEarly(t, (ws) => {
        const bytes = make();
        ws.send(bytes);
        ws.ping(bytes);
        new Uint8Array(bytes.buffer || bytes, bytes.byteOffset || 0, 3).fill(0x78);
      });
      assert.deepStrictEqual(await client.frames(2), ['2:abc', '9:abc']);
    });
  }
});

describe('a conversion to a string', () => {
  /** A value whose `toString` calls a method of a connection. */
  const calling = (ws, method, ...args) => ({
    toString() {
      ws[method](...args);
      return 'converted';
    }
  });

  for (const call of [['close'], ['close', 3001], ['end'], ['end', 'first'], ['terminate']]) {
    for (const compresses of [false, true]) {
      test(`that calls ${call.join(' ')} sends nothing behind it${compresses ? ', compressed' : ''}`, async (t) => {
        const options = compresses ? { extensions: [deflate] } : {};
        const { port, next } = await serve(t, undefined, { options });
        const client = await connect(t, port, {
          headers: OFFER
        });
        const ws = await next();
        assert.strictEqual(ws.send(calling(ws, ...call)), false);
        assert.strictEqual(ws.ping(calling(ws, ...call)), false);
        assert.ok(ws.readyState >= 2);
        if (call[0] === 'terminate') {
          await client.closed;
          assert.strictEqual(client.bytes.length, 0);
          return;
        }
        if (call[1] === 'first') await client.frame();
        assert.deepStrictEqual(await client.frames(1), [`8:${call[1] === 3001 ? 3001 : 1000}:`]);
        client.send(close(1000));
        assert.strictEqual((await client.rest()).length, 0);
      });
    }
  }

  test('that closes before open sends nothing behind it', async (t) => {
    const { client } = await withEarly(t, (ws) => {
      ws.send('first');
      assert.strictEqual(ws.send(calling(ws, 'close', 3000)), false);
    });
    assert.deepStrictEqual(await client.frames(2), ['1:first', '8:3000:']);
  });

  test('is not made once closing', async (t) => {
    const { client, ws } = await withEarly(t);
    ws.close();
    assert.strictEqual(ws.send({ toString: () => assert.fail('converted') }), false);
    assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
  });

  test('of a reason that closes leaves the first close frame', async (t) => {
    const { client, ws } = await withEarly(t);
    ws.close(3000, calling(ws, 'close', 3001));
    assert.deepStrictEqual(await client.frames(1), ['8:3001:']);
  });
});

describe('a ping', () => {
  test('with bytes that are no text has its callback called, and no other', async (t) => {
    const { client, ws } = await withEarly(t);
    const answered = [];
    const payloads = [[0xff], [0xfe], [0xff, 0xfe], [0xc3], [0xef, 0xbf, 0xbd], []].map((bytes) =>
      Buffer.from(bytes)
    );
    for (const payload of payloads) ws.ping(payload, () => answered.push(payload.toString('hex')));
    for (const payload of payloads) assert.ok((await client.frame()).payload.equals(payload));
    for (const payload of [...payloads].reverse()) client.send(pong(payload), pong(payload));
    client.send(text('done'));
    await once(ws, 'message');
    assert.deepStrictEqual(
      answered,
      [...payloads].reverse().map((payload) => payload.toString('hex'))
    );
  });

  for (const [what, bytes] of [
    ['Uint8Array', new Uint8Array([1, 2, 255])],
    ['ArrayBuffer', new Uint8Array([1, 2, 255]).buffer],
    ['DataView', new DataView(new Uint8Array([0, 1, 2, 255]).buffer, 1)]
  ]) {
    test(`of a ${what} sends its bytes, and hears their pong`, async (t) => {
      const { client, ws } = await withEarly(t);
      const answered = new Promise((resolve) => ws.ping(bytes, resolve));
      const frame = await client.frame();
      assert.deepStrictEqual([frame.opcode, [...frame.payload]], [9, [1, 2, 255]]);
      client.send(pong(Buffer.from([1, 2, 255])));
      await answered;
    });
  }

  test('finds the callback of a text by its bytes', async (t) => {
    const { client, ws } = await withEarly(t);
    const answered = new Promise((resolve) => ws.ping('grüße', resolve));
    client.send(pong(Buffer.from('grüße')));
    await answered;
    await turn();
  });
});
