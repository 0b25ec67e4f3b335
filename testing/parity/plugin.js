'use strict';

/** Extensions for scripts, in the format of the npm package websocket-extensions. */

/** Turns the case of letters: its own inverse. */
function turned(message, callback) {
  message.rsv1 = true;
  message.data = Buffer.from(message.data).map((byte) => byte ^ 0x20);
  callback(null, message);
}

/**
 * An extension that turns messages both ways, in either role.
 *
 * @param {object} t the script's context
 * @param {object} [parts] `name`, `session` (over the parts of the session), and properties of the extension
 * @returns {object}
 */
function plugin(t, { name = 'turn', session = {}, ...parts } = {}) {
  const both = {
    processIncomingMessage: turned,
    processOutgoingMessage: turned,
    close: () => t.say(`${name} is closed`)
  };
  return {
    name,
    type: 'permessage',
    rsv1: true,
    rsv2: false,
    rsv3: false,
    createClientSession: () => ({
      generateOffer: () => ({ a: 1 }),
      activate(params) {
        t.value(`${name} is answered`, params);
        return true;
      },
      ...both,
      ...session
    }),
    createServerSession(offers) {
      t.value(`${name} is offered`, offers);
      return { generateResponse: () => ({ a: 1 }), ...both, ...session };
    },
    ...parts
  };
}

/**
 * Parts of a session that answers when it is told to, in any order: `held` has a function for each message.
 *
 * @returns {{held: function[], session: object}}
 */
function patient() {
  const held = [];
  const hold = (message, callback) => held.push((error) => callback(error || null, message));
  return { held, session: { processIncomingMessage: hold, processOutgoingMessage: hold } };
}

module.exports = { patient, plugin };
