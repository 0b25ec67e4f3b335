'use strict';

/**
 * What the page's live strip shows: how many connections there are, what passes over them, how long a ping takes and
 * what a connection costs, once a second, over a WebSocket of its own.
 *
 * A reader of the strip may also ask for a crowd: connections of this process to itself, which stay idle until they are
 * closed again. Chromium opens at most 255 WebSockets for a page, so the page cannot make them.
 */

// Elsewhere this is require('faye-websocket').
const WebSocket = require('../..');

/** How often the strip is told, and how often each of its readers is pinged, in milliseconds. */
const TELL_EVERY = 1000;
const PING_EVERY = 200;
/** Pings of which the percentiles are made. */
const PINGS = 100;
/** The most connections of a crowd, and how many of them are opened at a time. */
const MOST = 1000;
const AT_A_TIME = 100;

/**
 * @param {import('http').Server} server to which a crowd connects
 * @returns {object} `watch`, `read` and `close`
 */
function createLive(server) {
  const connections = new Set();
  const readers = new Set();
  const pings = [];
  const total = { messages: 0, gone: 0, plain: 0 };
  const crowd = createCrowd(server, () => tell());
  let before = { messages: 0, bytes: 0, at: performance.now() };

  const timers = [setInterval(tell, TELL_EVERY), setInterval(ping, PING_EVERY)];
  // The strip alone keeps no process alive.
  for (const timer of timers) timer.unref();

  /** Pings the readers and keeps how long each took. */
  function ping() {
    for (const reader of readers) {
      const begun = performance.now();
      reader.ping(String(begun), () => {
        pings.push(performance.now() - begun);
        if (pings.length > PINGS) pings.shift();
      });
    }
  }

  /** Bytes on the wire, both ways, of connections there are and of those that have gone. */
  function bytes() {
    let sum = total.gone;
    for (const ws of connections) sum += wireBytes(ws);
    return sum;
  }

  /** Sends one line of figures to all readers. */
  function tell() {
    const now = { messages: total.messages, bytes: bytes(), at: performance.now() };
    const seconds = Math.max((now.at - before.at) / 1000, 0.001);
    const sorted = pings.slice().sort((a, b) => a - b);
    const [first] = readers;
    const figures = {
      connections: connections.size,
      messages: (now.messages - before.messages) / seconds,
      bytes: (now.bytes - before.bytes) / seconds,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      memory: process.memoryUsage.rss(),
      perConnection: crowd.bytesEach(),
      crowd: crowd.size(),
      transport: first ? first.transport : '',
      engine: WebSocket.engine || 'native',
      ratio: first && total.plain > 0 ? first._stream.bytesWritten / total.plain : null
    };
    before = now;
    const line = JSON.stringify(figures);
    for (const reader of readers) {
      if (reader === first) total.plain += line.length;
      reader.send(line);
    }
  }

  return {
    /** Counts a connection and what it receives. */
    watch(ws) {
      connections.add(ws);
      ws.on('message', () => (total.messages += 1));
      ws.on('close', () => {
        connections.delete(ws);
        total.gone += wireBytes(ws);
      });
    },

    /** Lets a connection read the strip, and open and close a crowd by the messages `open` and `close`. */
    read(ws) {
      ws.on('message', ({ data }) => {
        if (data === 'open') crowd.open(MOST);
        else if (data === 'close') crowd.close();
      });
      ws.on('open', () => {
        if (readers.size === 0) total.plain = 0;
        readers.add(ws);
        tell();
      });
      ws.on('close', () => {
        readers.delete(ws);
        if (readers.size === 0) crowd.close();
      });
    },

    /** Ends the timers and the crowd. */
    close() {
      timers.forEach(clearInterval);
      crowd.close();
    }
  };
}

/** Connections of this process to itself. */
function createCrowd(server, onChange) {
  let clients = [];
  let before = 0;
  let each = null;
  let wanted = 0;

  /** Opens some, then some more, until there are as many as are wanted. */
  function grow() {
    const missing = Math.min(wanted - clients.length, AT_A_TIME);
    if (missing <= 0) {
      each = Math.max(0, process.memoryUsage.rss() - before) / clients.length;
      onChange();
      return;
    }
    let waiting = missing;
    for (let i = 0; i < missing; i++) {
      const client = new WebSocket.Client(`ws://127.0.0.1:${server.address().port}/idle`);
      clients.push(client);
      client.on(
        'open',
        () => --waiting === 0 && clients.length < MOST + 1 && wanted > 0 && setImmediate(grow)
      );
      client.on('close', () => (clients = clients.filter((one) => one !== client)));
    }
  }

  return {
    open(count) {
      if (wanted > 0) return;
      wanted = count;
      before = process.memoryUsage.rss();
      grow();
    },
    close() {
      wanted = 0;
      each = null;
      for (const client of clients) client.close();
    },
    size: () => clients.length,
    /** What one of them has added to the process's memory, with both of its ends, in bytes; null before that is known. */
    bytesEach: () => each
  };
}

/** Bytes that a connection has read and written. */
function wireBytes({ _stream: socket }) {
  return socket.bytesRead + socket.bytesWritten;
}

/** The value below which a share of sorted numbers is; null without numbers. */
function percentile(sorted, share) {
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

module.exports = { createLive };
