'use strict';

/** Passes a message on as it is, and at once. */
const passOn = (message, callback) => callback(null, message);

/** Passes a message on in a later turn of the loop. */
const passOnLater = (message, callback) => setImmediate(callback, null, message);

/**
 * An extension for either role that passes all messages on as they are, so that permessage-deflate is one of several.
 *
 * @param {string} name
 * @param {(message: object, callback: Function) => void} [incoming] calls `callback(null, message)`, at once or later
 * @param {(message: object, callback: Function) => void} [outgoing] the same, of what is sent
 */
function passing(name, incoming = passOn, outgoing = incoming) {
  const session = {
    generateOffer: () => ({}),
    activate: () => true,
    generateResponse: () => ({}),
    processIncomingMessage: incoming,
    processOutgoingMessage: outgoing,
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

module.exports = { passOn, passOnLater, passing };
