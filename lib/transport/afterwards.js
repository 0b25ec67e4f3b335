'use strict';

/** What comes behind everything that waits for a turn, or is at work elsewhere. */

const atJobs = require('./at_jobs');

/** @typedef {import('./connection').Receiver} Receiver */

/**
 * Whether nothing is to be waited for: what extensions hold up may never go on.
 *
 * @param {Receiver} ws
 * @returns {boolean}
 */
function isBehind(ws) {
  return (ws._chunk === null || ws._holds) && !atJobs.has(ws);
}

/**
 * Calls `action` behind everything that waits for a turn, or is at work elsewhere.
 *
 * @param {Receiver} ws
 * @param {() => void} action
 */
function afterwards(ws, action) {
  if (isBehind(ws)) action();
  else if (ws._afterwards === null) ws._afterwards = [action];
  else ws._afterwards.push(action);
}

/**
 * Calls the actions that have been put off, if they need wait no longer.
 *
 * @param {Receiver} ws
 */
function comeBehind(ws) {
  const { _afterwards: actions } = ws;
  if (actions === null || !isBehind(ws)) return;
  ws._afterwards = null;
  for (const action of actions) action();
}

module.exports = { afterwards, comeBehind };
