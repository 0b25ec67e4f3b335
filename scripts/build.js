'use strict';

/**
 * `npm run build`: installs what is missing, and builds the binary from source. `npm run build -- --debug` makes one for a
 * debugger.
 */

const { build, install } = require('./prepare');

install()
  .then(() => build({ force: true, debug: process.argv.includes('--debug') }))
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
