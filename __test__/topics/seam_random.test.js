'use strict';

// Random histories: connections come with and without offsets, leave, stop reading and go on; the broker is late, is
// lost and comes back. Whoever is in a topic gets every message of it once and in order from where it began.
// TOPICS_ROUNDS plays more of them, TOPICS_SEED a certain one.

const assert = require('node:assert');
const { test } = require('node:test');

const { Topics } = require('../../topics');
const { Broker, FakeConnection, settled } = require('../../testing/topics/fake_broker');
const { random } = require('../../testing/peers/random');

const ROUNDS = Number(process.env.TOPICS_ROUNDS || 150);
const FIRST_SEED = Number(process.env.TOPICS_SEED || 1);
const STEPS = 200;
const NAMES = ['a', 'b'];

/** One process among those that share the broker. */
function makeProcess(broker, roll) {
  const adapter = broker.adapter();
  adapter.gate = async () => {
    for (let turns = roll(4); turns > 0; turns--) await new Promise(setImmediate);
  };
  const hub = new Topics({ adapter, onSlow: 'wait', maxBufferedAmount: 100, recent: roll(2) * roll(3000) });
  hub.on('gap', (gap) => assert.fail(`a gap: ${JSON.stringify({ ...gap, connection: null })}`));
  return { adapter, hub, visits: [] };
}

/** A connection joins a topic, live or behind a message that there is. */
function join({ hub, visits }, topic, broker, roll) {
  const connection = new FakeConnection();
  const { entries } = broker.log(topic);
  const after = roll(2) === 0 ? undefined : entries.length === 0 ? '0' : entries[roll(entries.length)].offset;
  const visit = { connection, topic, after, from: after, isIn: true };
  visits.push(visit);
  hub.subscribe(connection, topic, { after }).then((subscribed) => {
    // One that is live from the start may have had messages before it was promised all.
    if (subscribed !== null && after === undefined) visit.from = subscribed.offset;
  });
}

/** One thing happens. */
function step(processes, broker, roll) {
  const one = processes[roll(processes.length)];
  const topic = NAMES[roll(NAMES.length)];
  const visit = one.visits[roll(one.visits.length || 1)];
  const { adapter } = one;
  switch (roll(10)) {
    case 0:
      join(one, topic, broker, roll);
      break;
    case 1:
      if (visit && roll(2) === 0) {
        visit.isIn = false;
        visit.connection.close();
      }
      break;
    case 2:
      if (visit) visit.connection.fill(visit.connection.bufferedAmount > 0 ? 0 : 1000);
      break;
    case 3:
      adapter.isHolding = true;
      break;
    case 4:
      adapter.release(roll(5));
      break;
    case 5:
      adapter.release();
      adapter.isHolding = false;
      break;
    case 6:
      if (adapter.isLost) adapter.regain();
      else if (roll(4) === 0) adapter.lose();
      break;
    default:
      broker.publish(topic, `${topic}${broker.last + 1}`);
  }
}

/** What a visitor should have: all behind where it began, up to where it left. */
function check({ connection, topic, from, isIn }, broker) {
  const { entries } = broker.log(topic);
  const all = entries.map(({ data }) => data);
  const first = connection.got.length > 0 ? all.indexOf(connection.got[0]) : all.length;
  const expected = all.slice(first, isIn ? all.length : first + connection.got.length);
  assert.deepStrictEqual(connection.got, expected);
  if (from === undefined || !isIn) return;
  const wanted = entries.filter(({ offset }) => Number(offset) > Number(from)).length;
  assert.ok(connection.got.length >= wanted, `${connection.got.length} of ${wanted} messages after ${from}`);
}

/** Plays one history. */
async function play(seed) {
  const roll = random(seed);
  const broker = new Broker({ keeps: true });
  const processes = [makeProcess(broker, roll), makeProcess(broker, roll)];
  for (let i = 0; i < STEPS; i++) {
    step(processes, broker, roll);
    if (roll(3) === 0) await new Promise(setImmediate);
  }
  for (const { adapter, visits } of processes) {
    if (adapter.isLost) adapter.regain();
    adapter.release();
    adapter.isHolding = false;
    for (const { connection } of visits) connection.fill(0);
  }
  // A failed call is made again after a pause.
  const isSettled = () =>
    processes.every(({ hub, visits }) => visits.every((visit) => isComplete(hub, visit, broker)));
  for (let i = 0; i < 500 && !isSettled(); i++) {
    await settled();
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { visits } of processes) for (const { connection } of visits) connection.fill(0);
  }
  for (const { visits } of processes) for (const visit of visits) check(visit, broker);
}

/** Whether a visitor has had the last message, if it was promised that. */
function isComplete(hub, { connection, topic, from, isIn }, broker) {
  if (!isIn) return true;
  const { entries } = broker.log(topic);
  if (entries.length === 0) return true;
  const last = entries[entries.length - 1];
  if (from === undefined) return false;
  return Number(from) >= Number(last.offset) || connection.got.includes(last.data);
}

test(`every visitor of ${ROUNDS} random histories gets everything once and in order`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed += 50) {
    const seeds = Array.from({ length: Math.min(50, FIRST_SEED + ROUNDS - seed) }, (_, i) => seed + i);
    await Promise.all(
      seeds.map((each) =>
        play(each).catch((error) => {
          error.message = `TOPICS_SEED=${each} TOPICS_ROUNDS=1: ${error.message}`;
          throw error;
        })
      )
    );
  }
});
