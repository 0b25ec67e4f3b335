'use strict';

module.exports = require('faye-websocket-native/driver');
