'use strict';

/**
 * `npm run soak`: an hour of mixed traffic, faults and churn, on both transports and over TLS at once.
 *
 *     npm run soak -- --minutes 60 --peers 100 --seed 1
 *     npm run soak -- --seconds 60                          the short one
 *     npm run soak -- --minutes 10 --transport direct       of direct, stream and tls; any of them, with commas
 *
 * Fails when a message is lost, doubled, altered or out of order, when a handler, or what it puts off to a tick, a promise
 * or an immediate, runs in the async context of another connection, when a server's process ends or does not answer, and
 * when memory, descriptors or sessions grow.
 */

const { parseArgs } = require('node:util');

const { startSubject } = require('../testing/peers/subject');
const { random } = require('../testing/peers/random');
const { live } = require('./conversations');
const { growth, table } = require('./samples');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seconds: { type: 'string' },
    peers: { type: 'string', default: '60' },
    transport: { type: 'string', default: 'direct,stream,tls' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }
  }
});

const DURATION = values.seconds ? Number(values.seconds) * 1000 : Number(values.minutes) * 60_000;
/** How often a server is measured over the whole run. */
const SAMPLES = 60;
/** A conversation counts as stuck that has not moved for so many looks, and how far looks are apart, in milliseconds. */
const STUCK = 30;
const LOOK = 2000;
const MAX_FAULTS = 20;
const TRANSPORTS = ['direct', 'stream', 'tls'];

/** What the servers do: echo, and what their peers tell them to. */
function serve(ws, { socket, scopes }) {
  const store = scopes.current();
  let messages = 0;
  for (const event of ['open', 'error', 'drain', 'close']) {
    ws.on(event, () => scopes.checkHandler(store, event));
  }
  ws.onmessage = ({ data }) => {
    scopes.checkHandler(store, 'message');
    if (++messages % 16 === 0) ws.ping(String(messages), () => scopes.checkHandler(store, 'pong'));
    if (data === 'close') ws.close(3000, 'asked');
    else if (data === 'destroy') socket.destroy();
    else if (data === 'end') socket.end();
    else if (data === 'throw') throw new Error('asked');
    else ws.send(data);
  };
}

/** One server with its peers; resolves with what happened. */
async function soak(transport, until) {
  const secure = transport === 'tls';
  const subject = await startSubject(null, {
    behaviour: serve,
    options: { ping: 0.5 },
    deflate: {},
    secure,
    survive: true,
    scoped: true,
    env: { FAYE_WEBSOCKET_TRANSPORT: secure ? 'stream' : transport }
  });
  const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${subject.port}/`;
  const counts = {};
  const faults = [];
  const samples = [];
  const count = (what) => (counts[what] = (counts[what] || 0) + 1);
  const fault = (error) => faults.length < MAX_FAULTS && faults.push(error.message);
  let ended = false;
  subject.exited.then((code) => ended || fault(new Error(`the server's process ended with ${code}`)));

  const peers = Array.from({ length: Number(values.peers) }, async (_, peer) => {
    const roll = random(Number(values.seed) * 7919 + peer);
    for (let i = 0; Date.now() < until && faults.length < MAX_FAULTS; i++) {
      const life = { roll, url, name: `${peer}.${i}`, count: move, kind: '', moves: 0 };
      function move(what) {
        life.moves++;
        count(what);
      }
      await within(life, live(life)).catch(fault);
    }
  });
  const sampling = sample(subject, samples, until).catch(fault);
  await Promise.all([...peers, sampling]);

  const end = { name: 'the server', kind: 'at the end', moves: 0 };
  const last = await within(end, settle(subject)).catch(fault);
  ended = true;
  await subject.stop();
  if (last && last.sessions !== 0) fault(new Error(`${last.sessions} sessions are left`));
  const { checked = 0, wrong = [] } = last ? last.scopes : {};
  counts['contexts looked at'] = checked;
  return { transport, counts, samples, faults: faults.concat(wrong, growth(samples)) };
}

/** Rejects when `life` makes no move for too long before `promise` settles. */
function within(life, promise) {
  let timer;
  const late = new Promise((resolve, reject) => {
    let looks = 0;
    let moves = life.moves;
    timer = setInterval(() => {
      looks = life.moves === moves ? looks + 1 : 0;
      moves = life.moves;
      if (looks < STUCK) return;
      reject(new Error(`${life.name} (${life.where ? life.where() : life.kind}) is stuck`));
    }, LOOK);
  });
  return Promise.race([promise, late]).finally(() => clearInterval(timer));
}

/** Measures the server over and over. */
async function sample(subject, samples, until) {
  const pause = DURATION / SAMPLES;
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, until - Date.now())));
    const { rss, heap, descriptors, sessions } = await subject.measure();
    samples.push({ rss, heap, descriptors, sessions });
  }
}

/** Waits until the last connections have ended. */
async function settle(subject) {
  let measure = await subject.measure();
  while (measure.sessions > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    measure = await subject.measure();
  }
  return measure;
}

async function main() {
  const transports = values.transport.split(',');
  for (const name of transports)
    if (!TRANSPORTS.includes(name)) throw new Error(`there is no transport ${name}`);
  console.log(`soak: ${DURATION / 1000} s, ${values.peers} peers a server, --seed ${values.seed}`);
  const until = Date.now() + DURATION;
  const results = await Promise.all(transports.map((transport) => soak(transport, until)));
  for (const { transport, counts, samples, faults } of results) {
    console.log(
      `\n${transport}: ${Object.entries(counts)
        .map(([what, n]) => `${n} ${what}`)
        .join(', ')}`
    );
    console.log(table(samples));
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
  }
  console.log(process.exitCode ? '\nnot ok' : '\nok');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
