'use strict';

// The direct transport and what is scarce, shared or gone: descriptors, signals, turns of the loop. Where it is not
// to be had, the same holds for the stream transport, and is asserted of that.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { startPoor } = require('../testing/peers/poor');
const { connect, dial, request } = require('../testing/peers/raw_client');
const { closing, serve } = require('../testing/peers/server');
const { startSubject } = require('../testing/peers/subject');
const { text } = require('../testing/wire');

const DIRECT = process.platform === 'linux' && WebSocket.engine === 'native';
const options = { transport: 'direct' };

describe('descriptors', () => {
  test('that have run out since the first connection are missed by none: it takes no more than its socket', async (t) => {
    const { port, line } = await startPoor(
      t,
      `const taken = [];
       const ws = new WebSocket(request, socket, head, [], { transport: 'direct' });
       if (request.url === '/poor') {
         try { for (;;) taken.push(fs.openSync('/dev/null')); } catch (error) { console.log(error.code); }
       }
       ws.onopen = () => setImmediate(() => {
         for (const fd of taken) fs.closeSync(fd);
         console.log(ws.transport);
       });
       ws.onmessage = ({ data }) => ws.send(data);`
    );
    const enter = async (path) => {
      const client = await dial(t, port);
      client.send(request().toString().replace('GET /', `GET ${path}`));
      await client.head();
      return client;
    };
    // What the direct transport needs once must be there when descriptors run out.
    const first = await enter('/first');
    assert.strictEqual(await line(), DIRECT ? 'direct' : 'stream');
    const poor = await enter('/poor');
    assert.deepStrictEqual([await line(), await line()], ['EMFILE', DIRECT ? 'direct' : 'stream']);
    const next = await enter('/next');
    assert.strictEqual(await line(), DIRECT ? 'direct' : 'stream');
    for (const client of [first, poor, next]) {
      client.send(text('é'), text('x'));
      assert.deepStrictEqual(await client.frames(2), ['1:é', '1:x']);
    }
  });

  test('that have run out at the very first connection leave it on the stream transport', async (t) => {
    const { port, line } = await startPoor(
      t,
      `const taken = [];
       const ws = new WebSocket(request, socket, head, [], { transport: 'direct' });
       try { for (;;) taken.push(fs.openSync('/dev/null')); } catch (error) { console.log(error.code); }
       ws.onopen = () => setImmediate(() => {
         for (const fd of taken) fs.closeSync(fd);
         console.log(ws.transport);
       });
       ws.onmessage = ({ data }) => ws.send(data);`
    );
    const client = await connect(t, port);
    assert.deepStrictEqual([await line(), await line()], ['EMFILE', 'stream']);
    client.send(text('x'));
    assert.deepStrictEqual(await client.frames(1), ['1:x']);
  });

  test('that are used again bring nothing of their former connections', async (t) => {
    const { port } = await serve(
      t,
      (ws, request, socket) => {
        ws.onmessage = ({ data }) => {
          if (data === 'destroy') socket.destroy();
          else ws.send(`${data} of ${request.headers.name}`);
        };
      },
      { options }
    );
    let number = 0;
    const live = async (round) => {
      const name = `${++number}`;
      const client = await connect(t, port, { headers: [`Name: ${name}`] });
      client.send(text('a'));
      assert.deepStrictEqual(await client.frames(1), [`1:a of ${name}`]);
      // Half of them leave work behind: messages behind the one that ends the connection, or unread answers.
      if (round % 4 === 0) {
        client.send(text('destroy'), text('b'), text('c'));
        assert.strictEqual((await client.rest()).length, 0);
      } else if (round % 4 === 1) {
        client.send(text('b'), text('c'));
        client.socket.resetAndDestroy();
      } else {
        client.send(text('b'));
        assert.deepStrictEqual(await client.frames(1), [`1:b of ${name}`]);
        client.socket.destroy();
      }
    };
    const lives = Array.from({ length: 20 }, async (_, i) => {
      for (let round = 0; round < 25; round++) await live(i + round);
    });
    await Promise.all(lives);
  });
});

