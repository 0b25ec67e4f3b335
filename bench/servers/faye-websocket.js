'use strict';

/**
 * The reference: faye-websocket itself, with npm's permessage-deflate for compression.
 */

const WebSocket = require('faye-websocket-reference');
const { readArguments } = require('./control');
const { serve } = require('./faye-api');

const settings = readArguments();
serve(WebSocket, settings, settings.deflate ? { extensions: [require('permessage-deflate')] } : {});
