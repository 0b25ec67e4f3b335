'use strict';

/**
 * Preloaded, it has Node say that a string has at most 100,000 units: as many as there are can be tried by hand only
 * (`soak/longest_text.js`).
 */

const Module = require('node:module');

const buffer = require('node:buffer');

const LONGEST = 100_000;

const constants = { ...buffer.constants, MAX_STRING_LENGTH: LONGEST };
const shortened = Object.create(buffer, { constants: { value: constants } });
const { _load: load } = Module;

Module._load = function (name, ...rest) {
  return name === 'buffer' ? shortened : load.call(this, name, ...rest);
};

module.exports = { LONGEST };
