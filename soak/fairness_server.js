'use strict';

/**
 * The server of `fairness.js`: `direct` or `stream` for our transports, `ws`, or `reference`. With `+tls` behind the name
 * it speaks TLS, with `+plugins` ours has an extension of the caller's beside permessage-deflate, and with `+npm` npm's
 * permessage-deflate. With `+http2` ours takes WebSockets over HTTP/2, and `none+http2` only those who want echoes, and answers
 * the others as Node does. It echoes what those send who ask for it, and does nothing with what others do. Requests that are no
 * upgrades get an EventSource.
 */

const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { performance } = require('node:perf_hooks');

const { makeCertificate } = require('../testing/certificate');
const { unused } = require('../testing/peers/unused_extension');

const [server, coding, limit] = process.argv.slice(2);
const [name, variant] = server.split('+');
const deflates = coding === 'deflate';
const MAX_LENGTH = Number(limit);

/** What has happened since somebody asked. */
let messages = 0;
let closes = 0;

/** Whether somebody wants their messages back. */
const wantsEchoes = ({ headers }) => headers['x-echo'] !== undefined;

function takeWithWs() {
  const { WebSocketServer } = require('ws');
  const perMessageDeflate = deflates ? { threshold: 1024 } : false;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_LENGTH, perMessageDeflate });
  return (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const echoes = wantsEchoes(request);
      ws.on('message', (data, binary) => {
        messages++;
        // As the others do, texts become strings.
        const message = binary ? data : data.toString();
        if (echoes) ws.send(message);
      });
      ws.on('error', () => {});
      ws.on('close', () => closes++);
    });
  };
}

function takeWithFaye(WebSocket, list, more) {
  const extensions = deflates ? list : [];
  return (request, socket, head) => {
    socket.on('error', () => {});
    const ws = new WebSocket(request, socket, head, [], { maxLength: MAX_LENGTH, extensions, ...more });
    const echoes = wantsEchoes(request);
    const blobs = request.headers['x-echo'] === 'blob';
    ws.on('message', ({ data }) => {
      messages++;
      if (echoes) ws.send(blobs ? new Blob([data]) : data);
    });
    ws.on('close', () => closes++);
  };
}

/** Who wants no echoes gets an answer and no WebSocket: what HTTP/2 takes by itself. */
function takeWithoutWebSockets() {
  const take = takeWithFaye(require('..'), [], {});
  return (request, ...rest) => {
    if (wantsEchoes(request)) {
      take(request, ...rest);
      return;
    }
    request.stream.on('error', () => {});
    request.stream.respond({ ':status': 200 });
    request.stream.resume();
  };
}

function taker() {
  if (name === 'ws') return takeWithWs();
  if (name === 'none') return takeWithoutWebSockets();
  if (name === 'reference') {
    return takeWithFaye(require('faye-websocket-reference'), [require('permessage-deflate')], {});
  }
  const WebSocket = require('..');
  const deflate = variant === 'npm' ? require('permessage-deflate') : WebSocket.deflate;
  return takeWithFaye(WebSocket, variant === 'plugins' ? [deflate, unused] : [deflate], { transport: name });
}

/** How long the loop was held at most, in milliseconds. */
let hold = 0;
let last = performance.now();
let spent = process.cpuUsage();

/**
 * A timer, for each turn of the loop. While other processes have our core, time goes on and our CPU time does not; while
 * our other threads work, CPU time goes on faster. The loop was held for no longer than either says.
 */
function look() {
  const now = performance.now();
  const usage = process.cpuUsage();
  const cpu = (usage.user + usage.system - spent.user - spent.system) / 1000;
  hold = Math.max(hold, Math.min(now - last, cpu));
  last = now;
  spent = usage;
  setTimeout(look, 1);
}

function report() {
  process.send({ messages, closes, hold, rss: process.memoryUsage().rss });
  messages = closes = hold = 0;
}

function makeListener() {
  if (variant === 'http2') return http2.createServer({ settings: { enableConnectProtocol: true } });
  const options = { maxHeadersCount: 0 };
  return variant === 'tls'
    ? https.createServer({ ...options, ...makeCertificate({ names: ['localhost'] }) })
    : http.createServer(options);
}

const take = taker();
const listener = makeListener();
listener.on('upgrade', take);
listener.on('connect', (request) => take(request, request.stream, Buffer.alloc(0)));
listener.on('sessionError', () => {});
if (!/^(ws|reference)/.test(name)) {
  const { EventSource } = require('..');
  listener.on('request', (request, response) => {
    const events = new EventSource(request, response);
    events.on('open', () => events.send('hello'));
  });
}
listener.on('clientError', (error, socket) => socket.destroy());
listener.listen(0, '127.0.0.1', () => {
  process.send(listener.address().port);
  look();
});
process.on('message', report);
process.on('disconnect', () => process.exit());
