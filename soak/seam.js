'use strict';

/**
 * `node soak/seam.js`: random operations where JavaScript and Rust meet, on all transports at once and in both roles, in
 * one process. Handlers transfer, resize, overwrite and keep what they receive, wrap `write` and `emit`, pause, throw, run
 * the loop (`--only`), end workers, read by `for await` (`soak/seam_operations.js`), and feed each other bytes within `write`.
 * Every byte of every message is compared.
 *
 *     node soak/seam.js --minutes 10 --seed 1
 *     node --expose-gc soak/seam.js --seconds 20
 *     node soak/seam.js --ways direct,feed --only nest,fail,nothing      of the ways and operations, those
 *
 * It runs itself in a second process, where it can, in which handlers can run the loop (`testing/peers/fresh_descriptors.js`).
 *
 * Fails when a message is lost, doubled, altered or out of order, when anything throws that was not asked to, when nothing
 * moves for a minute, and when a session outlives its connection. The seed determines what each end does, but not when.
 */

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { Duplex } = require('node:stream');
const { inspect, parseArgs } = require('node:util');

const WebSocket = require('..');
const native = require('../lib/native');
const { makeCertificate } = require('../testing/certificate');
const { runAgain } = require('../testing/peers/fresh_descriptors');
const { random } = require('../testing/peers/random');
const { load } = require('../testing/peers/run_loop');
const { serveEvents } = require('./seam_events');
const { isMessage, messageOf } = require('./seam_messages');
const { Asked, OPERATIONS: ALL } = require('./seam_operations');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    pairs: { type: 'string', default: '4' },
    ways: { type: 'string', default: 'direct,stream,tls,feed,events' },
    only: { type: 'string' }
  }
});

const UNTIL = Date.now() + (values.seconds ? Number(values.seconds) * 1000 : Number(values.minutes) * 60_000);
const SEED = Number(values.seed);
const STUCK = 60_000;
/** How long sessions may outlive the last connection, in milliseconds. */
const PATIENCE = 10_000;
const MAX_FAULTS = 20;
/** Messages that an end has sent and the other one has not received, before it waits. */
const AHEAD = 24;
const WAYS = values.ways.split(',');

/** A loop inside of a handler wants a process in which the numbers of closed sockets stay free for a while. */
const { hasStarted, skip: whyNot } = runAgain();
const { runLoop, skip } = hasStarted || whyNot ? { skip: whyNot } : load();
/** The operations to choose from; those that are named, by which a fault is narrowed down. */
const OPERATIONS = ALL.filter(({ name }) => !values.only || values.only.split(',').includes(name));
const counts = {};
const faults = [];

/** Agents, which give some clients their sockets. */
const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true, rejectUnauthorized: false })
};

/** What operations share. */
const world = {
  packagePath: path.join(__dirname, '..'),
  runLoop,
  depth: 0,
  workers: 0,
  count: (what) => (counts[what] = (counts[what] || 0) + 1),
  fault: (text) => faults.length < MAX_FAULTS && faults.push(text)
};
let movedAt = Date.now();

process.on('uncaughtException', (error) => {
  if (error instanceof Asked) world.count('thrown');
  else world.fault(`uncaught: ${error.stack}`);
});
process.on('warning', (warning) => world.fault(`a warning: ${warning.stack}`));

/** One end of a connection: what it sends, and what it must receive. */
class End {
  constructor(name, seed, roll) {
    Object.assign(this, { name, seed, roll, ws: null, other: null, sent: 0, received: 0 });
    Object.assign(this, {
      isFed: name.startsWith('feed'),
      kept: [],
      odd: [],
      /** What those who read by `for await` are to read. */
      iterations: [],
      records: null,
      total: 20 + roll(400),
      closes: false
    });
  }

  /** Begins, on a connection that may not be open yet. */
  start(ws, other) {
    this.ws = ws;
    this.other = other;
    ws.on('message', ({ data }) => this.receive(data));
    ws.on('error', (event) => world.fault(`${this.name}: ${event.message}`));
  }

  isRight(data, number, when) {
    if (!isMessage(data, this.other.seed, number)) {
      const text = inspect(data).slice(0, 80);
      world.fault(`${this.name}: message ${number} of ${this.other.seed} is another ${when}: ${text}`);
    }
  }

