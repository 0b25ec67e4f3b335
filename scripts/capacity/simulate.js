'use strict';

/**
 * What becomes of many connections over many processes when something happens: in slices of a tenth of a second, with
 * connections as counts for each process, and the CPU times of `figures.json`. Nothing here is measured; it is what follows
 * if the figures hold for each process, clients spread evenly, and each process has a core.
 */

const SLICE = 0.1;
/** CPU time of a process in a slice. */
const BUDGET = SLICE * 1e6;
/** A client gives up on a handshake after so many seconds, and tries again. */
const PATIENCE = 10;
/** The longest that is simulated, in seconds. */
const LONGEST = 6 * 3600;

/** Random numbers from 0 to 1 that a seed determines. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** How many of `count` fall to one, each with a small chance: a Poisson number, or for a large mean nearly one. */
function share(count, chance, roll) {
  const mean = count * chance;
  if (mean <= 0) return 0;
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let [number, product] = [0, roll()];
  for (const limit = Math.exp(-mean); product > limit; product *= roll()) number += 1;
  return number;
}

/** Clients that wait before they connect, by the slice in which they do. */
class Waiting {
  constructor() {
    this._slices = new Map();
    this.count = 0;
  }

  /** Clients that connect at random within some seconds from a slice on. */
  add(count, slice, seconds, roll) {
    const slices = Math.max(1, Math.round(seconds / SLICE));
    this.count += count;
    for (let i = 0, left = count; left > 0; i++) {
      const now = i === slices - 1 ? left : Math.min(left, share(left, 1 / (slices - i), roll));
      if (now > 0) this._slices.set(slice + i, (this._slices.get(slice + i) || 0) + now);
      left -= now;
    }
  }

  /** Takes those who connect in a slice. */
  take(slice) {
    const count = this._slices.get(slice) || 0;
    this._slices.delete(slice);
    this.count -= count;
    return count;
  }
}

/**
 * A deploy: all processes are replaced, some at a time. One that goes lets its connections go at a rate; their clients
 * come back after a random while to any process that is there. The one that takes its place starts empty.
 *
 * @param {object} settings
 * @param {number} settings.connections
 * @param {number} settings.processes
 * @param {number} settings.atOnce processes that are replaced at a time
 * @param {number} settings.rate connections a second that a process lets go; Infinity for all at once
 * @param {number} settings.jitter seconds within which a client comes back
 * @param {number} settings.start seconds that a process takes to start
 * @param {number} settings.handshake CPU time of a handshake, with all that it brings
 * @param {number} settings.busy the share of a core that is taken by other work
 * @param {number} [settings.seed]
 * @returns {{seconds: number, away: number, peak: number, wait: number, retries: number}} how long until all are back,
 *   the most that were away at once, the busiest core, the longest wait for a handshake, and how often clients gave up
 */
function deploy({ connections, processes, atOnce, rate, jitter, start, handshake, busy, seed = 1 }) {
  const roll = random(seed);
  const waiting = new Waiting();
  const fleet = Array.from({ length: processes }, () => ({
    open: Math.round(connections / processes),
    queue: 0,
    state: 'old',
    until: 0
  }));
  const capacity = (BUDGET * (1 - busy)) / handshake;
  const result = { seconds: 0, away: 0, peak: 0, wait: 0, retries: 0 };
  for (let slice = 0; slice < LONGEST / SLICE; slice++) {
    advance(fleet, { slice, atOnce, rate, jitter, start, waiting, roll });
    const there = fleet.filter(({ state }) => state === 'old' || state === 'new');
    let coming = waiting.take(slice);
    if (there.length === 0) waiting.add(coming, slice + 1, Math.max(jitter, 1), roll);
    for (let i = 0; there.length > 0 && i < there.length; i++) {
      const arriving =
        i === there.length - 1 ? coming : Math.min(coming, share(coming, 1 / (there.length - i), roll));
      coming -= arriving;
      accept(there[i], arriving, { capacity, busy, slice, jitter, waiting, roll, result });
    }
    const away = waiting.count + fleet.reduce((sum, { queue }) => sum + queue, 0);
    result.away = Math.max(result.away, away);
    if (away === 0 && fleet.every(({ state }) => state === 'new')) {
      result.seconds = slice * SLICE;
      return result;
    }
  }
  result.seconds = Infinity;
  return result;
}

