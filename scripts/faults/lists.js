'use strict';

/** All faults, those that need a build at the end. */

const LISTS = [
  ...require('./server'),
  ...require('./client'),
  ...require('./transport'),
  ...require('./native')
];

module.exports = { LISTS };
