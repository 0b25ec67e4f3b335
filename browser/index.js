'use strict';

/** The entry `faye-websocket-native` of browsers. */

const deflate = require('./deflate');
const { original, refusal } = require('./stand_in');

const WebSocket = original(module, '../index.js') || standIn();

/** A constructor with all that the package's has. */
function standIn() {
  const WebSocket = refusal();
  for (const name of ['Client', 'EventSource', 'isWebSocket', 'validateOptions', 'memoryUsage']) {
    WebSocket[name] = refusal();
  }
  for (const name of ['shutdown', 'reject', 'toStreams', 'metrics', 'prepare', 'broadcast'])
    WebSocket[name] = refusal();
  for (const [state, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
    for (const one of [WebSocket, WebSocket.Client]) Object.defineProperty(one, name, { value: state });
  }
  WebSocket.EventSource.isEventSource = refusal();
  return Object.assign(WebSocket, { WebSocket, deflate, engine: 'none' });
}

module.exports = WebSocket;
// By name, for those who import: Node and bundlers find them by looking at the source.
module.exports.WebSocket = WebSocket;
module.exports.Client = WebSocket.Client;
module.exports.EventSource = WebSocket.EventSource;
module.exports.deflate = WebSocket.deflate;
module.exports.engine = WebSocket.engine;
module.exports.isWebSocket = WebSocket.isWebSocket;
module.exports.memoryUsage = WebSocket.memoryUsage;
module.exports.validateOptions = WebSocket.validateOptions;
module.exports.shutdown = WebSocket.shutdown;
module.exports.broadcast = WebSocket.broadcast;
module.exports.metrics = WebSocket.metrics;
module.exports.prepare = WebSocket.prepare;
module.exports.reject = WebSocket.reject;
module.exports.toStreams = WebSocket.toStreams;
