'use strict';

// Taking over a connection: bytes that came early, streams that are no sockets, TLS, and two owners of one socket.

const assert = require('node:assert');
const { EventEmitter, once } = require('node:events');
const net = require('node:net');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { MemorySocket, fakeRequest } = require('../testing/peers/memory_socket');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text, binary, close, fragments } = require('../testing/wire');

const { EventSource } = WebSocket;

/** Collects messages as strings. */
function collect(ws) {
  const messages = [];
  ws.on('message', ({ data }) => messages.push(String(data)));
  return messages;
}

/** A WebSocket on a stream in memory, open. */
async function onMemory(options) {
  const stream = new MemorySocket(options);
  const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
  await once(ws, 'open');
  stream.chunks.length = 0;
  return { stream, ws };
}

describe('early bytes', () => {
  test('handles head, then bytes that came before the answer, then later ones', async (t) => {
    const messages = [];
    const { port } = await serve(t, undefined, {
      upgrade(req, socket, head) {
        // The owner puts some of the head back and hands over the rest.
        const ws = new WebSocket(req, socket, head.subarray(0, 9));
        socket.unshift(head.subarray(9));
        ws.on('message', ({ data }) => {
          messages.push(data);
          if (data === 'last') ws.send(messages.join());
        });
      }
    });
    const client = await connect(t, port, { early: Buffer.concat([text('first'), text('second')]) });
    client.send(text('last'));
    assert.deepStrictEqual(await client.frames(1), ['1:first,second,last']);
  });

  test('handles a head that ends in the middle of a frame', async (t) => {
    const message = text('x'.repeat(1000));
    for (const cut of [1, 2, 3, 7, 8, 9, message.length - 1]) {
      const { port } = await serve(t, (ws) => {
        ws.onmessage = ({ data }) => ws.send(String(data.length));
      });
      const client = await connect(t, port, { early: message.subarray(0, cut) });
      client.send(message.subarray(cut));
      assert.deepStrictEqual(await client.frames(1), ['1:1000'], `cut at ${cut}`);
    }
  });

  test('loses nothing when the WebSocket is made long after the upgrade', async (t) => {
    const upgraded = new EventEmitter();
    const { port } = await serve(t, undefined, {
      upgrade(req, socket, head) {
        socket.once('readable', () => {
          const ws = new WebSocket(req, socket, head);
          ws.on('message', ({ data }) => ws.send(data));
        });
        upgraded.emit('done');
      }
    });
    const client = await dial(t, port);
    const done = once(upgraded, 'done');
    client.send(request());
    await done;
    client.send(text('one'), text('two'));
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    assert.deepStrictEqual(await client.frames(2), ['1:one', '1:two']);
  });

  test('does not write to the head that it was given', async () => {
    const head = text('mine');
    const before = Buffer.from(head);
    const ws = new WebSocket(fakeRequest(), new MemorySocket(), head);
    const [event] = await once(ws, 'message');
    assert.strictEqual(event.data, 'mine');
    assert.deepStrictEqual(head, before);
  });
});

describe('a stream in memory', () => {
  test('opens, echoes and closes', async () => {
    const { stream, ws } = await onMemory();
    ws.on('message', ({ data }) => ws.send(data));
    const closed = once(ws, 'close');
    stream.feed(Buffer.concat([text('a'), close(1000, 'bye')]));
    const [{ code, reason }] = await closed;
    assert.deepStrictEqual([code, reason], [1000, 'bye']);
    assert.deepStrictEqual(
      stream.written,
      Buffer.concat([text('a', { mask: null }), close(1000, 'bye', { mask: null })])
    );
    assert.ok(stream.destroyed);
  });

  test('does not write to the memory of its chunks', async () => {
    const { stream, ws } = await onMemory();
    const messages = collect(ws);
    const chunk = Buffer.concat([text('one'), binary('two'), ...fragments('th', 'ree')]);
    const before = Buffer.from(chunk);
    stream.feed(chunk);
    assert.deepStrictEqual(messages, ['one', 'two', 'three']);
    assert.deepStrictEqual(chunk, before);
  });

  test('leaves what it has written as it was', async () => {
    const { stream, ws } = await onMemory();
    const expected = [];
    for (let i = 0; i < 50; i++) {
      ws.send('message ' + i);
      expected.push(text('message ' + i, { mask: null }));
      await new Promise(setImmediate);
    }
    assert.deepStrictEqual(stream.written, Buffer.concat(expected));
  });

  test('reads chunks that are typed arrays', async () => {
    const { stream, ws } = await onMemory({ readableObjectMode: true });
    const messages = collect(ws);
    stream.feed(new Uint8Array(text('one')));
    assert.deepStrictEqual(messages, ['one']);
  });

  test('works without setTimeout, setNoDelay and cork', async () => {
    const stream = new MemorySocket();
    for (const method of ['setTimeout', 'setNoDelay', 'cork', 'uncork']) stream[method] = undefined;
    const ws = new WebSocket(fakeRequest(), stream, Buffer.alloc(0));
    await once(ws, 'open');
    stream.chunks.length = 0;
    ws.send('a');
    ws.send(Buffer.alloc(70_000));
    ws.send('b');
    await new Promise(setImmediate);
    assert.strictEqual(stream.written.length, 3 + 70_010 + 3);
  });
});

