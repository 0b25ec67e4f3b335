'use strict';

/** The process that `subject.js` starts. */

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const vm = require('node:vm');

const { driven } = require('./driven');
const WebSocket = require('./implementation');
const scopes = require('./scopes');
const { makeCertificate } = require('../certificate');
const { passing } = require('../passing_extension');

/** What behaviours may count in; those that `until` waits for are counted here. */
const state = { open: 0, message: 0, error: 0, close: 0, errors: [], closes: [], uncaught: [], notes: [] };
/** The most that is kept of each list. */
const KEPT = 2000;
const sockets = new Set();
const waiting = [];
const delay = monitorEventLoopDelay({ resolution: 1 });

process.once('message', start);

function start({ behaviour, secure, survive, ...settings }) {
  const options = withDeflate(settings);
  const behave = behaviour ? vm.runInThisContext(`(${behaviour})`) : () => {};
  if (survive) process.on('uncaughtException', (error) => keep(state.uncaught, error.message));

  process.on('message', answer);
  process.on('disconnect', () => process.exit());
  delay.enable();
  if (settings.url) return connect(settings, options, behave);

  const server = secure ? https.createServer(makeCertificate({ names: ['localhost'] })) : http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const make = () => {
      const ws = settings.driver
        ? driveServer(request, socket, options)
        : new WebSocket(request, socket, head, [], options);
      watch(ws);
      behave(ws, { WebSocket, state, request, socket, server, scopes });
      ws.on('message', () => count('message'));
    };
    if (settings.scoped) scopes.within(make);
    else make();
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

/** In the place of a server: a client, and another one whenever one is closed. */
function connect(settings, options, behave) {
  const { url } = settings;
  const client = settings.driver ? driveClient(url, options) : new WebSocket.Client(url, [], options);
  watch(client);
  behave(client, { WebSocket, state });
  client.on('message', () => count('message'));
  client.on('close', () => connect(settings, options, behave));
  if (state.clients === undefined) process.send({ port: 0 });
  state.clients = (state.clients || 0) + 1;
}

/** A driver in the place of a server's WebSocket. */
function driveServer(request, socket, options) {
  const driver = require('../../driver').http(request, { maxLength: options.maxLength });
  for (const extension of options.extensions || []) driver.addExtension(extension);
  const ws = driven(driver, socket);
  driver.start();
  return ws;
}

/** A driver in the place of a client. */
function driveClient(url, options) {
  const driver = require('../../driver').client(url, { maxLength: options.maxLength });
  for (const extension of options.extensions || []) driver.addExtension(extension);
  const socket = net.connect(new URL(url).port, '127.0.0.1', () => driver.start());
  return driven(driver, socket);
}

/** Counts the events of a connection. */
function watch(ws) {
  sockets.add(ws);
  ws.on('open', () => count('open'));
  ws.on('error', ({ message }) => {
    keep(state.errors, message);
    count('error');
  });
  ws.on('close', ({ code, reason }) => {
    sockets.delete(ws);
    keep(state.closes, [code, reason]);
    count('close');
  });
}

const idle = passing('x-idle');

/** Extensions that are plugins, by the name of the setting. */
const PLUGINS = {
  get idle() {
    return { extensions: [idle] };
  },
  get npm() {
    return { extensions: [require('permessage-deflate')], deflate: 'js' };
  },
  get 'npm beside another'() {
    return { extensions: [require('permessage-deflate').configure({ level: 1 }), idle] };
  },
  get 'ours beside another'() {
    return { extensions: [require('../../deflate'), idle] };
  }
};

/** Options cannot bring an extension over from another process, so the extension is made here. */
function withDeflate({ options, deflate, plugin }) {
  if (plugin) return { ...options, ...PLUGINS[plugin] };
  if (!deflate) return options;
  const extension = process.env.WEBSOCKET_UNDER_TEST ? 'permessage-deflate' : '../../deflate';
  return { ...options, extensions: [require(extension).configure(deflate)] };
}

/** Adds to a list that must not grow without bounds. */
function keep(list, item) {
  if (list.length < KEPT) list.push(item);
}

function count(type) {
  state[type]++;
  if (waiting.length === 0) return;
  for (const entry of waiting.splice(0)) {
    if (state[entry.type] >= entry.count) report(entry.id);
    else waiting.push(entry);
  }
}

function answer({ id, question, details }) {
  if (question === 'until' && state[details.type] < details.count) waiting.push({ id, ...details });
  else report(id);
}

/** Sends what there is to measure; a little later, so that what has just ended can be collected. */
function report(id) {
  setTimeout(() => {
    const longest = delay.max / 1e6;
    delay.reset();
    global.gc();
    global.gc();
    process.send({ id, answer: { ...measure(), delay: longest } });
  }, 20);
}

function measure() {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  let buffered = 0;
  for (const ws of sockets) buffered += ws.bufferedAmount;
  return {
    rss,
    peak: process.resourceUsage().maxRSS * 1024,
    heap: heapUsed,
    external,
    cpu: user + system,
    descriptors: fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0,
    sessions: sessions(),
    scopes: scopes.seen,
    buffered,
    state
  };
}

/** How many sessions the native side holds; 0 for the reference, which has none. */
function sessions() {
  return process.env.WEBSOCKET_UNDER_TEST ? 0 : require('../../lib/native').sessions();
}
