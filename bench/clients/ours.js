'use strict';

/**
 * This package's client. `--stream` or `--direct` asks for a transport; by default the package chooses. BENCH_PACKAGE names another
 * checkout.
 */

const { Client } = require(process.env.BENCH_PACKAGE || '../..');
const { run } = require('./faye-api');

run(Client, (flags) => {
  if (flags.has('stream')) return { transport: 'stream' };
  if (flags.has('direct')) return { transport: 'direct' };
  return {};
});
