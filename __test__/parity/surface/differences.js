'use strict';

/**
 * The deliberate differences of the surface: of exports or of instances, at a path, with what the reference has there
 * and what we have; an empty string is nothing. One that has disappeared fails its test.
 */

const EXTRA = 'An addition of ours; no listing of a connection shows it.';
const EXPORT = 'An addition of ours, which may be imported by its name.';
const EVENT = 'Events of each kind have a shape of their own; they are instances of Event all the same.';
const LIVE = 'It counts, so that it has to be an accessor; it can be assigned to as a property can.';

const INSIDE = 'What is behind the face; no listing of a connection shows it.';

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
  ...[
    'deflate',
    'memoryUsage',
    'shutdown',
    'reject',
    'toStreams',
    'prepare',
    'broadcast',
    'metrics',
    'engine'
  ].flatMap((name) => [
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
  ...['WebSocket', 'WebSocket.Client', 'WebSocket.prototype.[[Prototype]]'].flatMap((at) =>
    ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].map((name, state) => ({
      of: 'exports',
      path: `${at}.${name}`,
      reference: '',
      ours: `${state} (writable configurable)`,
      reason: 'The states have their names where those of a browser have them; no listing shows them.'
    }))
  ),
  ...['opened', 'closed', 'binaryType'].map((name) => ({
    of: 'exports',
    path: `WebSocket.prototype.[[Prototype]].${name}`,
    reference: '',
    ours: /^get( and set)? \(configurable\)$/,
    reason: EXTRA
  })),
  ...[/\.Symbol\(Symbol\.asyncIterator\)$/, /\.Symbol\((nodejs|Symbol)\.asyncDispose\)$/].map((path) => ({
    of: 'exports',
    path,
    reference: '',
    ours: /^a function, .* of 0 \(writable configurable\)$/,
    reason: EXTRA
  })),
  {
    of: 'exports',
    path: 'Event.Symbol(Symbol.hasInstance)',
    reference: '',
    ours: /^a function, .* of 1 \(\)$/,
    reason: 'An error event is an Error and has another prototype, and is an instance of Event all the same.'
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
  ...['binary type', 'promises'].map((name) => ({
    of: 'exports',
    path: `WebSocket.prototype.[[Prototype]].Symbol(faye-websocket-native ${name})`,
    reference: '',
    ours: 'null (writable configurable)',
    reason: INSIDE
  })),
  {
    of: 'instances',
    path: /^(server|client) .*\.Symbol\(faye-websocket-native connection\)$/,
    reference: '',
    ours: /^an object of (Server|Client)Connection \(\)$/,
    reason: INSIDE
  },
  {
    of: 'instances',
    path: /^(server|client) that .*\.Symbol\(faye-websocket-native promises\)$/,
    reference: '',
    ours: 'an object of Promises ()',
    reason: 'What has failed is kept for who asks for `opened` later; no listing of a connection shows it.'
  },
  {
    of: 'instances',
    path: /^(server|client) .*\.bufferedAmount$/,
    reference: '0 (writable enumerable configurable)',
    ours: /^through an accessor, \d+ \(enumerable configurable\)$/,
    reason: LIVE
  },
  {
    of: 'instances',
    path: /^error event of a (server|client) inherits from$/,
    reference: 'Event.prototype, Object.prototype',
    ours: 'something else, something else, Object.prototype',
    reason: 'It is an Error, for `events.once` rejects with it, and has the methods of Event.'
  },
  ...['stack', 'code', 'statusCode'].map((name) => ({
    of: 'instances',
    path: new RegExp(`^error event of a (server|client)\\.${name}$`),
    reference: '',
    ours: /configurable\)$/,
    reason: 'What an Error has; no listing of the event shows it.'
  })),
  {
    of: 'instances',
    path: /^error event of a (server|client)\.error$/,
    reference: '',
    ours: 'through an accessor, an object of Error (configurable)',
    reason: 'An addition of ours, made when somebody looks; no listing of an event shows it.'
  }
];
