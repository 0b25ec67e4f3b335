'use strict';

/**
 * The process, or worker thread, that `sender.js` starts: it sends `working` as an EventSource, a driver, a WebSocket of
 * a draft or over HTTP/2, and does then what it was told to.
 */

const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const vm = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');

const WebSocket = require('./implementation');
const driver = require('../../driver');
const { makeCertificate } = require('../certificate');

/** What sends, by the name of the setting `kind`. Each returns a server, or nothing if it connects to `url`. */
const KINDS = {
  websocket: (work, settings) =>
    listening(settings).on('upgrade', (request, socket, head) => {
      const ws = new WebSocket(request, socket, head, [], settings.options);
      ws.onmessage = () => work((text) => ws.send(text));
    }),
  eventSource: (work, settings) =>
    listening(settings).on('request', (request, response) => {
      const source = new WebSocket.EventSource(request, response);
      source.onopen = () => setTimeout(work, 1, (text) => source.send(text));
    }),
  driver: (work, settings) =>
    listening(settings).on('upgrade', (request, socket) => drive(driver.http(request), socket, work).start()),
  driverClient: (work, { url }) => {
    const client = driver.client(url);
    const socket = net.connect(new URL(url).port, '127.0.0.1', () => client.start());
    drive(client, socket, work);
  },
  http2: (work) =>
    listeningHttp2((request) => {
      const ws = new WebSocket(request, request.stream);
      ws.onmessage = () => work((text) => ws.send(text));
    }),
  /** A stream of Node's own over HTTP/2, to compare with. */
  http2Stream: (work) =>
    listeningHttp2(({ stream }) => {
      stream.respond({ ':status': 200 });
      stream.on('data', () => work((text) => stream.write(text)));
    })
};

function listening({ secure }) {
  return secure ? https.createServer(makeCertificate({ names: ['localhost'] })) : http.createServer();
}

/** `connect` is emitted where `request` is listened for only. */
function listeningHttp2(take) {
  return http2.createServer({ settings: { enableConnectProtocol: true } }, () => {}).on('connect', take);
}

function drive(side, socket, work) {
  socket.pipe(side.io).pipe(socket);
  side.on('message', () => work((text) => side.text(text)));
  return side;
}

function start({ kind, then, ...settings }, tell) {
  const proceed = vm.runInThisContext(`(${then})`);
  const work = (send) => {
    send('working');
    proceed({ send, tell, require });
  };
  const server = KINDS[kind](work, settings);
  if (!server) return tell(0);
  server.listen(0, '127.0.0.1', () => tell(server.address().port));
}

if (parentPort) {
  start(workerData, (message) => parentPort.postMessage(message));
} else {
  process.on('disconnect', () => process.exit());
  process.once('message', (settings) => start(settings, (message) => process.send(message)));
}
