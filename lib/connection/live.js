'use strict';

/**
 * The connections and event streams of this thread that are over a socket of Node's, from when they take it until it is gone.
 * Other streams may be dropped without ever ending, and nothing must keep what is over them alive.
 */

const { Socket } = require('net');

const { isHttp2Stream } = require('../opening/http2/server');

/**
 * A connection, or an EventSource, which has no `_target`.
 *
 * @typedef {{_stream: any, _target?: object, _place: number}} Entry
 */

/**
 * In any order; each knows its place. It is no Set: with one, young collections copied much more while connections came and
 * went. V8 leads from each table that a set has outgrown to the next, which may keep what stands in them alive.
 *
 * @type {any[]}
 */
const live = [];

/** Adds who has a stream. @param {Entry} entry */
function add(entry) {
  const { _stream: stream } = entry;
  if (entry._place === -1 && (stream instanceof Socket || isHttp2Stream(stream))) {
    entry._place = live.length;
    live.push(entry);
  }
}

/** Removes who is over. @param {Entry} entry */
function remove(entry) {
  const { _place: place } = entry;
  if (place === -1) return;
  const last = live.pop();
  if (last !== entry) {
    live[place] = last;
    last._place = place;
  }
  entry._place = -1;
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
