'use strict';

/**
 * The sockets that a WebSocket or an EventSource uses: a second one on the same socket would write between the bytes of
 * the first.
 */

/** @type {WeakSet<object>} */
const occupied = new WeakSet();

/**
 * Throws if a socket is in use; its user is not affected.
 *
 * @param {{destroyed?: boolean}} socket
 * @throws {Error} `ERR_WEBSOCKET_SOCKET_TAKEN`
 */
function refuseOccupied(socket) {
  if (!occupied.has(socket) || socket.destroyed) return;
  const text = 'The socket belongs to a WebSocket or an EventSource already: make one for each request';
  throw Object.assign(new Error(text), { code: 'ERR_WEBSOCKET_SOCKET_TAKEN' });
}

/**
 * Marks a socket as being in use.
 *
 * @param {object} socket
 */
function occupy(socket) {
  occupied.add(socket);
}

module.exports = { occupy, refuseOccupied };
