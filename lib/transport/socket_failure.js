'use strict';

/** What goes wrong with a socket that Rust reads and writes, as Node would have found it. */

const { getSystemErrorName } = require('util');

/**
 * @param {number} number of the system
 * @param {'read' | 'write'} syscall
 * @returns {NodeJS.ErrnoException}
 */
function failureOf(number, syscall) {
  const code = getSystemErrorName(-number);
  return Object.assign(new Error(`${syscall} ${code}`), { errno: -number, code, syscall });
}

module.exports = { failureOf };