describe('calls within calls', () => {
  test('keeps rows of one connection when a handler feeds another', async () => {
    const outer = await onMemory();
    const inner = await onMemory();
    const messages = collect(inner.ws);
    const seen = [];
    outer.ws.on('message', ({ data }) => {
      seen.push(data);
      inner.stream.feed(Buffer.concat([text('a' + data), ...fragments('b', data), text('c' + data)]));
    });
    outer.stream.feed(Buffer.concat([text('1'), ...fragments('', '2'), text('é3'), text('4')]));
    assert.deepStrictEqual(seen, ['1', '2', 'é3', '4']);
    assert.deepStrictEqual(
      messages,
      ['1', '2', 'é3', '4'].flatMap((data) => ['a' + data, 'b' + data, 'c' + data])
    );
  });

  test('dispatches in order what a handler feeds to its own connection', async () => {
    const { stream, ws } = await onMemory();
    const messages = [];
    ws.on('message', ({ data }) => {
      messages.push(String(data));
      if (data === '1') stream.feed(Buffer.concat([...fragments('fo', 'ur'), text('5')]));
    });
    stream.feed(Buffer.concat([text('1'), ...fragments('tw', 'o'), text('3')]));
    await new Promise(setImmediate);
    assert.deepStrictEqual(messages, ['1', 'two', '3', 'four', '5']);
  });

  test('replies in order when the reply of the peer comes within the call that sends', async () => {
    const { stream, ws } = await onMemory();
    const messages = [];
    stream.onWrite = (chunk) => {
      // A peer in the same thread answers each of our large frames with a small one, at once.
      if (chunk.length >= 20_000) stream.feed(text('reply'));
    };
    ws.on('message', ({ data }) => {
      messages.push(String(data));
      if (data === 'ask') ws.send(Buffer.alloc(20_000));
    });
    stream.feed(Buffer.concat([text('ask'), ...fragments('af', 'ter')]));
    await new Promise(setImmediate);
    assert.deepStrictEqual(messages, ['ask', 'after', 'reply']);
  });

  test('keeps the rows of others when a handler catches what another threw', async () => {
    const outer = await onMemory();
    const failing = await onMemory();
    const third = await onMemory();
    const late = collect(third.ws);
    const failed = [];
    failing.ws.on('message', ({ data }) => {
      failed.push(data);
      if (data === 'x1') throw new Error('planned');
    });
    const seen = [];
    outer.ws.on('message', ({ data }) => {
      seen.push(data);
      if (data === '1') {
        const rows = Array.from({ length: 3000 }, (_, i) => text('x' + (i + 1)));
        assert.throws(() => failing.stream.feed(Buffer.concat(rows)), /planned/);
      }
      if (data === '2') third.stream.feed(text('t1'));
    });
    outer.stream.feed(Buffer.concat(['1', '2', '3', '4', '5', '6'].map((data) => text(data))));
    // So many are more than one connection's turn of the loop.
    while (failed.length < 3000) await new Promise(setImmediate);
    assert.deepStrictEqual(seen, ['1', '2', '3', '4', '5', '6']);
    assert.deepStrictEqual(late, ['t1']);
    assert.deepStrictEqual(
      failed,
      Array.from({ length: 3000 }, (_, i) => 'x' + (i + 1))
    );
  });

  test('may make and open another WebSocket within a handler', async () => {
    const { stream, ws } = await onMemory();
    const made = [];
    const messages = collect(ws);
    ws.on('message', () => made.push(new WebSocket(fakeRequest(), new MemorySocket(), text('early'))));
    stream.feed(Buffer.concat([text('1'), ...fragments('', '2'), text('3')]));
    assert.deepStrictEqual(messages, ['1', '2', '3']);
    const opened = await Promise.all(made.map((other) => once(other, 'message')));
    assert.deepStrictEqual(
      opened.map(([{ data }]) => data),
      ['early', 'early', 'early']
    );
  });
});

