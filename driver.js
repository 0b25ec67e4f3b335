'use strict';

module.exports = require('./lib/driver');
