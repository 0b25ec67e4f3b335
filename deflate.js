'use strict';

module.exports = require('./lib/extensions/deflate/extension').deflate;
