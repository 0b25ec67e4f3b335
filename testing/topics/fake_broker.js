'use strict';

/**
 * A broker in memory, whose calls a test can hold up, fail and look at, and connections without sockets.
 */

const { EventEmitter } = require('node:events');

/** An answer of the broker, as opposed to a lost connection. */
class Refusal extends Error {}

/** What is published, and who has it. */
class Broker {
  constructor({ keeps = false } = {}) {
    this.keeps = keeps;
    this.adapters = [];
    this.logs = new Map();
    this.last = 0;
  }

  /** The log of a topic. */
  log(topic) {
    if (!this.logs.has(topic)) this.logs.set(topic, { entries: [], tail: '0' });
    return this.logs.get(topic);
  }

  /** Takes a message, and sends it to all who are subscribed. */
  publish(topic, data) {
    const log = this.log(topic);
    const previous = log.tail;
    const offset = String(++this.last);
    log.tail = offset;
    log.entries.push({ data, offset });
    const message = this.keeps ? { data, offset, previous } : { data, offset: null, previous: null };
    for (const adapter of this.adapters) if (adapter.subscribed.has(topic)) adapter.deliver(topic, message);
    return this.keeps ? offset : null;
  }

  /** Forgets the oldest messages of a topic. */
  trim(topic, left) {
    const { entries } = this.log(topic);
    entries.splice(0, Math.max(0, entries.length - left));
  }

  /** One process's way to it. */
  adapter() {
    const adapter = new FakeAdapter(this);
    this.adapters.push(adapter);
    return adapter;
  }
}

class FakeAdapter {
  constructor(broker) {
    this.broker = broker;
    this.keeps = broker.keeps;
    this.subscribed = new Set();
    this.calls = [];
    this.faults = [];
    /** Before each call goes on: what it returns is waited for. */
    this.gate = () => {};
    /** Messages that are on their way, while `isHolding`. */
    this.isHolding = false;
    this.isLost = false;
    this._onWay = [];
  }

  start(events) {
    this.events = events;
  }

  async subscribe(topic) {
    await this._call('subscribe', topic);
    this.subscribed.add(topic);
    return this.keeps ? this.broker.log(topic).tail : null;
  }

  async unsubscribe(topic) {
    await this._call('unsubscribe', topic);
    this.subscribed.delete(topic);
  }

  async publish(topic, data) {
    return this.broker.publish(topic, data);
  }

  async read(topic, after, limit) {
    await this._call('read', topic);
    const { entries, tail } = this.broker.log(topic);
    const first = entries.findIndex(({ offset }) => Number(offset) > Number(after));
    const messages = first < 0 ? [] : entries.slice(first, first + limit);
    const isKnown =
      after === '0' ? !entries.length || first === 0 : entries.some(({ offset }) => offset === after);
    // More may be published before the answer arrives.
    await this.gate('answer', topic);
    return {
      messages,
      isWhole: isKnown || after === tail,
      isFull: messages.length === limit,
      tail
    };
  }

  compare(a, b) {
    return Number(a) - Number(b);
  }

  isOffset(text) {
    return /^\d{1,15}$/.test(text);
  }

  isRefusal(error) {
    return error instanceof Refusal;
  }

  async stop() {
    this.calls.push('stop');
  }

  /** Notes a call, and lets it wait and fail. */
  async _call(name, topic) {
    this.calls.push(`${name} ${topic}`);
    await this.gate(name, topic);
    if (this.isLost) throw new Error('connection lost');
    const at = this.faults.findIndex((fault) => fault.call === name);
    if (at >= 0) throw this.faults.splice(at, 1)[0].error;
  }

  /** Passes a message on, unless messages are being held. */
  deliver(topic, message) {
    if (this.isLost) return;
    if (this.isHolding) this._onWay.push([topic, message]);
    else this.events.message(topic, message);
  }

  /** Passes on some of what is held. */
  release(count = Infinity) {
    for (const [topic, message] of this._onWay.splice(0, count)) this.events.message(topic, message);
  }

  /** The next call of a name fails. */
  fail(call, error) {
    this.faults.push({ call, error });
  }

  /** The connection is lost, with what is on its way. */
  lose() {
    this.isLost = true;
    this._onWay = [];
    this._held = new Set(this.subscribed);
    this.subscribed.clear();
  }

  /** The connection is there again. */
  regain() {
    this.isLost = false;
    for (const topic of this._held) this.subscribed.add(topic);
    this.events.reconnected();
  }
}

/** A connection that keeps what it is sent. */
class FakeConnection extends EventEmitter {
  constructor(lastEventId) {
    super();
    this.readyState = 1;
    this.bufferedAmount = 0;
    this.got = [];
    this.setMaxListeners(0);
    if (lastEventId !== undefined) this.lastEventId = lastEventId;
  }

  send(data) {
    if (this.readyState > 1) return false;
    this.got.push(String(data));
    return this.bufferedAmount === 0;
  }

  /** As an EventSource. */
  _write(frame) {
    const [, id] = /^id: (.*)\r$/m.exec(frame) || [];
    const [, data] = /^data: (.*)\r$/m.exec(frame) || [];
    if (id !== undefined) this.lastId = id;
    if (data !== undefined) this.got.push(data);
    return true;
  }

  close(code) {
    if (this.readyState > 1) return;
    this.closeCode = code;
    this.readyState = 3;
    this.emit('close');
  }

  /** So much waits for it from now on. */
  fill(bytes) {
    this.bufferedAmount = bytes;
    if (bytes === 0) this.emit('drain');
  }
}

/** A promise, and the function that fulfils it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened };
}

/** Lets everything go on that waits for nothing but its turn. */
async function settled() {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

module.exports = { Broker, FakeConnection, Refusal, gate, settled };
