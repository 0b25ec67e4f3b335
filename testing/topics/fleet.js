'use strict';

/**
 * Some processes with topics on one broker, and many clients that note what they get: WebSockets and EventSources, which
 * come back to another process when theirs is gone, and say where they were.
 */

const { fork } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const http = require('node:http');
const path = require('node:path');

const { WebSocket: Peer } = require('ws');

const { end, startNats, startRedis } = require('./brokers');

/** Kinds of brokers: how they are started, and whether they keep messages. */
const KINDS = {
  redis: { start: (t) => startRedis(t), keeps: false },
  'redis sharded': { start: (t) => startRedis(t), keeps: false },
  'redis streams': { start: (t) => startRedis(t, { durable: true }), keeps: true },
  nats: { start: (t) => startNats(t), keeps: false },
  jetstream: { start: (t) => startNats(t), keeps: true }
};

/** A process of the fleet. */
class Member extends EventEmitter {
  constructor(kind, broker, name, ...more) {
    super();
    this.name = name;
    this.child = fork(path.join(__dirname, 'fleet_process.js'), [kind, broker, name, ...more]);
    this.isGone = false;
    /** What the broker has taken: numbers by topic. */
    this.taken = new Map();
    this.failed = 0;
    this.gaps = [];
    this.child.on('message', (message) => {
      if (message.taken) this.note(...message.taken);
      if (message.failed) this.failed += 1;
      if (message.gap) this.gaps.push(message.gap);
      this.emit('message', message);
    });
    this.child.on('exit', () => (this.isGone = true));
  }

  note(topic, number) {
    if (!this.taken.has(topic)) this.taken.set(topic, []);
    this.taken.get(topic).push(number);
  }

  /** Resolves to the next message with a field. */
  async told(field) {
    for (;;) {
      const [message] = await once(this, 'message');
      if (field in message) return message;
    }
  }

  /** Its counts, and the CPU time that it has taken. */
  metrics() {
    const answer = this.told('metrics');
    this.child.send({ metrics: true });
    return answer;
  }
}

/** A client; what it gets goes to `got`, by topic. */
class Client {
  constructor(fleet, topics, isFeed) {
    this.fleet = fleet;
    this.topics = topics;
    this.isFeed = isFeed;
    this.got = new Map(topics.map((topic) => [topic, []]));
    this.offsets = new Map();
    this.lastEventId = '';
    this.visits = 0;
    this.isDone = false;
    this.joined = this._connect();
  }

  /** Joins a process that is there; again when that is gone. */
  async _connect() {
    const { port } = this.fleet.pick();
    this.visits += 1;
    const query = new URLSearchParams();
    for (const topic of this.topics) {
      query.append('topic', topic);
      if (this.offsets.has(topic)) query.append('after', this.offsets.get(topic));
    }
    await new Promise((joined) => {
      const gone = () => {
        if (this.isDone) return;
        setTimeout(() => this._connect().then(joined), 20 + Math.random() * 80);
      };
      if (this.isFeed) this._follow(port, query, joined, gone);
      else this._open(port, query, joined, gone);
    });
  }

  /** As a WebSocket. */
  _open(port, query, joined, gone) {
    const ws = new Peer(`ws://127.0.0.1:${port}/?${query}`);
    ws.on('error', () => {});
    ws.on('close', gone);
    ws.on('message', (text) => {
      const message = JSON.parse(text);
      if (message.joined) {
        for (const [topic, offset] of message.joined) if (offset) this.offsets.set(topic, offset);
        return joined();
      }
      const [topic, data, offset] = message;
      if (offset !== null) this.offsets.set(topic, offset);
      this.got.get(topic).push(data);
    });
    this._leave = () => ws.terminate();
  }

