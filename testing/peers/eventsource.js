'use strict';

// A raw client of an EventSource for the tests: what it asks for is written byte by byte, and what
// it gets is kept as a string.

const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');

const EventSource = require('../../lib/faye/eventsource');

/**
 * Starts a server that makes an EventSource of each request.
 *
 * @param {import('node:test').TestContext} t ends the server with the test
 * @returns {Promise<{request: Function, server: http.Server}>}
 */
async function serve(t) {
  const waiting = [];
  const server = http.createServer((request, response) => waiting.shift()(request, response));
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  /** Sends a request; resolves once the EventSource is made, or rejects with what it threw. */
  async function request(options, headers = [], path = '/', prepare = () => {}) {
    const socket = net.connect(server.address().port, '127.0.0.1');
    t.after(() => socket.destroy());
    const peer = reader(socket);
    const made = new Promise((resolve, reject) => {
      waiting.push((incoming, response) => {
        try {
          Object.assign(peer, { request: incoming, response });
          peer.source = new EventSource(incoming, response, options);
          prepare(peer.source);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    const host = headers.some((line) => /^host:/i.test(line)) ? [] : ['Host: localhost'];
    const lines = [`GET ${path} HTTP/1.1`, ...host, 'Accept: text/event-stream', ...headers, '', ''];
    socket.write(lines.join('\r\n'));
    await made;
    return peer;
  }
  return { request, server };
}

/** Reads a socket as text. */
function reader(socket) {
  const peer = { socket, source: null, request: null, response: null };
  let text = '';
  let check = () => {};
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += chunk;
    check();
  });
  socket.on('error', () => {});

  /** Takes everything up to and including a string. */
  peer.receive = (last) =>
    new Promise((resolve, reject) => {
      check = () => {
        const at = text.indexOf(last);
        if (at < 0) return;
        const taken = text.slice(0, at + last.length);
        text = text.slice(at + last.length);
        check = () => {};
        resolve(taken);
      };
      socket.once('close', () => reject(new Error(`closed before ${JSON.stringify(last)}`)));
      check();
    });
  peer.ended = new Promise((resolve) => socket.on('end', () => resolve(text)));
  return peer;
}

/** A server for one request. */
async function connect(t, ...args) {
  const { request } = await serve(t);
  return request(...args);
}

module.exports = { connect, serve };