describe('TLS', () => {
  test('echoes small and large messages over TLS, coalesced ones too', async (t) => {
    const { port } = await serve(t, (ws) => ws.pipe(ws), { secure: true });
    const client = await connect(t, port, { secure: true });
    const large = 'é'.repeat(200_000);
    const messages = Array.from({ length: 200 }, (_, i) => 'message ' + i);
    client.send(...messages.map((message) => text(message)));
    assert.deepStrictEqual(
      await client.frames(200),
      messages.map((message) => '1:' + message)
    );
    client.send(text(large));
    assert.deepStrictEqual(await client.frames(1), ['1:' + large]);
  });
});

describe('a second WebSocket on one socket', () => {
  const code = 'ERR_WEBSOCKET_SOCKET_TAKEN';

  for (const [what, wait] of [
    ['in the same tick', async () => {}],
    ['once the first is open', (ws) => once(ws, 'open')]
  ]) {
    test(`throws ${what}, and leaves the first alone`, async (t) => {
      let first;
      let upgrade;
      const refused = new Promise((resolve) => {
        upgrade = async (req, socket, head) => {
          first = new WebSocket(req, socket, head);
          await wait(first);
          const attempt = () => new WebSocket(req, socket, head, ['x'], { ping: 1 });
          assert.throws(attempt, { name: 'Error', code, message: /belongs to a WebSocket/ });
          assert.throws(() => new EventSource(req, { socket }), { code });
          resolve();
        };
      });
      const { port } = await serve(t, undefined, { upgrade });
      const client = await connect(t, port);
      await refused;
      first.on('message', ({ data }) => first.send(`first ${data}`));
      client.send(text('one'), ...fragments('t', 'wo'));
      assert.deepStrictEqual(await client.frames(2), ['1:first one', '1:first two']);
      const closed = once(first, 'close');
      client.send(close(1000));
      assert.strictEqual((await closed)[0].code, 1000);
      assert.deepStrictEqual(await client.frames(1), ['8:1000:']);
    });
  }

  test('throws while the first is closing', async (t) => {
    const { port, next } = await serve(t);
    const client = await connect(t, port);
    const ws = await next();
    ws.close(3000);
    assert.throws(() => new WebSocket(fakeRequest(), ws._stream, Buffer.alloc(0)), { code });
    assert.deepStrictEqual(await client.frames(1), ['8:3000:']);
  });

  test('is made where the first constructor has thrown', async (t) => {
    const { port } = await serve(t, undefined, {
      upgrade(req, socket, head) {
        assert.throws(() => new WebSocket(req, socket, head, [], { pings: 1 }), /Unrecognized option/);
        assert.throws(() => new WebSocket(req, socket, head, ['a\nb']), TypeError);
        assert.throws(() => new WebSocket(req, socket, head, [], { headers: { a: 'b\r\n' } }), TypeError);
        const ws = new WebSocket(req, socket, head);
        ws.pipe(ws);
      }
    });
    const client = await connect(t, port);
    client.send(text('one'));
    assert.deepStrictEqual(await client.frames(1), ['1:one']);
  });
});

describe('the owner of the socket', () => {
  test('may listen to the same bytes, which stay masked', async (t) => {
    const seen = [];
    const { port, next } = await serve(t, (ws, req, socket) =>
      socket.on('data', (chunk) => seen.push(chunk))
    );
    const client = await connect(t, port);
    const ws = await next();
    const message = once(ws, 'message');
    client.send(text('masked'));
    assert.strictEqual((await message)[0].data, 'masked');
    assert.deepStrictEqual(Buffer.concat(seen), text('masked'));
  });

  test('may subclass net.Socket and keep what is written until later', async () => {
    class Keeping extends net.Socket {
      kept = [];

      write(chunk) {
        this.kept.push(chunk);
        return true;
      }
    }
    const socket = new Keeping();
    Object.defineProperties(socket, { readable: { value: true }, writable: { value: true } });
    const ws = new WebSocket(fakeRequest(), socket, Buffer.alloc(0));
    await once(ws, 'open');
    socket.kept.length = 0;
    const expected = [];
    for (let i = 0; i < 20; i++) {
      ws.send('message ' + i);
      expected.push(text('message ' + i, { mask: null }));
      await new Promise(setImmediate);
    }
    assert.deepStrictEqual(Buffer.concat(socket.kept), Buffer.concat(expected));
  });
});
