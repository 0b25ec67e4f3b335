'use strict';

/** `npm run lint`: formatting and lints of both languages, and the house rules. */

const { lints, rules, runChecks } = require('./checks');
const { install } = require('./prepare');
const { report } = require('./suites');

install()
  .then(() => runChecks({ ...lints, ...rules }))
  .then(report)
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
