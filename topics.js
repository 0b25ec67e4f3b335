'use strict';

module.exports = require('./lib/topics');