describe('one turn of the loop', () => {
  test('brings nothing of a connection that a handler of another has destroyed in it', async (t) => {
    for (let round = 0; round < 30; round++) {
      const pair = [];
      const messages = [];
      const { port, next } = await serve(
        t,
        (ws, request, socket) => {
          pair.push(socket);
          ws.onmessage = ({ data }) => {
            messages.push(data);
            for (const other of pair) if (other !== socket) other.destroy();
          };
        },
        { options }
      );
      const clients = [await connect(t, port), await connect(t, port)];
      const sockets = [await next(), await next()];
      const closed = Promise.race(sockets.map(closing));
      // Both are there before the server looks.
      clients[0].send(text('a'), text('a'));
      clients[1].send(text('b'), text('b'));
      await closed;
      const survivor = sockets.find((ws) => ws.readyState === 1);
      assert.ok(survivor, 'one is left');
      while (messages.length < 2) await once(survivor, 'message');
      assert.strictEqual(messages[0], messages[1]);
      assert.strictEqual(messages.length, 2);
    }
  });

  test('is shared: a peer that floods does not keep another one waiting', async (t) => {
    const subject = await startSubject(t, {
      options,
      behaviour: (ws) => (ws.onmessage = ({ data }) => data.length < 10 && ws.send(data))
    });
    const flooder = await connect(t, subject.port);
    const other = await connect(t, subject.port);
    const chunk = Buffer.concat(Array(2000).fill(text('flood of words')));
    let going = true;
    const flood = (async () => {
      while (going) if (!flooder.socket.write(chunk)) await once(flooder.socket, 'drain');
    })();
    for (let i = 0; i < 100; i++) {
      other.send(text(`${i}`));
      assert.deepStrictEqual(await other.frames(1), [`1:${i}`]);
    }
    going = false;
    await flood;
  });
});

test('a peer that is gone is no signal', async (t) => {
  const { port, line, exit } = await startPoor(
    t,
    `process.on('SIGPIPE', () => console.log('SIGPIPE'));
     const ws = new WebSocket(request, socket, head, [], { transport: 'direct' });
     ws.onopen = () => console.log('open');
     ws.onmessage = () => {
       // The peer has reset the connection by now, or does while we write.
       const until = Date.now() + 50;
       while (Date.now() < until);
       for (let i = 0; i < 100; i++) ws.send(Buffer.alloc(20_000));
     };
     ws.onclose = ({ code }) => setImmediate(() => { console.log(code); process.exit(0); });`
  );
  const client = await connect(t, port);
  assert.strictEqual(await line(), 'open');
  client.send(text('x'));
  client.socket.resetAndDestroy();
  assert.strictEqual(await line(), '1006');
  assert.deepStrictEqual(await exit, [0, null]);
});

test('a socket that is referenced again keeps the process', async (t) => {
  const { port, line, exit } = await startPoor(
    t,
    `const ws = new WebSocket(request, socket, head, [], { transport: 'direct' });
     ws.onopen = () => setImmediate(() => {
       server.close();
       socket.unref();
       socket.ref();
       console.log(ws.transport);
     });
     ws.onmessage = ({ data }) => ws.send(data);
     process.on('exit', () => console.log('exit'));`
  );
  const client = await connect(t, port);
  assert.strictEqual(await line(), DIRECT ? 'direct' : 'stream');
  client.send(text('still here'));
  assert.deepStrictEqual(await client.frames(1), ['1:still here']);
  client.socket.destroy();
  assert.strictEqual(await line(), 'exit');
  assert.deepStrictEqual(await exit, [0, null]);
});

test('1,000 connections that come at once are served, on descriptors that are all given back', async (t) => {
  const COUNT = 1000;
  const subject = await startSubject(t, {
    options,
    behaviour: (ws) => (ws.onmessage = ({ data }) => ws.send(data))
  });
  const before = await subject.measure();
  const clients = await Promise.all(Array.from({ length: COUNT }, () => connect(t, subject.port)));
  for (const [i, client] of clients.entries()) client.send(text(`${i}`), text(`é${i}`));
  await Promise.all(
    clients.map(async (client, i) => assert.deepStrictEqual(await client.frames(2), [`1:${i}`, `1:é${i}`]))
  );
  const open = await subject.measure();
  assert.strictEqual(open.sessions, COUNT);
  for (const client of clients) client.socket.destroy();
  const after = await subject.until('close', COUNT);
  t.diagnostic(
    `${COUNT} connections: ${open.descriptors - before.descriptors} descriptors, ` +
      `RSS +${((open.rss - before.rss) / COUNT / 1024).toFixed(1)} KB each`
  );
  assert.strictEqual(after.sessions, 0);
  assert.ok(after.descriptors <= before.descriptors + 5, `${after.descriptors} of ${before.descriptors}`);
});

describe('a large text', () => {
  test('leaves memory behind that is counted', { skip: !DIRECT && 'it is kept elsewhere' }, async (t) => {
    const server = await serve(t, undefined, { options });
    const peer = await connect(t, server.port);
    const ws = await server.next();
    while (ws.readyState !== 1) await new Promise(setImmediate);
    peer.drop();
    const length = 4 << 20;
    ws.send('x'.repeat(length));
    const { buffers } = WebSocket.memoryUsage();
    assert.ok(buffers >= 3 * length, `its units and its frame, in ${buffers} bytes`);
  });
});
