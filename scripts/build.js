'use strict';

/** `npm run build`: installs what is missing, and builds the binary from source. */

const { build, install } = require('./prepare');

install()
  .then(() => build({ force: true }))
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
