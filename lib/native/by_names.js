'use strict';

/**
 * Calls of the binary by names that the binary itself takes by positions: to look thirteen names up in an object is dear in
 * Node-API, and a server calls `accept` for each connection. And exceptions where it returns errors: with the option
 * `--abort-on-uncaught-exception`, what an addon throws ends the process, though somebody catches it.
 */

/** @typedef {import('.').Core} Core */

/**
 * Throws what stands in the place of an array.
 *
 * @param {any} result
 * @returns {any} the array
 */
function thrownOr(result) {
  if (Array.isArray(result)) return result;
  throw result;
}

/**
 * Has `accept` take an object, and all throw their errors.
 *
 * @param {any} engine what the binary exports
 * @returns {import('.').Binding} the same object
 */
function byNames(engine) {
  const { accept, connect, codecOffer, parseExtensions } = engine;
  /** @type {Core['accept']} */
  engine.accept = (request) => {
    if (typeof request !== 'object' || request === null) throw new TypeError('accept takes an object');
    /** @type {import('.').Accepted} */
    const accepted = ['', -1, '', undefined, 0];
    const error = accept(
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
      request.answer,
      accepted
    );
    if (error !== undefined) throw error;
    return accepted;
  };
  /** @type {Core['connect']} */
  engine.connect = (request) => thrownOr(connect(request));
  /** @type {Core['codecOffer']} */
  engine.codecOffer = (settings) => {
    const offer = codecOffer(settings);
    if (typeof offer === 'string') return offer;
    throw offer;
  };
  /** @type {Core['parseExtensions']} */
  engine.parseExtensions = (header) => {
    const offers = parseExtensions(header);
    return thrownOr(typeof offers === 'string' ? new Error(offers) : offers);
  };
  return engine;
}

module.exports = { byNames };
