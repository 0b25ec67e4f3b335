'use strict';

/**
 * This package's client. `--stream` or `--direct` asks for a transport; by default the package chooses.
 */

const { Client } = require('../..');
const { run } = require('./faye-api');

run(Client, (flags) => {
  if (flags.has('stream')) return { transport: 'stream' };
  if (flags.has('direct')) return { transport: 'direct' };
  return {};
});
