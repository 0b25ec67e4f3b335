'use strict';

const { readLimits } = require('../connection/limits');
const { seconds, transportOf } = require('../opening/options');

/**
 * What a connection of either role is to know from the options that both have.
 *
 * @param {Record<string, any>} options whose names are checked
 * @param {string} url
 * @param {string} version of the protocol
 * @returns {import('../transport/connection').Settings}
 * @throws {RangeError|TypeError} for a value that is none
 */
function settingsOf(options, url, version) {
  const limits = readLimits(options);
  return {
    url,
    version,
    limits,
    ping: seconds('ping', options.ping),
    transport: transportOf(options.transport)
  };
}

module.exports = { settingsOf };
