'use strict';

/** The two clients of `bystanders.js`, each in a process of its own: the connections that ping-pong, or the large one. */

const net = require('node:net');
const { performance } = require('node:perf_hooks');
const zlib = require('node:zlib');

const { request } = require('../testing/peers/raw_client');
const { frame, text } = require('../testing/wire');
const { random } = require('../testing/peers/random');

const RSV1 = 4;
const PING = text('a message of a ping-pong that is some sixty bytes long, as text');
/** What comes back: a header of two bytes, and no mask. */
const PONG = PING.length - 4;

/** Connects and shakes hands; then `onData` gets the lengths of what arrives. */
function connect(port, headers, onData) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback(length, buffer) {
          if (resolve) {
            const answer = buffer.latin1Slice(0, length);
            if (!answer.endsWith('\r\n\r\n')) reject(new Error(`an answer in pieces: ${answer}`));
            resolve(socket);
            resolve = null;
          } else {
            onData(length, buffer, socket);
          }
          return true;
        }
      }
    });
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.write(request(headers));
  });
}

/** Ping-pong on many connections. */
async function pingPong({ port, connections, gap }) {
  // Memory of its own, so that collecting garbage does not count as a trip.
  const trips = new Float64Array(1 << 22);
  let count = 0;
  for (let i = 0; i < connections; i++) {
    let sent = 0;
    let missing = 0;
    const send = (socket) => {
      sent = performance.now();
      missing = PONG;
      socket.write(PING);
    };
    const socket = await connect(port, [], (length, buffer, own) => {
      missing -= length;
      if (missing > 0) return;
      trips[count++ & (trips.length - 1)] = performance.now() - sent;
      if (gap) setTimeout(send, gap * (0.5 + Math.random()), own);
      else send(own);
    });
    send(socket);
  }
  return () => {
    const sorted = trips.slice(0, Math.min(count, trips.length)).sort();
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    count = 0;
    return {
      count: sorted.length,
      percentiles: { p50: at(0.5), p90: at(0.9), p99: at(0.99), 'p99.9': at(0.999), most: at(1) }
    };
  };
}

/** Records with the repetition of logs. */
function records(size) {
  const roll = random(7);
  const lines = [];
  for (let length = 0; length < size; length += lines[lines.length - 1].length) {
    lines.push(`{"id":${roll(1e6)},"user":"user-${roll(50)}","action":"edited","score":${roll(1000)}},`);
  }
  return lines.join('').slice(0, size);
}

/** Large messages, one after the other. */
async function large({ port, size, kind }) {
  const packed = zlib.deflateRawSync(records(size), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  const message = frame({ opcode: kind === 'text' ? 1 : 2, payload: packed.subarray(0, -4), rsv: RSV1 });
  let echoes = 0;
  let missing = 0;
  const onData = (length, buffer, socket) => {
    let at = 0;
    while (at < length) {
      if (missing === 0) {
        // A header comes alone at the beginning of what the server writes.
        missing = buffer[at + 1] === 127 ? 10 + buffer.readUInt32BE(at + 6) : 0;
        if (missing === 0) throw new Error('an echo that is not large');
      }
      const taken = Math.min(missing, length - at);
      missing -= taken;
      at += taken;
      if (missing > 0) continue;
      echoes++;
      socket.write(message);
    }
  };
  const headers = ['Sec-WebSocket-Extensions: permessage-deflate'];
  const socket = await connect(port, headers, onData);
  socket.write(message);
  return () => {
    const counted = echoes;
    echoes = 0;
    return { echoes: counted };
  };
}

process.once('message', async (task) => {
  const report = await (task.size ? large(task) : pingPong(task));
  process.on('message', () => process.send(report()));
  process.send('ready');
});
process.on('disconnect', () => process.exit());
