'use strict';

/**
 * npm's faye-websocket on our driver, as an override of websocket-driver has it: an implementation for `run.js` and
 * `original.test.js`.
 */

const Module = require('module');
const path = require('path');

const DRIVER = path.join(__dirname, '..', '..', 'driver.js');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return request === 'websocket-driver' ? DRIVER : resolve.call(this, request, ...rest);
};
module.exports = require('faye-websocket-reference');
Module._resolveFilename = resolve;
