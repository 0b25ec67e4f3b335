'use strict';

/** Plays a case on both implementations, step by step and side by side, in one process and one false time. */

const { Clock } = require('../../__test__/parity/harness/clock');

const clock = new Clock();
clock.install();

const { Subject } = require('./subject');

const subjects = [
  new Subject('reference', require('faye-websocket-reference')),
  new Subject('native', require('../../index.js'))
];

/** Turns of the loop without activity that make quiet. All is in memory: no work is out of sight. */
const IDLE_TURNS = 2;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits until neither does anything more. */
async function settle() {
  const activity = () => subjects.reduce((sum, { trace }) => sum + trace.activity, 0);
  let seen = activity();
  for (let idle = 0; idle < IDLE_TURNS;) {
    await turn();
    idle = activity() === seen ? idle + 1 : 0;
    seen = activity();
  }
}

/** Plays a case; the records of the reference and of us. */
async function play(one) {
  for (const subject of subjects) subject.start(one);
  await settle();
  for (const subject of subjects) subject.cut();
  for (const step of one.steps) {
    for (const operation of step) {
      if (operation.tick) await clock.advance(operation.tick, turn, fail);
      else for (const subject of subjects) subject.perform(operation);
    }
    await settle();
    for (const subject of subjects) subject.cut();
  }
  const records = subjects.map((subject) => subject.finish());
  await settle();
  clock.reset();
  return records;
}

/** No timer of either implementation may throw. */
function fail(error) {
  throw error;
}

module.exports = { play };
