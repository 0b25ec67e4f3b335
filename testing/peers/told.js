'use strict';

// What a client tells, in order, and waiting for it.

/**
 * Records what a client tells: `'open'`, the data of messages, what `fault` makes of an error event, and the code of its close.
 *
 * @param {object} ws
 * @param {function(object): *} [fault] by default the error's code
 * @returns {Array}
 */
function record(ws, fault = (event) => event.error.code) {
  const told = [];
  ws.on('open', () => told.push('open'));
  ws.on('message', (event) => told.push(event.data));
  ws.on('error', (event) => told.push(fault(event)));
  ws.on('close', (event) => told.push(event.code));
  return told;
}

/** Resolves once `holds` does; looks again in each turn of the loop. */
async function until(holds) {
  while (!holds()) await new Promise(setImmediate);
}

/**
 * Sends a message and closes when it has come back.
 *
 * @param {object} ws a client
 * @returns {Promise<Array>} what it tells until then, or until it fails; of an error, the message
 */
async function echoed(ws) {
  const told = record(ws, (event) => event.message);
  ws.send('echo');
  await until(() => told.includes('echo') || told.includes(1006));
  ws.close();
  return told;
}

module.exports = { echoed, record, until };
