'use strict';

/**
 * A server that is short of memory when its parent says so: `{ refuse: size }` has the native side and Node's Buffers
 * refuse that size and more, 0 ends it. `{ send: kind, size }` has the newest connection send. Answers each with the number
 * of refusals so far, and what the send came to; tells what has come and what has closed.
 *
 *     node short_of_memory.js PACKAGE TRANSPORT
 */

const http = require('node:http');

const [folder, transport] = process.argv.slice(2);
const { passing } = require('../../testing/passing_extension');
const WebSocket = require(folder);
const { refuseMemory } = require(`${folder}/lib/native/index.js`);

let refusedFrom = Infinity;
let refusedBuffers = 0;
for (const name of ['allocUnsafe', 'allocUnsafeSlow']) {
  const allocate = Buffer[name];
  Buffer[name] = (size) => {
    if (size >= refusedFrom) {
      refusedBuffers++;
      throw new RangeError('Array buffer allocation failed');
    }
    return allocate.call(Buffer, size);
  };
}

const idle = passing('x-idle');

const DATA = {
  binary: (size) => Buffer.alloc(size, 7),
  ascii: (size) => 'a'.repeat(size),
  unicode: (size) => 'é水'.repeat(size / 2)
};

let newest;

const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  const extensions = { deflate: [WebSocket.deflate], plugin: [WebSocket.deflate, idle] }[
    request.url.slice(1)
  ];
  const ws = new WebSocket(request, socket, head, [], { transport, extensions, maxLength: 64 << 20 });
  if (request.url !== '/bystander') newest = ws;
  ws.on('message', ({ data }) => {
    if (data.length < 100) ws.send(data);
    else process.send({ event: 'message', length: data.length });
  });
  ws.on('error', ({ message }) => process.send({ event: 'error', message }));
  ws.on('close', ({ code }) => process.send({ event: 'close', code }));
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', ({ refuse, send, size }) => {
  let outcome;
  const data = send && DATA[send](size);
  if (refuse !== undefined) refusedFrom = refuse || Infinity;
  const refusals = refuseMemory(refuse || 0) + refusedBuffers;
  if (send) {
    try {
      outcome = newest.send(data);
    } catch (error) {
      outcome = error.code || error.message;
    }
  }
  process.send({ refusals, outcome });
});
process.on('disconnect', () => process.exit());
