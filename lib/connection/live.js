'use strict';

/**
 * The connections and event streams of this thread that are over a socket of Node's, from when they take it until it is gone.
 * Other streams may be dropped without ever ending, and nobody must hold what is over them.
 */

const { Socket } = require('net');

const { isHttp2Stream } = require('../opening/http2/server');

/** @typedef {{_stream: any, _target?: object}} Holder a connection, or an EventSource, which has no `_target` */

/** @type {Set<any>} */
const live = new Set();

/** Adds who has a stream. @param {Holder} holder */
function add(holder) {
  const { _stream: stream } = holder;
  if (stream instanceof Socket || isHttp2Stream(stream)) live.add(holder);
}

/** Removes who is over. @param {Holder} holder */
function remove(holder) {
  live.delete(holder);
}

/** All of them. */
function all() {
  return [...live];
}

/**
 * Those that came to a server, as the objects that the application holds.
 *
 * @param {import('net').Server} server
 * @returns {any[]}
 */
function of(server) {
  const theirs = all().filter(({ _stream: stream }) => {
    const socket = isHttp2Stream(stream) ? stream.session && stream.session.socket : stream;
    return Boolean(socket) && (socket.server === server || socket._server === server);
  });
  return theirs.map((holder) => holder._target || holder);
}

module.exports = { add, remove, all, of };
