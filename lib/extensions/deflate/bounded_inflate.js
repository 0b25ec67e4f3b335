'use strict';

/**
 * What the npm packages `permessage-deflate` and `permessage-deflate2` inflate with where they run as they are: they
 * gather a whole message, however large, before anybody may look at its length. So they get a `zlib` whose streams fail
 * at the first byte too many.
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
 * Has `stream` fail once it has made more than `limit` bytes since its last flush, which ends a message.
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
      // One that has failed says so by itself.
      if (stream.destroyed) return;
      length = 0;
      done(...results);
    });
  };
  return stream;
}

module.exports = { bounded };
