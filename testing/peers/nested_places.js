'use strict';

// A program whose handlers run the loop where Node comes to them in a tick: within the loop of another handler, and between
// immediates of its own. It says the name of each event once its handler has returned, and ends.

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const WebSocket = require('./implementation');
const { makeCertificate } = require('../certificate');
const { loopFor, loopUntil } = require('./nested');
const { WAYS } = require('./scoped');

const way = WAYS[process.argv[2]];
const PIECE = Buffer.alloc(64 * 1024);
const LATER = 50;
const TLS = { rejectUnauthorized: false };

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Immediates that wait, between which Node runs ticks. */
function wait() {
  for (let i = 0; i < 4; i++) setImmediate(() => {});
}

/** A server and what talks to it. */
class Scene {
  constructor() {
    this.server = way.secure
      ? https.createServer(makeCertificate({ names: ['localhost'] }))
      : http.createServer();
    /** Gets what the server has accepted, and its socket. */
    this.accept = () => {};
    this.server.on('upgrade', (request, socket, head) =>
      this.accept(new WebSocket(request, socket, head, [], way.options), socket)
    );
    this.server.on('request', (request, response) =>
      this.accept(new WebSocket.EventSource(request, response))
    );
  }

  /** Listens, and opens the connection whose handler is to run the loop. */
  async open() {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.address = `${way.secure ? 's' : ''}://127.0.0.1:${this.server.address().port}/`;
    this.outer = await this.pair();
  }

  connect(more) {
    return new WebSocket.Client(`ws${this.address}`, [], { ...way.options, tls: TLS, ...more });
  }

  /** Both ends of a connection that is open. */
  async pair(more) {
    const accepted = new Promise((resolve) => {
      this.accept = (ws, socket) => ws.on('open', () => resolve({ ws, socket }));
    });
    const client = this.connect(more);
    client.on('error', () => {});
    await once(client, 'open');
    return { client, ...(await accepted) };
  }

  /** Both ends of a connection that is paused, and holds two messages. */
  async held() {
    const { ws, client } = await this.pair();
    ws.pause();
    client.send('told, since a pause begins behind what is being read');
    await sleep(LATER);
    for (const data of ['held', 'too']) client.send(data);
    await sleep(LATER);
    return ws;
  }

  /** Asks for an EventSource, and leaves it. */
  ask() {
    const request = (way.secure ? https : http).get(`http${this.address}`, TLS, (response) =>
      response.on('error', () => {}).once('data', () => request.destroy())
    );
    request.on('error', () => {});
  }

  /** Causes an event within the loop of a handler, whose own handlers have to return so often. */
  async within(counts, cause, times = 1) {
    this.outer.ws.once('message', () => {
      cause();
      loopUntil(() => {
        wait();
        return counts.returned >= times;
      });
    });
    this.outer.client.send('go');
    while (counts.returned < times) await sleep(1);
  }
}

/** A handler that runs the loop, and counts how often it has returned. */
const nest = (counts) => () => {
  wait();
  loopFor(3, 3);
  counts.returned++;
};

/** Has the handler of an event do that. */
function watch(target, type, counts = { returned: 0 }) {
  target.on(type, nest(counts));
  return counts;
}

/** What happens where, by the name that is said. */
const EVENTS = {
  async close(scene) {
    const { ws } = await scene.pair();
    await scene.within(watch(ws, 'close'), () => ws.terminate());
  },
  async error(scene) {
    const { ws, socket } = await scene.pair();
    const both = watch(ws, 'error');
    watch(ws, 'close', both);
    await scene.within(both, () => socket.destroy(new Error('asked')), 2);
  },
  async end(scene) {
    const { ws, client } = await scene.pair();
    await scene.within(watch(ws, 'close'), () => client.terminate());
  },
  async abort(scene) {
    const controller = new AbortController();
    const { client } = await scene.pair({ signal: controller.signal });
    await scene.within(watch(client, 'close'), () => controller.abort());
  },
  async drain(scene) {
    const { ws } = await scene.pair();
    await scene.within(watch(ws, 'drain'), () => {
      while (ws.send(PIECE));
    });
  },
  async open(scene) {
    const opened = { returned: 0 };
    scene.accept = (ws) => watch(ws, 'open', opened);
    await scene.within(opened, () => watch(scene.connect(), 'open', opened), 2);
  },
  async message(scene) {
    const ws = await scene.held();
    await scene.within(watch(ws, 'message'), () => ws.resume(), 2);
  },
  async 'message between immediates'(scene) {
    const ws = await scene.held();
    const told = watch(ws, 'message');
    setImmediate(() => ws.resume());
    wait();
    while (told.returned < 2) await sleep(1);
  },
  async pong(scene) {
    const { ws } = await scene.pair();
    const answered = { returned: 0 };
    await scene.within(answered, () => ws.ping('', nest(answered)));
  },
  async EventSource(scene) {
    const streamed = { returned: 0 };
    scene.accept = (source) => watch(source, 'open', streamed) && watch(source, 'close', streamed);
    await scene.within(streamed, () => scene.ask(), 2);
  },
  /** We put off the end of a long turn and that of a burst where that tick comes up. */
  async 'a tick of its own'(scene) {
    const MESSAGES = 12;
    const { ws, client } = await scene.pair();
    let [heard, returned, answered] = [0, 0, 0];
    ws.on('message', ({ data }) => {
      heard++;
      for (let i = 0; i < 8; i++) ws.send('an answer');
      if (data.length > PIECE.length) return;
      process.nextTick(() => {
        loopFor(3, 3);
        returned++;
      });
    });
    client.on('message', () => answered++);
    scene.outer.ws.once('message', () => {
      for (let i = 0; i < MESSAGES / 2; i++) {
        client.send(`${PIECE.toString('latin1')}more`);
        client.send(PIECE);
      }
      loopFor(200, 1);
    });
    scene.outer.client.send('go');
    while (heard < MESSAGES || returned < MESSAGES / 2 || answered < 8 * MESSAGES) await sleep(1);
  }
};

async function main() {
  const scene = new Scene();
  await scene.open();
  for (const [name, happens] of Object.entries(EVENTS)) {
    await happens(scene);
    console.log(name);
  }
  process.exit();
}

main();