  receive(data) {
    movedAt = Date.now();
    const iterations = [...this.iterations];
    this.take(data);
    // Whoever throws keeps the message from all listeners behind.
    for (const told of iterations) told.push(data);
  }

  /** Looks at a message, and does something. */
  take(data) {
    const { odd } = this.other;
    if (odd.length > 0 && odd[0].before === this.received) {
      const expected = odd.shift();
      if (String(data) !== expected.text) world.fault(`${this.name}: ${String(data)}, not ${expected.text}`);
      return;
    }
    const number = this.received++;
    world.count('message');
    this.isRight(data, number, 'as it comes');
    const operation = OPERATIONS[this.roll(OPERATIONS.length)];
    world.count(operation.name);
    this.pump();
    this.other.pump();
    operation.run({ end: this, data, number, roll: this.roll, world });
  }

  /** Sends as far as the other end may be behind. */
  pump() {
    const { ws, other } = this;
    if (ws === null || other.ws === null || ws.readyState !== 1 || this.closes) return;
    while (this.sent < this.total && this.sent - other.received < AHEAD) {
      ws.send(messageOf(this.seed, this.sent++));
      if (this.roll(8) === 0) break;
    }
    if (this.sent === this.total && this.roll(2) === 0 && other.received === this.total) {
      this.closes = true;
      this.closedAt = Date.now();
      ws.close(4000, 'all sent');
    }
  }

  /** Sends memory that may be refused. What is not has to arrive as it was. */
  sendOdd(view, text) {
    if (this.ws.readyState !== 1 || this.closes) return;
    const entry = { before: this.sent, text };
    this.odd.push(entry);
    try {
      this.ws.send(view);
    } catch (error) {
      this.odd.pop();
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** The connection is over. */
  finish(code) {
    for (const { data, number } of this.kept) this.isRight(data, number, 'at the end');
    for (const { chunk, copy } of this.records || []) {
      if (!chunk.equals(copy)) world.fault(`${this.name}: a record of what was written has changed`);
    }
    // Who closes while the other one still sends may learn of no reply: that is counted, and whether it waited in vain.
    const waited = Date.now() - this.closedAt;
    if (code === 1006 && this.closes)
      world.count(`close without a reply${waited < 30_000 ? ', at once' : ''}`);
    else if (code !== 4000) world.fault(`${this.name}: closed with ${code}`);
    // Who closes has received all that it had waited for; what it has sent has to be there.
    if (this.other.closes && this.received < this.other.sent) {
      world.fault(`${this.name}: ${this.received} messages of ${this.other.sent}`);
    }
  }
}

class Subclass extends WebSocket {
  emit(...args) {
    return super.emit(...args);
  }
}

/** Two Duplexes, each of which gives the other what it is given, at once, and its end. */
function joined() {
  const hasEnded = [false, false];
  const end = (i) => {
    if (!hasEnded[i]) ends[1 - i].push(null);
    hasEnded[i] = true;
  };
  const ends = [0, 1].map(
    (i) =>
      new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          // Behind an exception, Node's streams would not go on.
          try {
            ends[1 - i].push(chunk);
          } catch (error) {
            process.nextTick(() => {
              throw error;
            });
          }
          done();
        },
        final(done) {
          end(i);
          done();
        },
        // Else the other one, and the socket behind it, would stay open for ever.
        destroy(error, done) {
          end(i);
          done(error);
        }
      })
  );
  return ends;
}

