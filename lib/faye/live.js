'use strict';

/**
 * The connections and event streams of this thread that are over a socket of Node's, from when they take it until it is gone.
 * Other streams may be dropped without ever ending, and nobody must hold what is over them.
 */

const { Socket } = require('net');

const { isHttp2Stream } = require('../opening/http2/server');

/** @type {Set<any>} */
const live = new Set();

/** Adds a connection that has a stream. @param {any} connection */
function add(connection) {
  const { _stream: stream } = connection;
  if (stream instanceof Socket || isHttp2Stream(stream)) live.add(connection);
}

/** Removes a connection that is over. @param {any} connection */
function remove(connection) {
  live.delete(connection);
}

/** All of them. */
function all() {
  return [...live];
}

/**
 * Those that came to a server.
 *
 * @param {import('net').Server} server
 * @returns {object[]}
 */
function of(server) {
  return all().filter(({ _stream: stream }) => {
    const socket = isHttp2Stream(stream) ? stream.session && stream.session.socket : stream;
    return Boolean(socket) && (socket.server === server || socket._server === server);
  });
}

module.exports = { add, remove, all, of };
