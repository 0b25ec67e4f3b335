'use strict';

/**
 * What a script works with: `t`. It opens connections, makes calls, moves time, and keeps the trace.
 * A script does the same to either implementation; only `t.WebSocket` differs.
 */

const net = require('net');
const tls = require('tls');
const { Peer } = require('./peer');
const { Connection } = require('./connection');
const { ClientConnection } = require('./client_connection');
const { Trace } = require('./trace');
const { format } = require('../format');
const { IDLE_TURNS, IDLE_TURNS_OF_LAYERS } = require('./quiet');

/** The request that a script sends unless it says otherwise; the key is the one of RFC 6455 section 1.3. */
const REQUEST_HEADERS = {
  Host: 'example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13'
};

/** Joins a request head. A header that is `null` is left out, an array is sent once for each value. */
function requestHead(method, path, headers) {
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) continue;
    for (const one of [].concat(value)) lines.push(`${name}: ${one}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

class Context {
  constructor(world) {
    this.world = world;
    this.trace = new Trace((line) => this.renamePorts(line));
    this.peers = [];
    this.connections = [];
    this.cleanups = [];
    this.portNames = new Map();
    this.turns = IDLE_TURNS;
  }

  get WebSocket() {
    return this.world.implementation;
  }

  get EventSource() {
    return this.world.implementation.EventSource;
  }

  get Client() {
    return this.world.implementation.Client;
  }

  /** Adds a line to the trace. Ports, which differ from run to run, appear under their names. */
  say(line) {
    this.trace.say(line);
  }

  /** Prints a value as a trace does. */
  format(value) {
    return format(value);
  }

  /** Replaces the ports of the script's own listeners. */
  renamePorts(line) {
    if (this.portNames.size === 0) return line;
    return line.replace(/([:"])(\d{4,5})(?!\d)/g, (whole, before, port) => {
      const name = this.portNames.get(Number(port));
      return name ? `${before}${name}` : whole;
    });
  }

  /** Notes activity without a line. */
  touch() {
    this.trace.touch();
  }

  /** Has drafts of the protocol served, by the reference too, until the script ends. */
  allowDrafts() {
    this.cleanups.push(this.world.allowDrafts());
  }

  /** Records a value. */
  value(label, value) {
    this.say(`${label} is ${format(value)}`);
  }

  /**
   * Records an exception that nobody caught. Of an unhandled `error` event Node prints the whole object, which is
   * left out.
   */
  uncaught(error) {
    if (error && error.code === 'ERR_UNHANDLED_ERROR') this.say('uncaught unhandled error event');
    else this.say(`uncaught ${format(error)}`);
  }

  /** Calls `fn` and records what it returned or threw; returns what it returned. */
  attempt(label, fn) {
    let result;
    try {
      result = fn();
    } catch (error) {
      this.say(`${label} throws ${format(error)}`);
      return undefined;
    }
    this.say(`${label} returns ${format(result)}`);
    return result;
  }

  /** Runs `fn`, then waits for quiet and prints what the peers got. */
  async step(label, fn) {
    this.say(`-- ${label}`);
    if (fn) await fn();
    await this.settle();
  }

  /** Waits until both sides are quiet, then prints what the peers got. */
  async settle() {
    await this.world.quiet.settle(() => this.trace.activity, this.turns);
    for (const peer of this.peers) peer.flush();
  }

  /** Waits for something that takes an unknown number of turns, such as a megabyte or a TLS handshake. */
  async until(condition) {
    while (!condition()) await this.world.quiet.turn();
    await this.settle();
  }

  /** Moves the clock of the process. */
  async tick(ms) {
    this.say(`-- ${ms} ms pass`);
    await this.world.clock.advance(
      ms,
      () => this.world.quiet.turn(),
      (error) => this.uncaught(error)
    );
    await this.settle();
  }

  /** Records the events of a WebSocket or an EventSource. */
  watch(target, name, how) {
    this.trace.watch(target, name, how);
  }

  /** `ws`, `ws2`, `ws3`: the name of the connection that is made next. */
  nextName(stem) {
    const number = this.connections.length + 1;
    return number === 1 ? stem : `${stem}${number}`;
  }

  /**
   * Sends a handshake over a new connection to the worker's server and hands the upgrade to the script.
   * Options: `secure`, `method`, `path`, `headers` (over the usual ones, `null` leaves one out), `head` (exact bytes instead),
   * `early` (bytes in the packet of the request), `protocols`, `options`, `accept(connection, request, socket, head)`
   * instead of the usual constructor call, `setup(ws, connection)` in the same tick, `watch`, `kind` of the peer.
   */
  async open(how = {}) {
    const connection = new Connection(this, this.nextName('ws'), how);
    await this.step(how.label || 'a client connects', () => this.request(connection, how, REQUEST_HEADERS));
    return connection;
  }

  /** The same for an EventSource: a plain GET that asks for events. */
  async openEvents(how = {}) {
    const connection = new Connection(this, this.nextName('es'), { ...how, events: true });
    const headers = { Host: 'example.com', Accept: 'text/event-stream' };
    await this.step(how.label || 'a client connects', () => this.request(connection, how, headers));
    return connection;
  }

  /**
   * Makes a Client for an origin of its own, and waits until there is a request to answer, or until it is quiet if
   * `wait` is false. Options: `secure`, `proxy` ('http' or 'https'), `path`, `host`, `credentials`, `protocols`,
   * `options`, `proxyOptions`, `proxyCredentials`, `certificate`, `proxyCertificate`, `trust`, `make(connection)` in place
   * of the usual constructor call, `setup(ws, connection)` in the same tick, `watch`, `wait`.
   */
  async connect(how = {}) {
    const connection = new ClientConnection(this, this.nextName('ws'), how);
    this.connections.push(connection);
    if (how.secure || how.proxy) this.turns = IDLE_TURNS_OF_LAYERS;
    await connection.listen();
    this.say('-- a client is made');
    connection.make();
    if (how.wait === false) await this.settle();
    else await this.until(() => connection.arrived());
    return connection;
  }

  /** The same, with an origin that answers as it should. */
  async connected(how = {}) {
    const connection = await this.connect(how);
    if (how.proxy) await connection.proxyTunnels();
    await connection.answers(how.answer);
    return connection;
  }

  /** Connects a peer and sends the request of `how`. */
  async request(connection, how, usual) {
    const server = await this.world.server(how.secure);
    const where = {
      port: server.address().port,
      host: '127.0.0.1',
      allowHalfOpen: how.allowHalfOpen === true
    };
    const socket = how.secure ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
    if (how.secure) this.turns = IDLE_TURNS_OF_LAYERS;
    socket.setNoDelay(true);
    connection.peer = this.addPeer(new Peer(this, this.nextName('peer'), socket, how.kind));
    this.connections.push(connection);
    await new Promise((resolve) => socket.once(how.secure ? 'secureConnect' : 'connect', resolve));
    this.world.expected.set(socket.localPort, connection);
    const head =
      how.head || requestHead(how.method || 'GET', how.path || '/chat', { ...usual, ...how.headers });
    connection.peer.write(head, how.early || '');
  }

  /** Makes a peer one of those that are printed after each step and closed after the script. */
  addPeer(peer) {
    this.peers.push(peer);
    this.cleanups.push(() => peer.socket.destroy());
    return peer;
  }

  /**
   * Runs `fn` for each of `items` and prints each distinct trace once, under the list of the items that gave it.
   * For the many cuts of one transcript.
   */
  async each(items, fn) {
    const groups = new Map();
    for (const item of items) {
      const inner = new Context(this.world);
      this.world.enter(inner);
      await fn(inner, item);
      await inner.finish();
      this.world.enter(this);
      this.touch();
      const lines = inner.trace.lines.join('\n');
      if (!groups.has(lines)) groups.set(lines, []);
      groups.get(lines).push(item);
    }
    for (const [lines, members] of groups) {
      this.say(`== for ${members.join(' ')}`);
      for (const line of lines.split('\n')) this.say(line);
    }
  }

  /** Closes whatever a script left open. Nothing after this is recorded. */
  async finish() {
    this.trace.close();
    for (const cleanup of this.cleanups) cleanup();
    await this.world.quiet.settle(() => this.trace.activity, this.turns);
    this.world.clock.reset();
  }
}

module.exports = { Context };
