'use strict';

/**
 * What handlers do in the soak of the seam (`soak/seam.js`): everything that an application may do to memory, to a socket
 * and to the loop while a native side reads and writes. No operation may change what any connection receives.
 */

const { createHook } = require('node:async_hooks');
const { inspect } = require('node:util');
const { Worker } = require('node:worker_threads');

/** Source of a worker that uses the package until it is ended. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');
const WebSocket = require(workerData);
const server = http.createServer();
const echo = (ws) => ws.on('message', ({ data }) => ws.send(data));
server.on('upgrade', (request, socket, head) => echo(new WebSocket(request, socket, head)));
server.listen(0, '127.0.0.1', () => {
  const client = new WebSocket.Client('ws://127.0.0.1:' + server.address().port + '/');
  client.on('open', () => client.send('x'.repeat(1000)));
  echo(client);
  client.once('message', () => parentPort.postMessage('works'));
});
`;

/** An error that a handler throws on purpose. */
class Asked extends Error {}

/** Takes the memory of a Buffer away, if it can be taken. What has been taken is still the message. */
function transfer({ end, data, number }) {
  if (!Buffer.isBuffer(data)) return;
  const [start, length] = [data.byteOffset, data.length];
  let taken;
  try {
    taken = structuredClone(data.buffer, { transfer: [data.buffer] });
  } catch (error) {
    if (error.name !== 'DataCloneError') throw error;
    return;
  }
  end.isRight(Buffer.from(taken, start, length), number, 'after its memory was transferred');
}

