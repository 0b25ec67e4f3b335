'use strict';

const { constants } = require('buffer');

/**
 * Which runtime this is. Bun and Deno look like Node but differ below: their sockets have no descriptors, Bun aborts
 * when the libuv functions that it exports are called, and external strings do not behave as V8's. So both are
 * recognised by name, and none of this is tried on them.
 */
const IS_NODE = !process.versions.bun && !process.versions.deno;

/**
 * Whether strings may refer to characters outside of V8's heap. Electron keeps all memory of V8's in a cage; characters
 * outside of it are copied, or refused.
 */
const HAS_EXTERNAL_STRINGS = IS_NODE && !process.versions.electron;

/** Whether V8 counts the bytes of a text in UTF-8 much faster than it is converted: since V8 14 with vector instructions. */
const COUNTS_FAST = IS_NODE && parseInt(process.versions.v8, 10) >= 14;

/** The UTF-16 units of the longest string that there can be. */
const MAX_TEXT = constants.MAX_STRING_LENGTH;

module.exports = { COUNTS_FAST, HAS_EXTERNAL_STRINGS, IS_NODE, MAX_TEXT };