/** Lets processes go down, be down, and come up. */
function advance(fleet, { slice, atOnce, rate, jitter, start, waiting, roll }) {
  let going = fleet.filter(({ state }) => state === 'leaving' || state === 'starting').length;
  for (const each of fleet) {
    if (each.state === 'old' && going < atOnce) {
      each.state = 'leaving';
      going += 1;
      // Those who wait for a handshake have to look for another process.
      waiting.add(each.queue, slice + 1, jitter, roll);
      each.queue = 0;
    }
    if (each.state === 'leaving') {
      const leave = Math.min(each.open, Math.ceil(rate * SLICE));
      each.open -= leave;
      waiting.add(leave, slice + 1, jitter, roll);
      if (each.open === 0) Object.assign(each, { state: 'starting', until: slice + start / SLICE });
    } else if (each.state === 'starting' && slice >= each.until) {
      each.state = 'new';
    }
  }
}

/** Lets a process work through its handshakes. */
function accept(each, arriving, { capacity, busy, slice, jitter, waiting, roll, result }) {
  each.queue += arriving;
  const done = Math.min(each.queue, capacity);
  each.queue -= done;
  each.open += done;
  result.peak = Math.max(result.peak, busy + (1 - busy) * (done / capacity));
  const wait = (each.queue / capacity) * SLICE;
  result.wait = Math.max(result.wait, Math.min(wait, PATIENCE));
  // Who is so far behind gives up before its turn comes.
  const lost = Math.max(0, each.queue - (PATIENCE / SLICE) * capacity);
  if (lost < 1) return;
  each.queue -= lost;
  result.retries += lost;
  waiting.add(lost, slice + 1, Math.max(jitter, 1), roll);
}

/**
 * One topic that everybody is in.
 *
 * @param {object} settings
 * @param {number} settings.connections
 * @param {number} settings.processes
 * @param {number} settings.delivery CPU time of one
 * @param {number} settings.copy CPU time of the broker for each process
 * @param {number} settings.publish CPU time of the broker for a message
 * @param {number} settings.size bytes of a message
 * @param {number} settings.free the share of a core that is free for it
 * @returns {object} what one message costs, and how many a second there may be
 */
function hotTopic({ connections, processes, delivery, copy, publish, size, free }) {
  const each = connections / processes;
  const broker = publish + processes * copy;
  return {
    last: (each * delivery + broker) / 1e6,
    messages: Math.min((free * 1e6) / (each * delivery), (free * 1e6) / broker),
    brokerCpu: broker / 1e6,
    brokerBytes: processes * (size + 100),
    bytes: connections * (size + 56)
  };
}

/**
 * A broker that is gone for a while. Connections stay; processes come back to it after a random while, subscribe to all of
 * their topics again, and, where messages are kept, read what they missed, a few topics at a time.
 *
 * @param {object} settings
 * @param {number} settings.processes
 * @param {number} settings.topics that a process holds
 * @param {number} settings.down seconds
 * @param {number} settings.jitter seconds within which processes come back
 * @param {number} settings.published messages a second, in all topics together
 * @param {number} settings.copies processes that a message goes to
 * @param {number} settings.cores of the broker
 * @param {object} settings.costs CPU times: `subscription`, `read` (0 where nothing is kept), `publish`, `copy`
 * @param {number} [settings.seed]
 * @returns {{seconds: number, lost: number, queued: number, peak: number}} how long until all topics are current again,
 *   messages that were lost, and that waited, and the longest queue of the broker in seconds of its time
 */
function deadBroker({ processes, topics, down, jitter, published, copies, cores, costs, seed = 1 }) {
  const roll = random(seed);
  const keeps = costs.read > 0;
  const coming = new Waiting();
  coming.add(processes, Math.round(down / SLICE), jitter, roll);
  const work = topics * (costs.subscription + costs.read);
  const message = costs.publish + copies * costs.copy;
  const queued = keeps ? published * down : 0;
  const result = { seconds: 0, lost: keeps ? 0 : published * (down + jitter / 2), queued, peak: 0 };
  let backlog = queued * message;
  for (let slice = Math.round(down / SLICE); slice < LONGEST / SLICE; slice++) {
    backlog += coming.take(slice) * work + published * SLICE * message;
    backlog = Math.max(0, backlog - BUDGET * cores);
    result.peak = Math.max(result.peak, backlog / (1e6 * cores));
    if (coming.count === 0 && backlog === 0) {
      result.seconds = slice * SLICE - down;
      return result;
    }
  }
  result.seconds = Infinity;
  return result;
}

module.exports = { deadBroker, deploy, hotTopic };
