'use strict';

/** Plays a case on both implementations, step by step and side by side, in one process and one false time. */

const { Clock } = require('../../testing/parity/clock');

const clock = new Clock();
clock.install();

const { openQuiet } = require('../../testing/parity/quiet');
const { Subject } = require('./subject');

// The reference's driver serves drafts when it is asked to, which faye-websocket does not do.
const driver = require(
  require.resolve('websocket-driver', { paths: [require.resolve('faye-websocket-reference')] })
);
const { http } = driver;
driver.http = (request, options) => http.call(driver, request, { ...options, allowDrafts: true });

const subjects = [
  new Subject('reference', require('faye-websocket-reference')),
  new Subject('native', require('../../index.js'))
];

/** Turns of the loop without activity that make quiet. In memory no work is out of sight. */
const IDLE_TURNS = 2;

let quiet = null;
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A turn in which everything that has been written arrives. */
async function turnOf({ wire }) {
  if (wire !== 'socket') return tick;
  quiet = quiet || (await openQuiet());
  return quiet.turn;
}

/** Waits until neither does anything more. */
async function settle(turn) {
  const activity = () => subjects.reduce((sum, { trace }) => sum + trace.activity, 0);
  let seen = activity();
  for (let idle = 0; idle < IDLE_TURNS;) {
    await turn();
    idle = activity() === seen ? idle + 1 : 0;
    seen = activity();
  }
}

/**
 * Plays a case.
 *
 * @returns {Promise<{reference: object[], native: object[], direct: boolean}>} the records, and whether ours used the
 *   direct transport
 */
async function play(one) {
  const turn = await turnOf(one);
  for (const subject of subjects) await subject.ready(one);
  for (const subject of subjects) subject.start();
  await settle(turn);
  for (const subject of subjects) subject.cut();
  for (const step of one.steps) {
    for (const operation of step) {
      if (operation.tick) await clock.advance(operation.tick, turn, fail);
      else for (const subject of subjects) subject.perform(operation);
      // A socket joins what is written in one turn, and one implementation might see it so and the other not.
      if (one.wire === 'socket') await settle(turn);
    }
    await settle(turn);
    for (const subject of subjects) subject.cut();
  }
  const [reference, native] = subjects.map((subject) => subject.finish());
  await settle(turn);
  clock.reset();
  return { reference, native, direct: subjects[1].direct };
}

/** No timer of either implementation may throw. */
function fail(error) {
  throw error;
}

module.exports = { play };