/** A server of each way; `connect` makes a pair of connections. */
async function serve(way) {
  if (way === 'events') return serveEvents(world, () => (movedAt = Date.now()));
  const isSecure = way === 'tls';
  const server = isSecure
    ? https.createServer(makeCertificate({ names: ['localhost'] }))
    : http.createServer();
  // By their paths: handshakes need not come in the order in which clients were made.
  const waiting = new Map();
  server.on('upgrade', (request, socket, head) => waiting.get(request.url)(request, socket, head));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  let next = 0;

  async function connect(roll, onServer) {
    const extensions = roll(3) === 0 ? [WebSocket.deflate] : [];
    const transport = way === 'direct' ? 'direct' : 'stream';
    const agent = roll(4) === 0 ? agents[isSecure ? 'https' : 'http'] : undefined;
    const options = {
      extensions,
      transport,
      agent,
      ...(isSecure ? { tls: { rejectUnauthorized: false } } : {})
    };
    const Constructor = roll(3) === 0 ? Subclass : WebSocket;
    const name = `/${next++}`;
    const upgraded = new Promise((resolve) =>
      waiting.set(name, (request, socket, head) => {
        waiting.delete(name);
        const [near, far] = way === 'feed' ? joined() : [socket];
        if (far) {
          far.pipe(socket).pipe(far);
          // Each of the two may end first.
          for (const stream of [far, socket]) stream.on('error', () => {});
        }
        const ws = new Constructor(request, near, head, [], { extensions, transport });
        onServer(ws);
        resolve();
      })
    );
    const client = new WebSocket.Client(`${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}${name}`, [], options);
    await upgraded;
    return client;
  }
  return { connect, close: () => server.close() };
}

/** One connection, from its handshake to its end. */
async function live(server, way, seed) {
  if (way === 'events') {
    await server.follow(seed);
    return;
  }
  const roll = random(seed);
  const [client, accepted] = ['client', 'server'].map(
    (role, i) => new End(`${way} ${role} ${seed}`, seed * 2 + i, random(seed * 31 + i))
  );
  const ended = [];
  const watch = (end) =>
    ended.push(
      new Promise((resolve) =>
        end.ws.on('close', ({ code }) => {
          end.finish(code);
          resolve();
        })
      )
    );
  const ws = await server.connect(roll, (made) => {
    accepted.start(made, client);
    watch(accepted);
  });
  client.start(ws, accepted);
  watch(client);
  const ends = [client, accepted];
  // Handlers that have thrown, and what has been received last, leave it to this to go on.
  const timer = setInterval(() => ends.forEach((end) => end.pump()), 5);
  await Promise.all(ended);
  clearInterval(timer);
  world.count(`connection over ${way}`);
}

async function main() {
  console.log(`seed ${SEED}${skip ? `; no loop is run inside of handlers: ${skip}` : ''}`);
  const servers = await Promise.all(WAYS.map(serve));
  const isOver = () => Date.now() > UNTIL || faults.length > 0;
  const alarm = setInterval(() => {
    if (Date.now() - movedAt < STUCK && faults.length < MAX_FAULTS) return;
    if (Date.now() - movedAt >= STUCK) world.fault('nothing has moved for a minute');
    report();
    process.exit(1);
  }, 1000);
  const began = Date.now();
  const minutes = setInterval(() => {
    const minute = Math.round((Date.now() - began) / 60_000);
    console.log(`minute ${minute}: ${counts.message} messages, ${memory()}`);
  }, 60_000);
  await Promise.all(
    WAYS.flatMap((way, w) =>
      Array.from({ length: Number(values.pairs) }, async (_, pair) => {
        for (let i = 0; !isOver(); i++)
          await live(servers[w], way, SEED * 1009 + (i * 16 + pair) * WAYS.length + w);
      })
    )
  );
  const until = Date.now() + PATIENCE;
  while (world.workers > 0 || (native.sessions() > 0 && Date.now() < until)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (native.sessions() > 0) world.fault(`${native.sessions()} sessions are left`);
  for (const timer of [alarm, minutes]) clearInterval(timer);
  for (const server of servers) server.close();
  report();
  process.exitCode = faults.length > 0 ? 1 : 0;
}

/** What the process holds, and how much of that V8 knows. */
function memory() {
  const { rss, heapUsed, external } = process.memoryUsage();
  const [whole, heap, outside] = [rss, heapUsed, external].map((bytes) => Math.round(bytes / 2 ** 20));
  return `RSS ${whole} MiB, heap ${heap} MiB, outside of it ${outside} MiB, ${native.sessions()} sessions`;
}

function report() {
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  const names = Object.keys(counts).sort();
  console.log(names.map((name) => `${counts[name]} ${name}`).join(', '));
  console.log(
    faults.length > 0 ? `not ok, with --seed ${SEED}` : 'ok: every message came once, whole and in order'
  );
}

if (!hasStarted) main();
