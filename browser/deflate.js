'use strict';

/** The entry `faye-websocket-native/deflate` of browsers: an extension that can be configured, and used nowhere. */

const { original, refusal } = require('./stand_in');

const standIn = {
  name: 'permessage-deflate',
  type: 'permessage',
  rsv1: true,
  rsv2: false,
  rsv3: false,
  configure: () => standIn,
  createClientSession: refusal(),
  createServerSession: refusal()
};

module.exports = original(module, '../deflate.js') || standIn;