  /** As an EventSource. */
  _follow(port, query, joined, gone) {
    const headers = { Accept: 'text/event-stream', 'Last-Event-ID': this.lastEventId };
    const request = http.get({ port, host: '127.0.0.1', path: `/?${query}`, headers, agent: false });
    let isGone = false;
    const leave = () => {
      if (!isGone) gone();
      isGone = true;
    };
    request.on('error', leave);
    request.on('response', (response) => {
      let rest = '';
      response.on('error', () => {});
      response.on('close', leave);
      response.setEncoding('utf8').on('data', (chunk) => {
        const blocks = (rest + chunk).split('\r\n\r\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const field = (name) => (new RegExp(`^${name}: (.*)$`, 'm').exec(block) || [])[1];
          const [id, event, data] = [field('id'), field('event'), field('data')];
          if (id !== undefined) this.lastEventId = id.trim();
          if (event !== undefined && event.trim() === 'joined') joined();
          else if (data !== undefined) this.got.get(event.trim()).push(data.trim());
        }
      });
    });
    this._leave = () => request.destroy();
  }

  /** Ends it. */
  leave() {
    this.isDone = true;
    this._leave();
  }
}

class Fleet {
  /**
   * @param {object} t a test, whose end is that of the fleet
   * @param {string} kind of broker
   */
  constructor(t, kind) {
    this.t = t;
    this.kind = kind;
    this.keeps = KINDS[kind].keeps;
    this.members = [];
    this.clients = [];
    this._next = 0;
  }

  /** Starts the broker and the processes. */
  async start(processes) {
    this.broker = await KINDS[this.kind].start(this.t);
    this.t.after(async () => {
      for (const client of this.clients) client.leave();
      await Promise.all(this.members.map(({ child }) => end(child)));
    });
    await Promise.all(Array.from({ length: processes }, () => this.add()));
  }

  /** Starts another process. */
  async add() {
    const member = new Member(
      this.kind,
      String(this.broker.socket || this.broker.port),
      `p${this.members.length}`
    );
    this.members.push(member);
    const { port } = await member.told('port');
    member.port = port;
    return member;
  }

  /** A process that is there, in turn. */
  pick() {
    const there = this.members.filter(({ isGone, port }) => !isGone && port !== undefined);
    return there[this._next++ % there.length];
  }

  /** Lets clients join; resolves once all have. Every third is an EventSource. */
  async join(count, topicsOf) {
    for (let i = 0; i < count; i++) this.clients.push(new Client(this, topicsOf(i), i % 3 === 2));
    await Promise.all(this.clients.map(({ joined }) => joined));
  }

  /** Lets all processes publish, so many messages a second together. */
  publish(names, rate) {
    const there = this.members.filter(({ isGone }) => !isGone);
    for (const { child } of there) child.send({ publish: { names, rate: rate / there.length } });
  }

  /** Lets them stop; resolves once every client has the last of what the broker has taken, or nothing more comes. */
  async stop() {
    for (const { child, isGone } of this.members) if (!isGone) child.send({ publish: null });
    let [before, now] = [-1, this.count()];
    while (now !== before || (this.keeps && this.missing() > 0)) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 500));
      now = this.count();
      if (this._waited++ > 120) break;
    }
  }

  _waited = 0;

  /** How many messages all clients have. */
  count() {
    let count = 0;
    for (const { got } of this.clients) for (const list of got.values()) count += list.length;
    return count;
  }

  /** How many messages the broker has taken that clients in their topics do not have, counted for each client. */
  missing() {
    let missing = 0;
    for (const { got } of this.clients) {
      for (const [topic, list] of got) {
        const have = new Set(list);
        for (const { name, taken } of this.members) {
          for (const number of taken.get(topic) || []) if (!have.has(`${name} ${number}`)) missing += 1;
        }
      }
    }
    return missing;
  }

  /** What is wrong with what clients have: messages that came twice, and that came before an earlier one of theirs. */
  faults() {
    const faults = { twice: 0, disordered: 0 };
    for (const { got } of this.clients) {
      for (const list of got.values()) {
        const last = new Map();
        const seen = new Set();
        for (const data of list) {
          const [name, number] = data.split(' ');
          if (seen.has(data)) faults.twice += 1;
          else if (Number(number) <= (last.get(name) || 0)) faults.disordered += 1;
          seen.add(data);
          last.set(name, Math.max(last.get(name) || 0, Number(number)));
        }
      }
    }
    return faults;
  }

  /** How many messages the broker has taken. */
  taken() {
    let count = 0;
    for (const { taken } of this.members) for (const list of taken.values()) count += list.length;
    return count;
  }
}

module.exports = { Fleet, KINDS, Member };
