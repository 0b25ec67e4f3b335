'use strict';

/**
 * The scenarios of the benchmark.
 */

const { DEFLATING, SERVERS, TEXT_SERVERS, UPGRADING, clientScenario, scenario } = require('./scenario');

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

/** Compressed messages of other sizes and scripts than the usual ones. */
const DEFLATED = [
  ['64', 'json:64', 'JSON 64 B'],
  ['64k', 'json:65536', 'JSON 64 KiB'],
  ['names', 'names:4096', 'JSON with names and emoji 4 KiB'],
  ['chinese', 'chinese:4096', 'Chinese 4 KiB'],
  ['french', 'french:4096', 'French 4 KiB']
];

/** Points of the two curves: message sizes, and numbers of connections. */
const SIZES = [
  [16, '16 B'],
  [256, '256 B'],
  [4096, '4 KiB'],
  [65536, '64 KiB'],
  [1048576, '1 MiB'],
  [16777216, '16 MiB']
];
const CROWDS = [1, 10, 100, 1000, 5000];
const DRAWN = ['ours', 'faye-websocket', 'ws', 'bun'];

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
  ...DEFLATED.map(([name, payload, what]) =>
    scenario(`deflate-${name}`, `Deflate, ${what}, 50 connections, 1 in flight`, {
      payload,
      connections: 50,
      deflate: true,
      peers: ['ours', 'faye-websocket', 'ws', 'bun']
    })
  ),
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
  scenario('broadcast-once', 'Broadcast: text 64 B to 200 connections in one call', {
    load: 'broadcast',
    mode: 'broadcast',
    payload: 'ascii:64',
    connections: 200,
    unit: 'delivery',
    peers: ['ours-broadcast', 'ours', 'ws', 'bun-publish']
  }),
  scenario('broadcast-json', 'Broadcast: JSON of 1 KiB, compressed, to 200 connections in one call', {
    load: 'broadcast',
    mode: 'broadcast',
    payload: 'json:1024',
    connections: 200,
    deflate: true,
    unit: 'delivery',
    peers: ['ours-broadcast', 'ours', 'ws', 'bun-publish']
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
  ...pacedScenarios(),
  ...SIZES.map(([size, what]) =>
    scenario(`size-${what.replace(' ', '').toLowerCase()}`, `Text ${what}, 4 connections, 1 in flight`, {
      payload: `ascii:${size}`,
      connections: 4,
      long: size >= 1048576,
      peers: DRAWN,
      curve: 'size of the messages',
      point: what
    })
  ),
  ...CROWDS.map((connections) =>
    scenario(`crowd-${connections}`, `Text 64 B, ${connections} connections, 1 in flight`, {
      payload: 'ascii:64',
      connections,
      peers: DRAWN,
      curve: 'number of connections',
      point: connections.toLocaleString('en')
    })
  ),
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
  const peers =
    make === scenario
      ? ['ours', 'faye-websocket', 'ws', 'ws-buffers', 'net', 'bun', 'floor']
      : ['ours', 'faye-websocket', 'ws', 'net', 'bun'];
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

/** Loads at a fixed rate, of which the latency is told, too. */
function pacedScenarios() {
  const rates = [
    ['rate-5', 'ws', 5, false],
    ['rate-50', 'ws', 50, false],
    ['wss-rate-5', 'wss', 5, true]
  ];
  return rates.map(([name, scheme, each, tls]) =>
    scenario(name, `${scheme}: ${each} messages a second on each of 1,000 connections, text 64 B`, {
      load: 'paced',
      payload: 'ascii:64',
      connections: 1000,
      rate: each * 1000,
      tls,
      long: true,
      peers: DRAWN
    })
  );
}

/** The parts that scenarios of large messages share. */
function large(payload, connections, peers) {
  return { payload, connections, peers, unit: 'mebibyte', long: true };
}

module.exports = { SCENARIOS };
