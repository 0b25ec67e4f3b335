'use strict';

/** Where a WebSocket keeps its connection: a property that no listing shows. */

const CONNECTION = Symbol('faye-websocket-native connection');

/**
 * The connection behind a WebSocket; undefined of anything else, prototypes among them.
 *
 * @param {any} target
 * @returns {import('../transport/connection').Connection | undefined}
 */
function connectionOf(target) {
  return target[CONNECTION];
}

module.exports = { CONNECTION, connectionOf };
