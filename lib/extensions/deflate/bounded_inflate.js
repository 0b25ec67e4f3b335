'use strict';

/**
 * The `zlib` for the npm packages `permessage-deflate` and `permessage-deflate2` when they run as plugins. They inflate
 * a whole message, however large, before its length can be checked. So its streams fail as soon as a message exceeds
 * the limit.
 */

const TOO_LARGE = 'WebSocket frame length too large';

/**
 * A `zlib` for messages of at most `limit` bytes.
 *
 * @param {any} zlib Node's module, or what the caller has in its place
 * @param {number} limit
 * @returns {any}
 */
function bounded(zlib, limit) {
  return Object.create(zlib, {
    createInflateRaw: {
      value: (/** @type {unknown} */ options) => watched(zlib.createInflateRaw(options), limit)
    }
  });
}

/**
 * Makes `stream` fail once it has made more than `limit` bytes since its last flush, which ends a message.
 *
 * @param {any} stream
 * @param {number} limit
 * @returns {any}
 */
function watched(stream, limit) {
  const { flush } = stream;
  let length = 0;
  stream.on('data', (/** @type {Buffer} */ piece) => {
    length += piece.length;
    if (length <= limit) return;
    length = -Infinity;
    stream.destroy(Object.assign(new Error(TOO_LARGE), { type: 'too_large' }));
  });
  stream.flush = /** @type {(this: unknown, ...args: any[]) => unknown} */ function (...args) {
    const done = args.pop();
    return flush.call(this, ...args, (/** @type {unknown[]} */ ...results) => {
      // A stream that has failed has emitted its error already.
      if (stream.destroyed) return;
      length = 0;
      done(...results);
    });
  };
  return stream;
}

module.exports = { bounded };
