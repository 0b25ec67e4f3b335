'use strict';

/**
 * The constructor under test. `WEBSOCKET_UNDER_TEST=faye-websocket-reference` runs a suite against the reference
 * instead: a test that asks for more than the reference does fails there, and is meant to.
 */

const name = process.env.WEBSOCKET_UNDER_TEST || '../..';

module.exports = require(name);
