'use strict';

/**
 * What this runs on. Bun and Deno look like Node and are not alike below: their sockets have no descriptors, Bun aborts
 * when the libuv that it exports is called, and external strings come without V8's promises. So both are known by name,
 * before anything of that is touched.
 */
const IS_NODE = !process.versions.bun && !process.versions.deno;

module.exports = { IS_NODE };
