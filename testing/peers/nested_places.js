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

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** Immediates that wait, between which Node runs ticks. */
function wait() {
  for (let i = 0; i < 4; i++) setImmediate(() => {});
}

async function main() {
  const server = way.secure
    ? https.createServer(makeCertificate({ names: ['localhost'] }))
    : http.createServer();
  let accept;
  server.on('upgrade', (request, socket, head) =>
    accept(new WebSocket(request, socket, head, [], way.options), socket)
  );
  server.on('request', (request, response) => accept(new WebSocket.EventSource(request, response)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `${way.secure ? 's' : ''}://127.0.0.1:${server.address().port}/`;
  const tls = { rejectUnauthorized: false };
  const connect = (more) => new WebSocket.Client(`ws${address}`, [], { ...way.options, tls, ...more });

  /** Both ends of a connection that is open. */
  async function pair(more) {
    const accepted = new Promise((resolve) => {
      accept = (ws, socket) => ws.on('open', () => resolve({ ws, socket }));
    });
    const client = connect(more);
    client.on('error', () => {});
    await once(client, 'open');
    return { client, ...(await accepted) };
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

  const outer = await pair();
  /** Causes an event within the loop of a handler. */
  async function within(name, counts, cause, times = 1) {
    outer.ws.once('message', () => {
      cause();
      loopUntil(() => {
        wait();
        return counts.returned >= times;
      });
    });
    outer.client.send('go');
    while (counts.returned < times) await sleep(1);
    console.log(name);
  }

  let inner = await pair();
  await within('close', watch(inner.ws, 'close'), () => inner.ws.terminate());

  inner = await pair();
  const both = watch(inner.ws, 'error');
  watch(inner.ws, 'close', both);
  await within('error', both, () => inner.socket.destroy(new Error('asked')), 2);

  inner = await pair();
  await within('end', watch(inner.ws, 'close'), () => inner.client.terminate());

  const controller = new AbortController();
  inner = await pair({ signal: controller.signal });
  await within('abort', watch(inner.client, 'close'), () => controller.abort());

  inner = await pair();
  await within('drain', watch(inner.ws, 'drain'), () => {
    while (inner.ws.send(PIECE));
  });

  const opened = { returned: 0 };
  accept = (ws) => watch(ws, 'open', opened);
  await within('open', opened, () => watch(connect(), 'open', opened), 2);

  inner = await pair();
  await hold(inner);
  await within('message', watch(inner.ws, 'message'), () => inner.ws.resume(), 2);

  inner = await pair();
  await hold(inner);
  const told = watch(inner.ws, 'message');
  setImmediate(() => inner.ws.resume());
  wait();
  while (told.returned < 2) await sleep(1);
  console.log('message between immediates');

  inner = await pair();
  const answered = { returned: 0 };
  await within('pong', answered, () => inner.ws.ping('', nest(answered)));

  const streamed = { returned: 0 };
  accept = (source) => watch(source, 'open', streamed) && watch(source, 'close', streamed);
  const ask = () => {
    const request = (way.secure ? https : http).get(`http${address}`, tls, (response) =>
      response.on('error', () => {}).once('data', () => request.destroy())
    );
    request.on('error', () => {});
  };
  await within('EventSource', streamed, ask, 2);
  process.exit();
}

/** Has a paused connection hold messages. */
async function hold({ ws, client }) {
  ws.pause();
  client.send('told, since a pause begins behind what is being read');
  await sleep(LATER);
  for (const data of ['held', 'too']) client.send(data);
  await sleep(LATER);
}

main();
