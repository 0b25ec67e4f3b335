'use strict';

/**
 * The reference's client.
 */

const { Client } = require('faye-websocket-reference');
const { run } = require('./faye-api');

run(Client);