/** Resizes the memory of a Buffer, which is refused for what is not resizable. */
function resize({ data }) {
  if (!Buffer.isBuffer(data) || typeof data.buffer.resize !== 'function') return;
  try {
    data.buffer.resize(0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Keeps a Buffer, and looks later whether it is still the message. */
function keep({ end, data, number }) {
  if (Buffer.isBuffer(data)) end.kept.push({ data, number });
}

function lookAtKept({ end }) {
  for (const { data, number } of end.kept) end.isRight(data, number, 'after it was kept');
  end.kept.length = 0;
}

/** Writes over a Buffer that was received: nobody else may see that. */
function overwrite({ data }) {
  if (Buffer.isBuffer(data)) data.fill(0xee);
}

/** Sends what cannot be sent, or only as a copy: memory that is shared, resizable or detached. */
function sendOdd({ end, roll }) {
  const text = `odd ${roll(1000)}`;
  const bytes = Buffer.from(text);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  end.sendOdd(shared, text);
  shared.fill(0);
  const detached = new Uint8Array(bytes);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  end.sendOdd(detached, '');
  if (typeof ArrayBuffer.prototype.resize !== 'function') return;
  const resizable = new Uint8Array(new ArrayBuffer(bytes.length, { maxByteLength: bytes.length }));
  resizable.set(bytes);
  end.sendOdd(resizable, text);
  resizable.buffer.resize(0);
}

/** Records what the socket writes: a record stays as it is. */
function wrapWrite({ end }) {
  const socket = end.ws._stream;
  if (!socket || end.records) return;
  end.records = [];
  const { write } = socket;
  socket.write = function (chunk, ...rest) {
    if (Buffer.isBuffer(chunk) && end.records.length < 200) {
      end.records.push({ chunk, copy: Buffer.from(chunk) });
    }
    return write.call(this, chunk, ...rest);
  };
}

/** Puts a function in front of `emit`, as agents do. */
function wrapEmit({ end }) {
  const { ws } = end;
  if (Object.hasOwn(ws, 'emit')) return;
  const { emit } = ws;
  ws.emit = function (...args) {
    return emit.apply(this, args);
  };
}

/** Pauses a connection, and resumes it a little later. */
function pause({ end }) {
  end.ws.pause();
  setTimeout(() => end.ws.resume(), 2);
}

/** Listens to the bytes of the socket for a moment, which gives it back to Node. */
function tap({ end }) {
  const socket = end.ws._stream;
  if (!socket) return;
  const listener = () => {};
  socket.on('data', listener);
  setTimeout(() => socket.removeListener('data', listener), 2);
}

/**
 * Runs the loop inside of a handler that the direct transport calls. Elsewhere Node itself does not bear it: within
 * `setImmediate` it loses count of its async contexts, and within the reading of a socket libuv goes on with the socket's
 * handle after the inner loop has closed and freed it, as it does below a handler of plain `net`.
 */
function nest({ world }) {
  if (world.runLoop === undefined || world.depth >= 3) return;
  // The calls up to the handler that runs the loop around this one.
  const [, calls] = stack().split(/\bat (?:Object\.)?nest\b/);
  if (!/\bonRows\b/.test(calls)) return;
  world.depth++;
  world.count('loop');
  try {
    world.runLoop(false);
  } finally {
    world.depth--;
  }
}

/** Starts a worker that uses the package, and ends it in the middle. */
function endWorker({ world }) {
  if (world.workers >= 2) return;
  world.workers++;
  const worker = new Worker(WORKER, { eval: true, workerData: world.packagePath });
  worker.once('message', () => worker.terminate());
  worker.once('error', (error) => world.fault(`a worker has failed: ${error.message}`));
  worker.once('exit', () => world.workers--);
}

/** Pings, and counts the pong. */
function ping({ end, world }) {
  end.ws.ping(`${end.sent}`, () => world.count('pong'));
}

/** Lets V8 move and free what it likes. */
function collect() {
  if (global.gc) global.gc({ type: 'minor' });
}

/**
 * Sends on from where no connection has called: a tick, a microtask, a timer. Not an immediate, nor is anything else begun there:
 * what comes of it may be told in a tick between immediates, and Node does not bear that a handler runs the loop then
 * (ARCHITECTURE).
 */
function sendElsewhere({ end, roll }) {
  const pump = () => end.pump();
  [process.nextTick, queueMicrotask, setTimeout][roll(3)](pump);
}

/** Corks the socket for a moment, as who writes to it as well does. */
function cork({ end }) {
  const socket = end.ws._stream;
  if (!socket || !socket.cork) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

/** Pauses the socket behind the connection, resumes it from a timer, and sets what can be set on it. */
function useSocket({ end, roll }) {
  const socket = end.ws._stream;
  if (!socket || end.isFed) return;
  socket.setNoDelay(roll(2) === 0);
  socket.setTimeout(roll(2) * 60_000);
  socket.unref();
  socket.ref();
  if (roll(4) > 0) return;
  socket.pause();
  setTimeout(() => socket.resume(), 0);
}

/** Looks at a connection and its socket as debuggers do. */
function look({ end }) {
  inspect(end.ws, { depth: 3, showHidden: true });
}

/** Keeps Node's requests to write for a moment, with what they are seen to write: none may show anything else later. */
function keepRequests({ world }) {
  if (world.hook) return;
  const seen = new Map();
  const hook = createHook({
    init: (id, type, trigger, request) => type === 'WRITEWRAP' && seen.set(request, null)
  });
  world.hook = hook.enable();
  const note = () => {
    for (const [request, copies] of seen) {
      // What is gathered stands there as a list, by the one name or the other.
      const memory = [request.buffer, request._chunks].flat().filter(Buffer.isBuffer);
      if (copies === null) {
        if (memory.length > 0)
          seen.set(
            request,
            memory.map((bytes) => Buffer.from(bytes))
          );
      } else if (memory.some((bytes, i) => !copies[i].equals(bytes))) {
        world.fault('a request to write shows other bytes');
      }
    }
  };
  setImmediate(note);
  setTimeout(() => {
    note();
    hook.disable();
    world.hook = null;
  }, 20);
}

/** Reads some messages by `for await` as well, not at once, and leaves the loop: they are those that the listener is told. */
function iterate({ end, roll, world }) {
  if (end.iterations.length > 0) return;
  const told = [];
  end.iterations.push(told);
  let left = 1 + roll(6);
  const read = async () => {
    for await (const data of end.ws) {
      if (data !== told.shift()) world.fault(`${end.name}: for await has another message than the listener`);
      await new Promise((resolve) => setTimeout(resolve, roll(4)));
      if (--left === 0) break;
    }
  };
  read()
    .catch((error) => world.fault(`${end.name}: for await has failed: ${error.stack}`))
    .finally(() => (end.iterations.length = 0));
}

/** Throws, at the end of a handler; not where it would pass through Node's streams, which do not go on behind that. */
function fail({ end }) {
  if (!end.isFed) throw new Asked('asked');
}

/** All of the calls that are under way. */
function stack() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  const { stack: calls } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return calls;
}

/** Each operation, with how often it is chosen. */
const OPERATIONS = Object.entries({
  transfer: [transfer, 10],
  resize: [resize, 3],
  keep: [keep, 14],
  lookAtKept: [lookAtKept, 6],
  overwrite: [overwrite, 8],
  sendOdd: [sendOdd, 3],
  wrapWrite: [wrapWrite, 1],
  wrapEmit: [wrapEmit, 1],
  pause: [pause, 2],
  tap: [tap, 1],
  nest: [nest, 4],
  endWorker: [endWorker, 0.05],
  ping: [ping, 3],
  collect: [collect, 1],
  fail: [fail, 2],
  sendElsewhere: [sendElsewhere, 4],
  cork: [cork, 1],
  useSocket: [useSocket, 1],
  look: [look, 0.2],
  keepRequests: [keepRequests, 0.5],
  iterate: [iterate, 2],
  nothing: [() => {}, 40]
}).flatMap(([name, [run, weight]]) => Array(Math.ceil(weight * 20)).fill({ name, run }));

module.exports = { Asked, OPERATIONS };
