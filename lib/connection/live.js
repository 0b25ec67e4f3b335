'use strict';

/**
 * The connections and event streams of this thread that are over a socket of Node's, from when they take it until it is gone.
 * Other streams may be dropped without ever ending, and nothing must keep what is over them alive.
 */

const { Socket } = require('net');

const { isHttp2Stream } = require('../opening/http2/server');

/** @typedef {{_stream: any, _target?: object}} Entry a connection, or an EventSource, which has no `_target` */

/** @type {Set<any>} */
const live = new Set();

/** Adds who has a stream. @param {Entry} entry */
function add(entry) {
  const { _stream: stream } = entry;
  if (stream instanceof Socket || isHttp2Stream(stream)) live.add(entry);
}

/** Removes who is over. @param {Entry} entry */
function remove(entry) {
  live.delete(entry);
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
  return theirs.map((entry) => entry._target || entry);
}

module.exports = { add, remove, all, of };
