'use strict';

/** Clients of both kinds for the tests of topics, and a server that hands over its ends of their connections. */

const { EventEmitter, once } = require('node:events');
const http = require('node:http');

const { WebSocket: Peer } = require('ws');

const WebSocket = require('../..');

/** The transports of a WebSocket. */
const TRANSPORTS = WebSocket.engine === 'native' ? ['stream', 'direct'] : ['stream'];

/** What a client has received, and promises of what it will. */
class Received extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(0);
    this.all = [];
  }

  /** Adds what has come. */
  add(message) {
    this.all.push(message);
    this.emit('message', message);
  }

  /** Resolves to all messages, once they are so many. */
  async count(n) {
    while (this.all.length < n) await once(this, 'message');
    return this.all;
  }

  /** Resolves once a message has come. */
  async message(wanted) {
    while (!this.all.includes(wanted)) await once(this, 'message');
  }
}

/**
 * Starts a server.
 *
 * @param {import('node:test').TestContext} t ends it with the test
 * @param {object} [options] of its WebSockets
 * @returns {Promise<{join: Function, follow: Function}>} `join` connects a WebSocket, `follow` a feed; both resolve to
 *   `{ end, client, received }`, `end` being the server's
 */
async function serve(t, options = {}) {
  const server = http.createServer();
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  const made = new EventEmitter();
  server.on('upgrade', (request, socket, head) => {
    made.emit(request.url, new WebSocket(request, socket, head, null, options));
  });
  server.on('request', (request, response) => {
    made.emit(request.url, new WebSocket.EventSource(request, response));
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  let number = 0;

  /** Connects a WebSocket. */
  async function join() {
    const path = `/${++number}`;
    const client = new Peer(`ws://127.0.0.1:${port}${path}`);
    t.after(() => client.terminate());
    const received = new Received();
    client.on('message', (data, isBinary) => received.add(isBinary ? data : String(data)));
    const [[end]] = await Promise.all([once(made, path), once(client, 'open')]);
    if (end.readyState === 0) await once(end, 'open');
    return { end, client, received };
  }

  /** Gets a feed; what it receives are events as objects of their fields. */
  async function follow(lastEventId) {
    const path = `/${++number}`;
    const headers = { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) };
    const client = http.get({ port, host: '127.0.0.1', path, headers, agent: false });
    client.on('error', () => {});
    t.after(() => client.destroy());
    const received = new Received();
    const [[end], [response]] = await Promise.all([once(made, path), once(client, 'response')]);
    response.on('error', () => {});
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      const blocks = (text + chunk).split('\r\n\r\n');
      text = blocks.pop();
      for (const block of blocks) received.add(fieldsOf(block));
    });
    return { end, client, response, received };
  }

  return { join, follow, port };
}

/** The fields of an event. */
function fieldsOf(block) {
  const fields = {};
  for (const line of block.split(/\r\n|\r|\n/)) {
    const [, name, value] = /^(\w*): ?([^]*)$/.exec(line);
    fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  return fields;
}

/** The events among the blocks that a feed has received: those with data. */
function eventsOf(received) {
  return received.all.filter((block) => 'data' in block);
}

module.exports = { TRANSPORTS, eventsOf, serve };
