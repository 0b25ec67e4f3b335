'use strict';

/**
 * A feed that no reader misses an event of. Events have IDs and are kept for a while; a reader that was cut off comes back
 * with the ID of the last one it saw, and gets what came since. The reader here does by hand what a browser's EventSource
 * does by itself, and is cut off twice.
 *
 *     node examples/eventsource.js
 */

const { once } = require('events');
const http = require('http');

// Elsewhere this is require('faye-websocket').
const { EventSource } = require('..');

const KEPT = 1000;

/** What has happened, with those who want to know. */
class Feed {
  constructor() {
    this.events = [];
    this.readers = new Set();
    this.lastId = 0;
  }

  /** Tells everybody, and remembers. */
  publish(data) {
    this.lastId += 1;
    this.events.push({ id: this.lastId, data });
    if (this.events.length > KEPT) this.events.shift();
    for (const reader of this.readers) reader.send(data, { id: this.lastId });
  }

  /** Answers a reader, beginning with what it has missed. */
  add(request, response) {
    const reader = new EventSource(request, response, { retry: 1, ping: 15 });
    const seen = Number(reader.lastEventId) || 0;
    for (const { id, data } of this.events) if (id > seen) reader.send(data, { id });
    this.readers.add(reader);
    reader.on('close', () => this.readers.delete(reader));
  }
}

/** Reads events until one has a certain ID, then hangs up; resolves to the ID. */
async function read(port, lastEventId, until) {
  const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(lastEventId) };
  const request = http.get({ host: '127.0.0.1', port, headers });
  const [response] = await once(request, 'response');
  let text = '';
  let id = lastEventId;
  for await (const chunk of response.setEncoding('utf8')) {
    const events = (text + chunk).split('\r\n\r\n');
    text = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split('\r\n').map((line) => line.split(': ')));
      if (!fields.data) continue;
      id = Number(fields.id);
      console.log(`event ${id}: ${fields.data}`);
    }
    // Leaving the loop destroys the response, and so the connection.
    if (id >= until) break;
  }
  return id;
}

/** Publishes while nobody reads, while somebody does, and between. */
async function main() {
  const feed = new Feed();
  const server = http.createServer((request, response) => {
    if (EventSource.isEventSource(request)) return feed.add(request, response);
    response.end('This server has a feed.\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();

  for (const word of ['one', 'two', 'three']) feed.publish(word);
  let seen = await read(port, 0, 3);
  console.log(`cut off after ${seen}; meanwhile:`);
  for (const word of ['four', 'five']) feed.publish(word);
  seen = await read(port, seen, 5);
  console.log(`cut off after ${seen}`);
  server.close();
}

main();
