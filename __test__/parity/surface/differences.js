'use strict';

/**
 * The deliberate differences of the surface: of exports or of instances, at a path, with what the reference has there
 * and what we have; an empty string is nothing. One that has disappeared fails its test.
 */

const EXTRA = 'An addition of ours; no listing of a connection shows it.';
const EXPORT = 'An addition of ours, which may be imported by its name.';
const EVENT = 'Events of each kind have a shape of their own; they are instances of Event all the same.';
const LIVE = 'It counts, so that it has to be an accessor; it can be assigned to as a property can.';

const LISTING =
  "What JSON.stringify and console.log show: the public fields. The reference's lists show its driver and Node's socket.";

module.exports = [
  ...['WebSocket.prototype.[[Prototype]]', 'WebSocket.EventSource.prototype', 'Event.prototype'].flatMap(
    (path) =>
      ['toJSON', 'Symbol(nodejs.util.inspect.custom)'].map((name) => ({
        of: 'exports',
        path: `${path}.${name}`,
        reference: '',
        ours: /^a function, .* \(writable configurable\)$/,
        reason: LISTING
      }))
  ),
  ...['deflate', 'memoryUsage', 'shutdown', 'reject', 'engine'].flatMap((name) => [
    { of: 'exports', path: `WebSocket.${name}`, reference: '', ours: /./, reason: EXPORT },
    { of: 'exports', path: `WebSocket enumerates ${name}`, reference: '', ours: 'yes', reason: EXPORT }
  ]),
  ...['terminate', 'memoryUsage'].map((name) => ({
    of: 'exports',
    path: `WebSocket.prototype.[[Prototype]].${name}`,
    reference: '',
    ours: `a function, "${name}" of 0 (writable configurable)`,
    reason: EXTRA
  })),
  {
    of: 'exports',
    path: 'WebSocket.prototype.[[Prototype]].transport',
    reference: '',
    ours: 'get (configurable)',
    reason: EXTRA
  },
  ...['options', 'settings', 'limit'].map((name) => ({
    of: 'exports',
    path: `deflate.Symbol(faye-websocket-native deflate ${name})`,
    reference: '',
    ours: / \(\)$/,
    reason: 'Kept under symbols, and hidden; the npm package keeps them in `_options`.'
  })),
  ...['OpenEvent', 'MessageEvent', 'ErrorEvent', 'CloseEvent', 'EndEvent'].map((name) => ({
    of: 'exports',
    path: `Event.${name}`,
    reference: '',
    ours: /^a function, .* \(\)$/,
    reason: EVENT
  })),
  {
    of: 'instances',
    path: /^(server|client) .*\.bufferedAmount$/,
    reference: '0 (writable enumerable configurable)',
    ours: /^through an accessor, \d+ \(enumerable configurable\)$/,
    reason: LIVE
  },
  {
    of: 'instances',
    path: /^error event of a (server|client)\.error$/,
    reference: '',
    ours: 'through an accessor, an object of Error (configurable)',
    reason: 'An addition of ours, made when somebody looks; no listing of an event shows it.'
  }
];
