'use strict';

// How a socket ends, by its peer's doing or its owner's, and what its owner and the WebSocket see of it: the same
// events in the same order, whoever moves the bytes.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const WebSocket = require('../testing/peers/implementation');
const { connect } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { text, close } = require('../testing/wire');

/** What is done when the connection is open and has echoed once; `rest` is what must still reach the peer. */
const endings = {
  'the peer ends its half': { act: ({ client }) => client.socket.end() },
  'the peer ends its half behind a message': {
    act: ({ client }) => {
      client.send(text('last'));
      client.socket.end();
    },
    rest: ['1:last']
  },
  'the peer resets the connection': { act: ({ client }) => client.socket.resetAndDestroy() },
  'the peer closes': { act: ({ client }) => client.send(close(3001, 'bye')), rest: ['8:3001:bye'] },
  'the owner destroys the socket': { act: ({ socket }) => socket.destroy() },
  'the owner destroys the socket with an error': {
    act: ({ socket }) => socket.destroy(new Error('planned'))
  },
  'the owner ends the socket behind a message': {
    act: ({ ws, socket }) => {
      ws.send('sent');
      socket.end();
    },
    rest: ['1:sent']
  },
  'the owner destroys the socket soon, behind a message': {
    act: ({ ws, socket }) => {
      ws.send('sent');
      socket.destroySoon();
    },
    rest: ['1:sent']
  },
  'the owner ends the socket with words of its own': {
    act: ({ ws, socket }) => {
      ws.send('sent');
      socket.end(Buffer.from([0x81, 3, 0x6f, 0x77, 0x6e]));
    },
    rest: ['1:sent', '1:own']
  },
  'somebody emits an end that the socket has not reached, and the peer ends its half': {
    act: ({ socket }) => socket.emit('end')
  },
  'somebody emits an error, and the peer ends its half': {
    act: ({ socket }) => socket.emit('error', new Error('planned'))
  },
  'the WebSocket is terminated': { act: ({ ws }) => ws.terminate() }
};

/** Lives a connection to its end; what happened, in order, and the counters of the socket. */
async function observe(t, transport, { act, rest = [] }) {
  const events = [];
  const { port, next, sockets } = await serve(t, (ws) => (ws.onmessage = ({ data }) => ws.send(data)), {
    options: { transport }
  });
  const client = await connect(t, port);
  const ws = await next();
  const [socket] = sockets;
  client.send(text('x'));
  assert.deepStrictEqual(await client.frames(1), ['1:x']);

  for (const name of ['end', 'finish', 'close', 'timeout']) {
    socket.on(name, (...details) => events.push(['socket', name, ...details]));
  }
  socket.on('error', ({ message, code, syscall }) =>
    events.push(['socket', 'error', message, code, syscall])
  );
  ws.on('error', ({ message }) => events.push(['ws', 'error', message]));
  ws.on('end', () => events.push(['ws', 'end']));
  ws.on('close', ({ code, reason }) => events.push(['ws', 'close', code, reason]));
  const gone = Promise.all([
    once(ws, 'close').catch(() => {}),
    new Promise((resolve) => socket.on('close', resolve))
  ]);
  const before = [socket.bytesRead, socket.bytesWritten];
  const used = ws.transport;
  act({ client, ws, socket });
  if (rest.length > 0) assert.deepStrictEqual(await client.frames(rest.length), rest);
  // A peer that has seen our end answers it, as any does.
  client.closed.then(() => client.socket.end());
  await gone;
  await new Promise(setImmediate);
  const { destroyed, readable, writable } = socket;
  return {
    used,
    seen: {
      events,
      destroyed,
      readable,
      writable,
      moved: [socket.bytesRead - before[0], socket.bytesWritten - before[1]],
      state: ws.readyState
    }
  };
}

describe('a socket shows the same on both transports when', () => {
  for (const [name, ending] of Object.entries(endings)) {
    test(name, async (t) => {
      const stream = await observe(t, 'stream', ending);
      const direct = await observe(t, 'direct', ending);
      assert.strictEqual(stream.used, 'stream');
      if (process.platform === 'linux' && WebSocket.engine === 'native')
        assert.strictEqual(direct.used, 'direct');
      assert.deepStrictEqual(direct.seen, stream.seen);
      const closes = stream.seen.events.filter(([, type]) => type === 'close');
      assert.strictEqual(closes.length, 2, 'one of the socket and one of the WebSocket');
    });
  }
});

for (const transport of ['stream', 'direct']) {
  test(`a server that shuts down waits for its connections (transport: ${transport})`, async (t) => {
    const { port, server, next } = await serve(t, (ws) => (ws.onmessage = ({ data }) => ws.send(data)), {
      options: { transport }
    });
    const client = await connect(t, port);
    const ws = await next();
    client.send(text('x'));
    await client.frame();
    let over = false;
    const closed = new Promise((resolve) =>
      server.close(() => {
        over = true;
        resolve();
      })
    );
    client.send(text('y'));
    assert.deepStrictEqual(await client.frames(1), ['1:y']);
    assert.strictEqual(over, false);
    ws.close(3000, 'going');
    assert.deepStrictEqual(await client.frames(1), ['8:3000:going']);
    client.send(close(3000));
    await closed;
    assert.strictEqual(ws.readyState, 3);
  });
}
