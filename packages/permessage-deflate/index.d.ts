import deflate = require('faye-websocket-native/deflate');

export = deflate;
