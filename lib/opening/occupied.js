'use strict';

/** Sockets that a WebSocket or an EventSource has: a second one would write into what the first one sends. */

/** @type {WeakSet<object>} */
const occupied = new WeakSet();

/**
 * Refuses a socket that belongs to somebody, whom that leaves alone.
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
 * Says that a socket belongs to somebody.
 *
 * @param {object} socket
 */
function occupy(socket) {
  occupied.add(socket);
}

module.exports = { occupy, refuseOccupied };
