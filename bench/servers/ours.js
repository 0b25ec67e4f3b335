'use strict';

/**
 * This package. `--stream` or `--direct` asks for a transport; by default the package chooses. BENCH_PACKAGE names another
 * checkout.
 */

const WebSocket = require(process.env.BENCH_PACKAGE || '../..');
const { readArguments } = require('./control');
const { serve } = require('./faye-api');

const settings = readArguments();
const { deflate, flags } = settings;
const options = {};
if (flags.has('stream')) options.transport = 'stream';
if (flags.has('direct')) options.transport = 'direct';
if (deflate) {
  if (!WebSocket.deflate) throw new Error('This build has no WebSocket.deflate');
  // What is compressed once for all is what needs no context.
  const noContextTakeover = flags.has('broadcast');
  options.extensions = [
    noContextTakeover ? WebSocket.deflate.configure({ noContextTakeover }) : WebSocket.deflate
  ];
}
serve(WebSocket, settings, options);
