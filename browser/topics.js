'use strict';

/** The entry `faye-websocket-native/topics` of browsers. */

const { original, refusal } = require('./stand_in');

const topics = original(module, '../topics.js') || {};

module.exports.Topics = topics.Topics || refusal();
module.exports.redis = topics.redis || refusal();
module.exports.redisStreams = topics.redisStreams || refusal();
module.exports.nats = topics.nats || refusal();
module.exports.jetStream = topics.jetStream || refusal();
module.exports.local = topics.local || refusal();
module.exports.subscribe = topics.subscribe || refusal();
module.exports.unsubscribe = topics.unsubscribe || refusal();
module.exports.publish = topics.publish || refusal();
module.exports.size = topics.size || refusal();
