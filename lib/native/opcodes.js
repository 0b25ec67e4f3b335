'use strict';

/** The opcodes of frames (RFC 6455 section 5.2) but for those of continuations, which only the native side sees. */

module.exports = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };
