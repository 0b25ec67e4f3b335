'use strict';

/** A connection as a pair of WHATWG streams. */

const { OPEN } = require('../transport/ready_state');
const { LOST } = require('../native/close_codes');

/**
 * Gives the streams of a connection: chunks are messages. Closing or aborting the writable closes the connection, and so does
 * cancelling the readable.
 *
 * @param {any} ws a WebSocket of either role, which nobody else reads from meanwhile
 * @returns {{readable: ReadableStream, writable: WritableStream}}
 * @throws {TypeError} for what is no WebSocket
 */
function toStreams(ws) {
  if (!ws || typeof ws.send !== 'function' || typeof ws[Symbol.asyncIterator] !== 'function') {
    throw new TypeError('toStreams(ws) needs a WebSocket');
  }
  return { readable: readableOf(ws), writable: writableOf(ws) };
}

/** @param {any} ws */
function readableOf(ws) {
  const messages = ws[Symbol.asyncIterator]();
  const source = {
    /** @param {import('stream/web').ReadableStreamDefaultController} controller */
    async pull(controller) {
      const { value, done } = await messages.next();
      if (!done) return controller.enqueue(value);
      // What was cut off must not pass for all of it.
      const { code } = await ws.closed;
      if (code === LOST) controller.error(gone());
      else controller.close();
    },
    async cancel() {
      await messages.return();
      if (ws.readyState <= OPEN) ws.close();
      await ws.closed;
    }
  };
  // Here, since loading it takes a third of what the whole package takes, and few want it.
  const { ReadableStream } = require('stream/web');
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** @param {any} ws */
function writableOf(ws) {
  const sink = {
    /** @param {import('stream/web').WritableStreamDefaultController} controller */
    async start(controller) {
      // Who waits for the streams hears of a failure; an end in order is none as long as nothing is written.
      ws.closed.then(() => controller.error(gone()));
      // `abort` below would wait for what is under way: for the connection to open, and for a peer that takes nothing.
      /** @type {any} */ (controller).signal.addEventListener(
        'abort',
        () => ws.readyState <= OPEN && ws.terminate()
      );
      await ws.opened;
    },
    /** @param {unknown} chunk */
    async write(chunk) {
      if (ws.readyState > OPEN) throw gone();
      if (!ws.send(chunk)) await room(ws);
    },
    async close() {
      if (ws.readyState <= OPEN) ws.close();
      await ws.closed;
    },
    /** The signal has ended the connection. */
    async abort() {
      await ws.closed;
    }
  };
  const { WritableStream } = require('stream/web');
  return new WritableStream(sink);
}

/** Waits until there is room for more. @param {any} ws @returns {Promise<void>} */
function room(ws) {
  return new Promise((/** @type {() => void} */ resolve, reject) => {
    const settle = () => {
      ws.removeListener('drain', settle);
      ws.removeListener('close', settle);
      if (ws.readyState === OPEN) resolve();
      else reject(gone());
    };
    ws.on('drain', settle);
    ws.on('close', settle);
  });
}

function gone() {
  return Object.assign(new Error('The connection is closed'), { code: 'ERR_WEBSOCKET_CLOSED' });
}

module.exports = { toStreams };
