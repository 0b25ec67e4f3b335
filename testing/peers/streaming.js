'use strict';

/**
 * Ends of connections, by three implementations, that send much and close or break a rule in the middle of it. On a thread of
 * its own it is a peer: it makes one connection for each message with a task, and answers with the port of its server, if it
 * is one, and with the code of the close.
 */

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { isMainThread, parentPort, workerData } = require('node:worker_threads');

const Reference = require('faye-websocket');
const referenceDeflate = require('permessage-deflate');
const Ws = require('ws');

const Ours = require('./implementation');
const deflate = require('../../deflate');
const { random } = require('./random');

/** What is sent at a time, which no compression makes shorter, and how often. */
const PIECE = random(1).bytes(64 * 1024);
const PIECES = 80;
/** What waits before it pauses. */
const AHEAD = 2 * 1024 * 1024;
/** A control frame of a kind that there is not, masked and not. */
const BAD = { masked: Buffer.from([0x8b, 0x80, 0, 0, 0, 0]), plain: Buffer.from([0x8b, 0]) };

/** The options of an end of ours or of the reference. */
function optionsOf(peer, { deflates, transport, maxLength }) {
  const extensions = deflates ? [peer === 'ours' ? deflate : referenceDeflate] : [];
  return { extensions, ...(peer === 'ours' ? { transport } : {}), ...(maxLength ? { maxLength } : {}) };
}

/**
 * A server that passes its one connection on.
 *
 * @param {string} peer
 * @param {{key: string, cert: string}} certificate
 * @param {{secure: boolean, deflates: boolean, transport: string, maxLength?: number}} settings
 * @param {(ws: any) => void} onWebSocket
 */
async function serve(peer, certificate, settings, onWebSocket) {
  const server = settings.secure ? https.createServer(certificate) : http.createServer();
  if (peer === 'ws') {
    new Ws.Server({ server, perMessageDeflate: settings.deflates }).on('connection', onWebSocket);
  } else {
    const Constructor = peer === 'ours' ? Ours : Reference;
    server.on('upgrade', (request, socket, head) =>
      onWebSocket(new Constructor(request, socket, head, [], optionsOf(peer, settings)))
    );
  }
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** A client of the server at a port of this machine; for the rest see {@link serve}. */
function connect(peer, port, certificate, settings) {
  const url = `${settings.secure ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
  const tls = { ca: certificate.cert, servername: 'localhost' };
  if (peer === 'ws') {
    return new Ws(url, { perMessageDeflate: settings.deflates, ...(settings.secure ? tls : {}) });
  }
  const { Client } = peer === 'ours' ? Ours : Reference;
  return new Client(url, [], { ...optionsOf(peer, settings), tls });
}

/**
 * Has an end do something once it is open.
 *
 * @param {any} ws
 * @param {{streams?: boolean, closes?: number, breaks?: number}} does whether it sends much, and after how many messages it
 *   closes or breaks the protocol
 * @param {(code: number) => void} tell gets the code of the close
 */
function act(ws, { streams, closes, breaks }, tell) {
  let heard = 0;
  let sent = 0;
  const go = () => {
    if (ws.readyState !== 1 || sent >= PIECES) return;
    for (; sent < PIECES && ws.bufferedAmount < AHEAD; sent++) ws.send(PIECE);
    setImmediate(go);
  };
  ws.onmessage = () => {
    heard++;
    if (heard === closes) ws.close(4000, 'enough');
    if (heard === breaks) (ws._socket || ws._stream || ws._driver.io).write(badOf(ws));
  };
  ws.onerror = () => {};
  ws.onclose = ({ code }) => tell(code);
  if (!streams) return;
  if (ws.readyState === 1) go();
  else ws.onopen = go;
}

/** A client's frames are masked. A server knows no address that it has connected to. */
function badOf(ws) {
  const isServer = ws instanceof Ws ? ws._isServer : ws instanceof Ours || ws instanceof Reference;
  return isServer && !(ws instanceof Ours.Client || ws instanceof Reference.Client) ? BAD.plain : BAD.masked;
}

/** Does a task of the test. */
async function perform({ role, does, settings, port }) {
  const { peer, certificate } = workerData;
  const tell = (code) => parentPort.postMessage({ code });
  if (role === 'client') {
    act(connect(peer, port, certificate, settings), does, tell);
    return;
  }
  const server = await serve(peer, certificate, settings, (ws) => {
    act(ws, does, tell);
    server.close();
  });
  parentPort.postMessage({ port: server.address().port });
}

if (!isMainThread && workerData !== null && workerData.peer) parentPort.on('message', perform);

module.exports = { act, connect, serve };
