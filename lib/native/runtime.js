'use strict';

const { constants } = require('buffer');

/**
 * What this runs on. Bun and Deno look like Node and are not alike below: their sockets have no descriptors, Bun aborts
 * when the libuv that it exports is called, and external strings come without V8's promises. So both are known by name,
 * before anything of that is touched.
 */
const IS_NODE = !process.versions.bun && !process.versions.deno;

/**
 * Whether strings may refer to characters outside of V8's heap. Electron keeps all memory of V8's in a cage, and what is
 * outside of it is copied at best.
 */
const HAS_EXTERNAL_STRINGS = IS_NODE && !process.versions.electron;

/** The UTF-16 units of the longest string that there can be. */
const MAX_TEXT = constants.MAX_STRING_LENGTH;

module.exports = { HAS_EXTERNAL_STRINGS, IS_NODE, MAX_TEXT };
