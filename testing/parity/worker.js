'use strict';

/**
 * The process in which one implementation runs its scripts, one after another, as the parent asks for them.
 * Its first argument is the implementation's module, its second the transport, if one is asked for.
 */

const http = require('http');
const https = require('https');
const net = require('net');
const path = require('path');
const tls = require('tls');
const { Clock, real } = require('./clock');
const { openQuiet } = require('./quiet');
const { certificate } = require('./client_connection');
const { Context } = require('./context');
const { format } = require('../format');
const { findScript } = require('./chapters');
const { onTransport } = require('./transport');

/**
 * A script in which nothing has happened for so many seconds of real time hangs. It only ever decides a failure. Seconds
 * are counted one by one, so that a machine that stands still for a while does not look like a script that hangs.
 */
const HANG_SECONDS = 10;

const [implementation, transport] = process.argv.slice(2);

const clock = new Clock();
clock.install();

/**
 * Has the reference serve drafts: its driver can, when it is asked to, which faye-websocket does not do.
 * Returns what ends that.
 */
function allowDrafts() {
  const driver = driverOf(implementation);
  if (driver === null) return () => {};
  const { http } = driver;
  driver.http = (request, options) => http.call(driver, request, { ...options, allowDrafts: true });
  return () => {
    driver.http = http;
  };
}

/**
 * faye-websocket names IP addresses to TLS (`servername`), which Node refuses from 26 on, and so do Bun and Deno: no such
 * client connects. For all that else there is to compare, such a name is left out, and is the host that is checked.
 */
function leaveOutAddresses() {
  const { connect } = tls;
  const changed = (options) => {
    if (options === null || typeof options !== 'object' || !net.isIP(options.servername)) return options;
    return { ...options, servername: undefined, host: options.host || options.servername };
  };
  tls.connect = (options, ...rest) => connect.call(tls, changed(options), ...rest);
}
const { bun, deno, node } = process.versions;
if (path.basename(implementation) !== 'index.js' && (bun || deno || parseInt(node, 10) >= 26))
  leaveOutAddresses();

/** The driver under npm's faye-websocket; null if that is not what runs. */
function driverOf(name) {
  if (path.basename(name) === 'original_on_ours.js') return require('../../driver');
  if (name !== 'faye-websocket-reference') return null;
  return require(require.resolve('websocket-driver', { paths: [require.resolve(name)] }));
}

/** The surroundings of a script: made once for the process, used by one script at a time. */
const world = {
  implementation: transport ? onTransport(require(implementation), transport) : require(implementation),
  clock,
  allowDrafts,
  quiet: null,
  expected: new Map(),
  listening: {},
  context: null,

  /** Makes `context` the one that is told of uncaught exceptions. */
  enter(context) {
    this.context = context;
  },

  /** The HTTP or HTTPS server of this process, on a port of the system's choice. */
  server(secure) {
    const scheme = secure ? 'https' : 'http';
    this.listening[scheme] = this.listening[scheme] || listen(secure);
    return this.listening[scheme];
  }
};

/** Starts a server and leads its requests to the connections that expect them. */
async function listen(secure) {
  const server = secure ? https.createServer(certificate()) : http.createServer();
  const claim = (socket) => {
    const connection = world.expected.get(socket.remotePort);
    world.expected.delete(socket.remotePort);
    return connection;
  };
  server.on('upgrade', (request, socket, head) => claim(socket).upgraded(request, socket, head));
  server.on('request', (request, response) => claim(request.socket).requested(request, response));
  server.on('clientError', (error, socket) => {
    world.context.say(`the server refuses the request: ${error.code}`);
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Runs one script and returns its trace. */
async function run(name) {
  const context = new Context(world);
  world.enter(context);
  let idle = 0;
  let seen = 0;
  const watchdog = real.setInterval(() => {
    idle = context.trace.activity === seen ? idle + 1 : 0;
    seen = context.trace.activity;
    if (idle < HANG_SECONDS) return;
    process.send({ name, lines: [...context.trace.lines, 'the script hangs'], over: true });
  }, 1000);
  try {
    await findScript(name).run(context);
    await context.settle();
    for (const peer of context.peers) peer.flushRest();
  } catch (error) {
    context.say(`the script itself throws ${error.stack}`);
  }
  await context.finish();
  real.clearInterval(watchdog);
  return context.trace.lines;
}

process.on('uncaughtException', (error) => world.context.uncaught(error));
process.on('unhandledRejection', (error) => world.context.say(`unhandled rejection ${format(error)}`));

process.on('message', async ({ name }) => {
  world.quiet = world.quiet || (await openQuiet());
  const lines = await run(name);
  process.send({ name, lines });
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
