'use strict';

// What a peer sends makes handlers send answers that wait in front of the transport: for compression, in a plugin, or for
// a Blob. The stream is not backed up then, and what waits is bounded all the same. However much an application itself
// has put there, each message of it costs the same.

const assert = require('node:assert');
const { Blob } = require('node:buffer');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const zlib = require('node:zlib');

const { passOn, passing } = require('../testing/passing_extension');
const WebSocket = require('../testing/peers/implementation');
const { dial, request } = require('../testing/peers/raw_client');
const { serve } = require('../testing/peers/server');
const { WAYS, meet } = require('../testing/peers/ways');
const { frame, OPCODES } = require('../testing/wire');

const MB = 1024 * 1024;
const { deflate } = WebSocket;
const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate'];

/** A message that takes 12 KB on the way and inflates to 100 KB, which are compressed elsewhere. */
function large() {
  const text = randomBytes(10_000).toString('hex').repeat(5);
  const bytes = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return frame({ opcode: OPCODES.text, payload: bytes.subarray(0, -4), rsv: 4 });
}

/** An extension whose outgoing messages leave one by one, each in a turn of the loop of its own. */
function slow() {
  const waiting = [];
  const next = () => {
    waiting[0]();
    waiting.shift();
    if (waiting.length > 0) setImmediate(next);
  };
  return passing('x-slow', passOn, (message, callback) => {
    if (waiting.push(() => callback(null, message)) === 1) setImmediate(next);
  });
}

const ECHOES = {
  'for compression': { extensions: [deflate], lines: OFFER, piece: large(), times: 600, most: 12 * MB },
  'in a plugin': {
    extensions: [slow()],
    lines: ['Sec-WebSocket-Extensions: x-slow'],
    piece: frame({ opcode: OPCODES.text, payload: 'x'.repeat(10_000) }),
    times: 3000,
    most: 8 * MB
  },
  'for a Blob': {
    lines: [],
    piece: frame({ opcode: OPCODES.text, payload: 'x'.repeat(10_000) }),
    times: 3000,
    answer: (data) => new Blob([data]),
    most: 8 * MB
  }
};

describe('answers that wait', () => {
  for (const { name, secure, options } of WAYS) {
    for (const [where, { extensions, lines, piece, times, most, answer }] of Object.entries(ECHOES)) {
      test(`${where} are bounded, and all leave: ${name}`, { timeout: 60_000 }, async (t) => {
        let highest = 0;
        let answered = 0;
        const onWebSocket = (ws) => {
          ws.onmessage = ({ data }) => {
            ws.send(answer ? answer(data) : data);
            answered++;
            highest = Math.max(highest, ws.bufferedAmount);
          };
        };
        const server = await serve(t, onWebSocket, { secure, options: { ...options, extensions } });
        const client = await dial(t, server.port, { secure });
        client.send(request(lines));
        await client.head();
        client.drop();
        const ws = await server.next();
        for (let i = 0; i < times; i++) client.socket.write(piece);
        while (answered < times || ws.bufferedAmount > 0) await sleep(5);
        assert.ok(highest < most, `${highest} bytes waited`);
      });
    }

    if (secure) continue;
    for (const [what, first, more] of [
      ['a Blob', () => new Blob(['a']), {}],
      ['a message at compression', () => Buffer.alloc(200_000, 'abc'), { extensions: [deflate] }]
    ]) {
      test(`behind ${what} cost the same, few or many: ${name}`, { timeout: 120_000 }, async (t) => {
        const [server, client] = await meet(t, { secure, options }, more);
        const cost = async (count) => {
          let heard = -1;
          const done = new Promise((resolve) => {
            server.onmessage = () => ++heard === count && resolve();
          });
          const before = process.cpuUsage();
          client.send(first());
          for (let i = 0; i < count; i++) client.send('x');
          await done;
          const { user, system } = process.cpuUsage(before);
          return (user + system) / count;
        };
        await cost(5000);
        const few = await cost(5000);
        const many = await cost(150_000);
        assert.ok(many < few * 4 + 4, `${many.toFixed(2)} and ${few.toFixed(2)} us a message`);
        client.close();
        await once(server, 'close');
      });
    }
  }
});
