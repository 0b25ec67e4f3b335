import driver = require('faye-websocket-native/driver');

export = driver;
