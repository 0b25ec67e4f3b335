'use strict';

/**
 * An extension for either role that passes all messages on as they are, so that permessage-deflate is one of several.
 *
 * @param {string} name
 * @param {(message: object, callback: Function) => void} [passOn] calls `callback(null, message)`, at once or later
 */
function passing(name, passOn = (message, callback) => callback(null, message)) {
  const session = {
    generateOffer: () => ({}),
    activate: () => true,
    generateResponse: () => ({}),
    processIncomingMessage: passOn,
    processOutgoingMessage: passOn,
    close() {}
  };
  return {
    name,
    type: 'permessage',
    rsv1: false,
    rsv2: true,
    rsv3: false,
    createServerSession: () => session,
    createClientSession: () => session
  };
}

/** Passes a message on in a later turn of the loop. */
const passOnLater = (message, callback) => setImmediate(callback, null, message);

module.exports = { passing, passOnLater };
