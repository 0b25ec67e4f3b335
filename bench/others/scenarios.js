'use strict';

/**
 * Benchmarks that others have published, written anew after the methods that they describe. See README.md.
 */

const { scenario } = require('../harness/scenario');

const PEERS = ['ours', 'faye-websocket', 'ws', 'ws-bufferutil', 'bun'];
/** What a member of the chat room says at once: 32 times a list of 49 short lines. */
const LINES = 32 * 49;

/** `load_test` of uWebSockets: 20 bytes to and fro on each connection, for as long as one likes. */
const loadTests = [
  ['load-test-100', 100, false],
  ['load-test-500', 500, false],
  ['load-test-ssl-100', 100, true]
].map(([name, connections, tls]) =>
  scenario(name, `load_test: ${connections} connections${tls ? ' over TLS' : ''}, binary 20 B`, {
    payload: 'binary:20',
    connections,
    tls,
    peers: PEERS
  })
);

/** Bun's chat room: everybody says everything at once, everybody hears all of it, and the next round begins. */
const chats = [16, 32].map((connections) =>
  scenario(`chat-${connections}`, `Chat room of ${connections}: each line goes to all`, {
    load: 'chat',
    mode: 'chat',
    payload: 'ascii:16',
    connections,
    inFlight: LINES,
    unit: 'delivery',
    peers: PEERS
  })
);

/** An echo server in a container with one core. */
const containers = [16, 64, 128].map((users) =>
  scenario(`users-${users}`, `One core, ${users} users: JSON 128 B to and fro`, {
    payload: 'json:128',
    connections: users,
    peers: PEERS
  })
);

module.exports = [...loadTests, ...chats, ...containers];
