'use strict';

module.exports = require('faye-websocket-native/deflate');
