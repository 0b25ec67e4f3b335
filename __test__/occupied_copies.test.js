'use strict';

/**
 * Two copies of this package in one process, as npm installs them where two packages ask for two versions: they must not
 * take the same socket.
 */

const assert = require('node:assert');
const http = require('node:http');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');

const ROOT = path.join(__dirname, '..') + path.sep;

/** The package, loaded anew. */
function load() {
  for (const name of Object.keys(require.cache)) {
    if (name.startsWith(path.join(ROOT, 'lib')) || name === require.resolve('..')) delete require.cache[name];
  }
  return require('..');
}

for (const transport of ['stream', 'direct']) {
  describe(`two copies of the package, over ${transport}`, () => {
    test('the second refuses a socket that belongs to a WebSocket of the first', async (t) => {
      const [First, Second] = [load(), load()];
      assert.notStrictEqual(First, Second);
      const server = http.createServer();
      let refused;
      server.on('upgrade', (request, socket, head) => {
        const ws = new First(request, socket, head, [], { transport });
        ws.on('message', ({ data }) => {
          try {
            new Second(request, socket, head, [], { transport });
          } catch (error) {
            refused = error;
          }
          ws.send(data);
        });
      });
      t.after(() => server.close());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = new First.Client(`ws://127.0.0.1:${server.address().port}/`);
      await once(client, 'open');
      client.send('of the first');
      const [{ data }] = await once(client, 'message');
      client.close();
      await once(client, 'close');
      assert.strictEqual(refused && refused.code, 'ERR_WEBSOCKET_SOCKET_TAKEN');
      assert.strictEqual(data, 'of the first');
    });
  });
}
