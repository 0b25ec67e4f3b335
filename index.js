'use strict';

module.exports = require('./lib/faye/websocket');
