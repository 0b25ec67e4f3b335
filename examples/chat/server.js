'use strict';

/**
 * A chat, an echo and a feed for one page: WebSocket both ways, and EventSource from here to there. `live.js` has the
 * figures of the page's strip.
 *
 * Run it with `node examples/chat/server.js`, or as a part of `npm start`.
 */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

// Elsewhere this is require('faye-websocket').
const WebSocket = require('../..');
const { createLive } = require('./live');

const { EventSource, deflate } = WebSocket;

/** The page's files, and their types. */
const FILES = {
  '/': ['index.html', 'text/html'],
  '/page.js': ['page.js', 'text/javascript'],
  '/strip.js': ['strip.js', 'text/javascript'],
  '/page.css': ['page.css', 'text/css']
};

/** What every file is served with: the page loads and connects to nothing but this server. */
const HEADERS = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': "default-src 'self'; img-src data:; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff'
};

/** A chat message is no longer than this, in bytes; an echo may be as long as the default allows. */
const LONGEST_CHAT_MESSAGE = 4096;

/**
 * Makes the server; the caller lets it listen.
 *
 * @returns {http.Server}
 */
function createServer() {
  const people = new Set();
  const feed = createFeed();
  const server = http.createServer((request, response) => {
    const file = FILES[request.url];
    if (file) return serveFile(response, file);
    if (request.url === '/feed' && EventSource.isEventSource(request)) return feed.add(request, response);
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    response.end('Not found\n');
  });
  const live = createLive(server);

  /** What each path does with a connection; it gets a function that makes one with options. */
  const accepts = {
    '/chat': (open) => chat(open({ maxLength: LONGEST_CHAT_MESSAGE, ping: 30 }), people, feed),
    '/echo': (open) => echo(open()),
    '/live': (open) => live.read(open({ maxLength: LONGEST_CHAT_MESSAGE, extensions: deflate })),
    '/idle': (open) => open()
  };

  server.on('upgrade', (request, socket, head) => {
    if (!WebSocket.isWebSocket(request) || !sameOrigin(request)) return socket.destroy();
    const accept = accepts[request.url];
    if (!accept) return socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    accept((options) => {
      const ws = new WebSocket(request, socket, head, null, options);
      live.watch(ws);
      return ws;
    });
  });
  server.on('close', live.close);
  return server;
}

/** Sends back each message as it came, text as text and binary as binary. */
function echo(ws) {
  ws.pipe(ws);
}

/** Sends each message to everybody, and tells the feed who is there. */
function chat(ws, people, feed) {
  people.add(ws);
  feed.publish('people', people.size);

  ws.on('message', (event) => {
    for (const person of people) person.send(event.data);
    feed.publish('said', String(event.data));
  });
  ws.on('close', () => {
    people.delete(ws);
    feed.publish('people', people.size);
  });
}

/**
 * A feed that remembers its last hundred events. A reader that comes back says which one it saw last,
 * and gets those after it.
 */
function createFeed() {
  const readers = new Set();
  const events = [];
  let lastId = 0;

  return {
    /** Answers a reader. */
    add(request, response) {
      const reader = new EventSource(request, response, { retry: 2 });
      const seen = Number(reader.lastEventId) || 0;
      for (const { id, event, data } of events) if (id > seen) reader.send(data, { id, event });
      readers.add(reader);
      reader.on('close', () => readers.delete(reader));
    },

    /** Sends an event to every reader. */
    publish(event, data) {
      lastId += 1;
      events.push({ id: lastId, event, data });
      if (events.length > 100) events.shift();
      for (const reader of readers) reader.send(data, { id: lastId, event });
    }
  };
}

/**
 * Whether a request comes from a page of this server, or from no page at all. A browser lets any page
 * open a WebSocket to anywhere, so it is the server that has to look.
 */
function sameOrigin({ headers: { origin, host } }) {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** Answers with a file of the page. */
function serveFile(response, [name, type]) {
  response.writeHead(200, { ...HEADERS, 'Content-Type': `${type}; charset=utf-8` });
  fs.createReadStream(path.join(__dirname, name)).pipe(response);
}

module.exports = { createServer };

if (require.main === module) {
  const server = createServer();
  server.listen(Number(process.env.PORT) || 8000, '127.0.0.1', () => {
    console.log(`http://localhost:${server.address().port}/`);
  });
}
