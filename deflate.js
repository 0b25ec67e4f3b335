'use strict';

module.exports = require('./lib/deflate').deflate;
