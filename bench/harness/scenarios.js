'use strict';

/**
 * The scenarios: what is sent, over how many connections, and in which unit the cost is told.
 *
 * `load` is the generator's command. In the server role the process under test is the server; in the client role it is
 * the client, and the generator's bare server echoes. `unit` names a row of UNITS.
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

/** Texts of the generator, and what they are. */
const LANGUAGES = [
  ['french', 'French'],
  ['german', 'German'],
  ['spanish', 'Spanish'],
  ['polish', 'Polish'],
  ['turkish', 'Turkish'],
  ['vietnamese', 'Vietnamese'],
  ['russian', 'Russian'],
  ['greek', 'Greek'],
  ['arabic', 'Arabic'],
  ['hebrew', 'Hebrew'],
  ['hindi', 'Hindi'],
  ['thai', 'Thai'],
  ['korean', 'Korean'],
  ['japanese', 'Japanese'],
  ['chinese', 'Chinese'],
  ['emoji', 'English with emoji'],
  ['quotes', 'English with one curly quote'],
  ['names', 'JSON with names and emoji'],
  ['random', 'Characters of 1 to 4 bytes at random']
];

const SCENARIOS = [
  scenario('text-1', 'Text 64 B, 1 connection, 1 in flight', { payload: 'ascii:64', connections: 1 }),
  scenario('text-100', 'Text 64 B, 100 connections, 1 in flight', { payload: 'ascii:64', connections: 100 }),
  scenario('text-pipelined', 'Text 64 B, 10 connections, 64 in flight', {
    payload: 'ascii:64',
    connections: 10,
    inFlight: 64
  }),
  scenario('binary-1k', 'Binary 1 KiB, 50 connections, 16 in flight', {
    payload: 'binary:1024',
    connections: 50,
    inFlight: 16
  }),
  scenario('cjk-4k', 'Chinese text 4 KiB, 10 connections, 8 in flight', {
    payload: 'cjk:4096',
    connections: 10,
    inFlight: 8,
    peers: TEXT_SERVERS
  }),
  ...LANGUAGES.map(([name, what]) =>
    scenario(`${name}-4k`, `${what} 4 KiB, 10 connections, 8 in flight`, {
      payload: `${name}:4096`,
      connections: 10,
      inFlight: 8,
      peers: ['ours', 'faye-websocket', 'ws', 'ws-buffers', 'net', 'bun']
    })
  ),
  scenario('binary-1m', 'Binary 1 MiB, 4 connections, 1 in flight', large('binary:1048576', 4, SERVERS)),
  scenario('text-1m', 'Text 1 MiB, 4 connections, 1 in flight', large('ascii:1048576', 4, TEXT_SERVERS)),
  scenario('binary-16m', 'Binary 16 MiB, 1 connection, 1 in flight', large('binary:16777216', 1, SERVERS)),
  scenario('text-16m', 'Text 16 MiB, 1 connection, 1 in flight', large('ascii:16777216', 1, TEXT_SERVERS)),
  scenario('deflate-512', 'Deflate, JSON 512 B, 50 connections, 1 in flight', {
    payload: 'json:512',
    connections: 50,
    deflate: true,
    peers: DEFLATING
  }),
  scenario('deflate-8k', 'Deflate, JSON 8 KiB, 50 connections, 1 in flight', {
    payload: 'json:8192',
    connections: 50,
    deflate: true,
    peers: DEFLATING
  }),
  scenario('churn', 'Churn: connect, handshake, one echo, close; 16 at a time', {
    load: 'churn',
    mode: 'churn',
    payload: 'ascii:64',
    connections: 16,
    unit: 'connection',
    long: true,
    peers: UPGRADING
  }),
  scenario('broadcast', 'Broadcast: text 64 B to 200 connections by a loop of send', {
    load: 'broadcast',
    mode: 'broadcast',
    payload: 'ascii:64',
    connections: 200,
    unit: 'delivery'
  }),
  scenario('idle-plain', 'Idle memory: 5,000 connections after one message', {
    load: 'idle',
    payload: 'ascii:64',
    connections: 5000,
    unit: 'memory',
    peers: UPGRADING
  }),
  scenario('idle-deflate', 'Idle memory: 2,000 deflating connections after one message', {
    load: 'idle',
    payload: 'json:512',
    connections: 2000,
    deflate: true,
    unit: 'memory',
    peers: DEFLATING.filter((peer) => peer !== 'net')
  }),
  ...secureScenarios(scenario, 'wss', 'wss'),
  clientScenario('client-text-50', 'Client, text 64 B, 50 connections, 1 in flight', {
    payload: 'ascii:64',
    connections: 50
  }),
  clientScenario('client-text-pipelined', 'Client, text 64 B, 10 connections, 64 in flight', {
    payload: 'ascii:64',
    connections: 10,
    inFlight: 64
  }),
  clientScenario('client-binary-1k', 'Client, binary 1 KiB, 10 connections, 16 in flight', {
    payload: 'binary:1024',
    connections: 10,
    inFlight: 16
  }),
  clientScenario('client-binary-1m', 'Client, binary 1 MiB, 2 connections, 1 in flight', {
    payload: 'binary:1048576',
    connections: 2,
    unit: 'mebibyte',
    long: true
  }),
  ...secureScenarios(clientScenario, 'client-wss', 'Client, wss')
];

/** Three sizes over TLS. */
function secureScenarios(make, name, title) {
  const peers = ['ours', 'faye-websocket', 'ws', 'net', 'bun', ...(make === scenario ? ['floor'] : [])];
  const small = { payload: 'ascii:64', tls: true, peers };
  return [
    make(`${name}-text-50`, `${title}: text 64 B, 50 connections, 1 in flight`, {
      ...small,
      connections: 50
    }),
    make(`${name}-pipelined`, `${title}: text 64 B, 10 connections, 64 in flight`, {
      ...small,
      connections: 10,
      inFlight: 64
    }),
    make(`${name}-text-1m`, `${title}: text 1 MiB, 4 connections, 1 in flight`, {
      ...large('ascii:1048576', 4, peers),
      tls: true
    })
  ];
}

/** The parts that scenarios of large messages share. */
function large(payload, connections, peers) {
  return { payload, connections, peers, unit: 'mebibyte', long: true };
}

module.exports = { SCENARIOS, UNITS };
