'use strict';

/** The entry `faye-websocket-native/driver` of browsers. */

const { original, refusal } = require('./stand_in');

const driver = original(module, '../driver.js') || {};

module.exports.client = driver.client || refusal();
module.exports.server = driver.server || refusal();
module.exports.http = driver.http || refusal();
module.exports.isSecureRequest = driver.isSecureRequest || refusal();
module.exports.isWebSocket = driver.isWebSocket || refusal();
module.exports.validateOptions = driver.validateOptions || refusal();
