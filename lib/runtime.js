'use strict';

const { constants } = require('buffer');

/**
 * What this runs on. Bun and Deno look like Node and are not alike below: their sockets have no descriptors, Bun aborts
 * when the libuv that it exports is called, and external strings come without V8's promises. So both are known by name,
 * before anything of that is touched.
 */
const IS_NODE = !process.versions.bun && !process.versions.deno;

/** The UTF-16 units of the longest string that there can be. */
const MAX_TEXT = constants.MAX_STRING_LENGTH;

module.exports = { IS_NODE, MAX_TEXT };
