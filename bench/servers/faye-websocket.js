'use strict';

/**
 * The reference: faye-websocket itself, with npm's permessage-deflate for compression.
 */

const WebSocket = require('faye-websocket-reference');
const { readArguments } = require('./control');
const { serve } = require('./faye-api');

const { mode, deflate } = readArguments();
serve(WebSocket, mode, deflate ? { extensions: [require('permessage-deflate')] } : {});
