'use strict';

// Runtimes that keep all memory of V8's in a cage, as Electron does: strings and Buffers are copies there.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');
const { inflateRawSync } = require('node:zlib');

const { failing } = require('./failures/build');
const { serving } = require('./failures/opening');
const { random } = require('../testing/peers/random');

const MIB = 1 << 20;

/** What a large text costs outside of V8's heap, in a process that says that it is Electron, or not; it may pass an extension. */
function externalMemory(electron, passes) {
  const script = `
    if (${electron}) Object.defineProperty(process.versions, 'electron', { value: '40.0.0' });
    const WebSocket = require(${JSON.stringify(path.join(__dirname, '..'))});
    const { passing } = require(${JSON.stringify(path.join(__dirname, '../testing/passing_extension'))});
    const options = { extensions: ${passes} ? [passing('x-plain')] : [] };
    const server = require('node:http').createServer().on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, [], options);
      ws.on('message', ({ data }) => {
        gc();
        gc();
        console.log(data.length, process.memoryUsage().external);
        process.exit();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port, [], options);
      client.on('open', () => client.send(Buffer.alloc(${8 * MIB}, 'é').toString()));
    });`;
  const args = ['--expose-gc', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const [length, external] = stdout.split(' ').map(Number);
  assert.strictEqual(length, 4 * MIB, stderr);
  return external;
}

const native = require('..').engine === 'native';

for (const passes of [false, true]) {
  test(
    `a large text is in the heap of V8 where that is a cage${passes ? ', behind extensions, too' : ''}`,
    { skip: !native && 'it is there anyway' },
    () => {
      const [outside, inside] = [externalMemory(false, passes), externalMemory(true, passes)];
      assert.ok(outside - inside > 3 * MIB, `${outside} bytes outside, and ${inside}`);
    }
  );
}

describe('where no Buffer may refer to memory of others', () => {
  const built = failing();
  const skip = built && built.folder ? false : 'there is no binary whose Buffers can be refused';

  test('large compressed messages leave in copies', { skip }, async (t) => {
    const { WebSocket, inject } = built;
    const options = { transport: 'stream', extensions: [WebSocket.deflate] };
    const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
    const { client, ws } = await serving(t, options, { headers });
    const roll = random(7);
    const message = Buffer.from(Array.from({ length: 2 * MIB }, () => 48 + roll(64)));
    inject('external buffer', 1000);
    t.after(() => inject('external buffer', 0));
    for (let i = 0; i < 3; i++) {
      ws.send(message);
      const { payload } = await client.frame();
      assert.ok(payload.length >= MIB);
      if (i > 0) continue;
      const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
      assert.ok(inflateRawSync(whole, { finishFlush: 2 }).equals(message));
    }
  });
});
