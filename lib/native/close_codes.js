'use strict';

/**
 * Close codes that this side chooses itself (RFC 6455 section 7.4.1): LOST is told of a connection that has ended without a
 * close frame and is never sent; INTERNAL says that the fault is ours.
 */

module.exports = { LOST: 1006, INTERNAL: 1011 };
