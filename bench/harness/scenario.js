'use strict';

/**
 * What a scenario is: what is sent, over how many connections, and in which unit the cost is told.
 *
 * `load` is the generator's command. In the server role the process under test is the server; in the client role it is
 * the client, and the generator's bare server echoes. `unit` names a row of UNITS. `rate` is in messages a second, of all
 * connections together. A scenario with a `curve` is the point of one.
 */

/**
 * How a cost in seconds of CPU time per message is told.
 * @type {Object<string, {label: string, of: (seconds: number, scenario: object) => number}>}
 */
const UNITS = {
  message: { label: 'µs per message', of: (seconds) => seconds * 1e6 },
  connection: { label: 'µs per connection', of: (seconds) => seconds * 1e6 },
  delivery: { label: 'µs per delivery', of: (seconds) => seconds * 1e6 },
  mebibyte: {
    label: 'ms per MiB',
    of: (seconds, { payload }) => (seconds * 1e3) / (Number(payload.split(':')[1]) / 1024 / 1024)
  },
  memory: { label: 'KiB per connection', of: (bytes) => bytes / 1024 }
};

/** Peers that every scenario of the server role knows, in the order of the tables. */
const SERVERS = ['ours', 'faye-websocket', 'ws', 'ws-bufferutil', 'net', 'bun', 'floor'];
/** The same with `ws` echoing Buffers: for texts whose conversion to strings costs something. */
const WS_FOR_TEXT = ['ws', 'ws-buffers', 'ws-bufferutil', 'ws-bufferutil-buffers'];
const TEXT_SERVERS = ['ours', 'faye-websocket', ...WS_FOR_TEXT, 'net', 'bun', 'floor'];
const DEFLATING = ['ours', 'faye-websocket', 'ws', 'net', 'bun', 'floor'];
const UPGRADING = ['ours', 'faye-websocket', 'ws', 'ws-bufferutil', 'net', 'net-http', 'bun', 'floor'];
const CLIENTS = ['ours', 'faye-websocket', 'ws', 'ws-bufferutil', 'net', 'bun'];

/**
 * @param {string} name
 * @param {string} title
 * @param {object} rest
 */
function scenario(name, title, rest) {
  const defaults = {
    role: 'server',
    load: 'echo',
    mode: 'echo',
    inFlight: 1,
    unit: 'message',
    peers: SERVERS
  };
  return Object.assign({ name, title, deflate: false, tls: false, long: false }, defaults, rest);
}

/** A scenario of the client role. */
function clientScenario(name, title, rest) {
  return scenario(name, title, Object.assign({ role: 'client', load: 'serve', peers: CLIENTS }, rest));
}

module.exports = {
  DEFLATING,
  SERVERS,
  TEXT_SERVERS,
  UNITS,
  UPGRADING,
  clientScenario,
  scenario
};
