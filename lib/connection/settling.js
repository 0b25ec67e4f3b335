'use strict';

/**
 * What comes behind everything that the peer has sent before its stream ended, also behind what waits for its turn, is at
 * work on another thread, or with extensions that take their time.
 */

const states = require('./states');
const brake = require('../transport/brake');
const { OPEN } = require('../transport/ready_state');
const timers = require('../transport/timers');
const { afterwards } = require('../transport/turns');

/** @typedef {import('../transport/connection').Connection} Connection */
/** @typedef {import('../transport/connection').OwnedStream} OwnedStream */

/**
 * Whether nothing is under way any more: of what has come, as long as it is told to somebody, and of what is to be sent, as
 * long as the stream takes it.
 *
 * @param {Connection} ws
 * @param {OwnedStream} stream
 * @returns {boolean}
 */
function isSettled(ws, stream) {
  if (ws._coding === null || ws._state >= states.ENDING) return true;
  const sends = isOut(stream);
  return (!sends && ws.readyState > OPEN) || ws._coding.isSettled(sends);
}

/** Whether a stream takes something. @param {OwnedStream} stream */
function isOut(stream) {
  return stream.writable && !stream.destroyed;
}

/**
 * Calls `action` behind everything. Extensions may take as long for it as the peer may to close.
 *
 * @param {Connection} ws
 * @param {OwnedStream} stream that is gone, or the half of it that is read
 * @param {() => void} action
 */
function behindAll(ws, stream, action) {
  if (isSettled(ws, stream)) {
    afterwards(ws, () => {
      if (isSettled(ws, stream)) action();
      else wait(ws, stream, action);
    });
  } else {
    wait(ws, stream, action);
  }
}

/**
 * @param {Connection} ws
 * @param {OwnedStream} stream
 * @param {() => void} action
 */
function wait(ws, stream, action) {
  let isDone = false;
  const done = () => {
    if (isDone) return;
    isDone = true;
    timers.cancel(timer);
    action();
  };
  const timer = timers.after(() => {
    // What the peer holds up takes as long as the peer, within bounds of its own; and what we are at work on comes to an end.
    const isOurs = brake.isOn(ws) || ws._deflates || isSettled(ws, stream);
    if (!isOurs || ws._state >= states.ENDING) return done();
    timers.again(timer, ws._closeTimeout());
    return false;
  }, ws._closeTimeout());
  const look = () => {
    if (isDone) return;
    if (ws._coding !== null && !isSettled(ws, stream)) ws._coding.settled(isOut(stream), look);
    // Behind one message others may have waited for their turn.
    else afterwards(ws, () => (isSettled(ws, stream) ? done() : look()));
  };
  look();
}

module.exports = { behindAll, isOut };
