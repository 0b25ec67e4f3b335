'use strict';

/**
 * Calls of the binary by names that the binary itself takes by positions: to look thirteen names up in an object is dear in
 * Node-API, and a server calls `accept` for each connection.
 */

/** @typedef {import('.').Core} Core */

/**
 * Has `accept` take an object.
 *
 * @param {any} engine what the binary exports
 * @returns {import('.').Binding} the same object
 */
function byNames(engine) {
  const { accept } = engine;
  /** @type {Core['accept']} */
  engine.accept = (request) => {
    if (typeof request !== 'object' || request === null) throw new TypeError('accept takes an object');
    return accept(
      request.maxLength,
      request.protocols,
      request.headers,
      request.method,
      request.url,
      request.upgrade,
      request.connection,
      request.origin,
      request.version,
      request.key,
      request.protocol,
      request.extensions,
      request.answer
    );
  };
  return engine;
}

module.exports = { byNames };
