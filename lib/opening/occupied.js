'use strict';

/**
 * The sockets that a WebSocket or an EventSource uses: a second one on the same socket would write between the bytes of
 * the first.
 */

const { emitterOf } = require('../transport/last_words');

/**
 * The property of a socket that is in use. All copies of this package in a process have the same one. A set of them would be
 * dearer: the engine looks through all of a weak set whenever it collects young objects.
 */
const OCCUPIED = Symbol.for('faye-websocket-native occupied');

/**
 * Throws if a socket is in use; its user is not affected.
 *
 * @param {any} socket
 * @throws {Error} `ERR_WEBSOCKET_SOCKET_TAKEN`
 */
function refuseOccupied(socket) {
  if (!socket[OCCUPIED] || socket.destroyed) return;
  const text = 'The socket belongs to a WebSocket or an EventSource already: make one for each request';
  throw Object.assign(new Error(text), { code: 'ERR_WEBSOCKET_SOCKET_TAKEN' });
}

/** Marks a socket as being in use. @param {any} socket */
function occupy(socket) {
  emitterOf(socket)[OCCUPIED] = true;
}

module.exports = { occupy, refuseOccupied };
