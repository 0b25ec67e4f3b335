'use strict';

// What a handler has sent leaves although it goes on: computes, blocks, or ends the process without asking anybody. The
// process that sends is another than the one that waits for its frames.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { connect } = require('../testing/peers/raw_client');
const { agree, listen } = require('../testing/peers/raw_server');
const { startSubject } = require('../testing/peers/subject');
const { text, fromServer } = require('../testing/wire');

/** What connections travel over. `deflate` stands for frames that were made by an extension. */
const WAYS = {
  'the direct transport': { options: { transport: 'direct' } },
  'the stream transport': { options: { transport: 'stream' } },
  TLS: { secure: true },
  'the direct transport, compressed': { options: { transport: 'direct' }, deflate: { threshold: 0 } },
  'the stream transport, compressed': { options: { transport: 'stream' }, deflate: { threshold: 0 } },
  WebAssembly: { env: { FAYE_WEBSOCKET_NATIVE: 'wasm' } }
};

/** What makes a process end, or stand still, without asking anybody. */
const ENDS = {
  'process.abort': () => process.abort(),
  'process.exit': () => process.exit(),
  'a signal': () => process.kill(process.pid, 'SIGKILL'),
  'an endless execSync': () => require('node:child_process').execSync('sleep 1000'),
  'an endless Atomics.wait': () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
};

/** Connects to a server that does `behaviour` with its WebSockets, in a process of its own. */
async function against(t, way, behaviour) {
  const subject = await startSubject(t, { ...way, behaviour });
  const headers = way.deflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : [];
  const client = await connect(t, subject.port, { ...way, headers });
  return { client, subject };
}

/** The opcodes of the next frames. */
async function opcodes(client, count) {
  const list = [];
  while (list.length < count) list.push((await client.frame()).opcode);
  return list;
}

for (const [name, way] of Object.entries(WAYS)) {
  describe(`over ${name}`, () => {
    test('a text leaves before its handler has returned', async (t) => {
      const { client } = await against(t, way, (ws) => {
        ws.onmessage = () => {
          ws.send('working');
          for (;;);
        };
      });
      client.send(text('go'));
      assert.deepStrictEqual(await opcodes(client, 1), [1]);
    });

    test('bytes leave before the timer that sent them has returned', async (t) => {
      const { client } = await against(t, way, (ws) => {
        ws.onmessage = () =>
          setTimeout(() => {
            ws.send(Buffer.from('working'));
            for (;;);
          }, 1);
      });
      client.send(text('go'));
      assert.deepStrictEqual(await opcodes(client, 1), [2]);
    });

    for (const [what, opcode, send] of [
      ['a text', 1, (ws) => ws.send('last words')],
      ['a ping', 9, (ws) => ws.ping()],
      ['a close frame', 8, (ws) => ws.close()]
    ]) {
      for (const [how, end] of Object.entries(ENDS)) {
        if (opcode !== 1 && how !== 'a signal') continue;
        test(`${what} leaves before ${how}`, async (t) => {
          const behaviour = `(ws) => {
            ws.onmessage = () => {
              (${send})(ws);
              (${end})();
            };
          }`;
          const { client } = await against(t, way, behaviour);
          client.send(text('go'));
          assert.deepStrictEqual(await opcodes(client, 1), [opcode]);
        });
      }
    }

    test('what `open` sends leaves before it has returned', async (t) => {
      // A stream of TLS takes one write in a turn of the loop, and that was the answer to the handshake.
      if (way.secure) return;
      const { client } = await against(t, way, (ws) => {
        ws.onopen = () => {
          ws.send('welcome');
          for (;;);
        };
      });
      assert.deepStrictEqual(await opcodes(client, 1), [1]);
    });

    test('the answer to the handshake leaves before what follows in the same turn has returned', async (t) => {
      const { client } = await against(t, way, () => {
        process.nextTick(() => {
          for (;;);
        });
      });
      assert.match(client.answer, /^HTTP\/1\.1 101 /);
    });

    test('the first four frames of a turn leave before the process is killed', async (t) => {
      // As above, over TLS only the first one leaves, as it does from a socket of Node's own.
      if (way.secure) return;
      const { client } = await against(t, way, (ws) => {
        ws.onmessage = () => {
          ws.send('a');
          ws.send(Buffer.from('b'));
          ws.ping();
          ws.close();
          process.kill(process.pid, 'SIGKILL');
        };
      });
      client.send(text('go'));
      assert.deepStrictEqual(await opcodes(client, 4), [1, 2, 9, 8]);
    });

    test('later frames leave with the next one of their turn, if that comes later than a millisecond', async (t) => {
      const { client } = await against(t, way, (ws) => {
        ws.onmessage = () => {
          for (let i = 0; i < 10; i++) ws.send('a');
          const { now } = performance;
          for (const end = now.call(performance) + 5; now.call(performance) < end;);
          ws.send('b');
          for (;;);
        };
      });
      client.send(text('go'));
      // As above, over TLS only the first one leaves.
      const count = way.secure ? 1 : 11;
      assert.deepStrictEqual(await opcodes(client, count), Array(count).fill(1));
    });

    test('answers to a packet of messages do not wait for all of them, if handlers take long', async (t) => {
      const { client } = await against(t, way, (ws) => {
        let handled = 0;
        ws.onmessage = () => {
          const { now } = performance;
          for (const end = now.call(performance) + 15; now.call(performance) < end || handled === 20;);
          ws.send(String(++handled));
        };
      });
      client.send(...Array(21).fill(text('go')));
      assert.deepStrictEqual(await opcodes(client, 2), [1, 1]);
    });

    test('what the owner has corked leaves when it is uncorked', async (t) => {
      const { client } = await against(t, way, (ws, { socket }) => {
        ws.onmessage = () => {
          socket.cork();
          ws.send('a');
          ws.send(Buffer.from('b'));
          ws.ping();
          socket.uncork();
          for (;;);
        };
      });
      client.send(text('go'));
      assert.deepStrictEqual(await opcodes(client, 3), [1, 2, 9]);
    });

    test('a client speaks as promptly', async (t) => {
      if (way.secure) return;
      const server = await listen(t);
      const behaviour = (ws) => {
        ws.onmessage = () => {
          ws.send('working');
          for (;;);
        };
      };
      await startSubject(t, { ...way, url: server.url, behaviour });
      const peer = await server.next();
      const extension = 'Sec-WebSocket-Extensions: permessage-deflate';
      await agree(peer, way.deflate ? [extension] : []);
      peer.send(fromServer.text('go'));
      assert.deepStrictEqual(await opcodes(peer, 1), [1]);
    });
  });
}
