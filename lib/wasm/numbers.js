'use strict';

/**
 * The numbers in a module's memory, which is little-endian whatever the processor is (WebAssembly core specification,
 * section 4.2.8). An `Int32Array` has the order of the processor.
 */

const IS_LITTLE = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * @param {ArrayBuffer} memory
 * @returns {Int32Array} or what is read and written as one
 */
function numbersOf(memory) {
  return IS_LITTLE ? new Int32Array(memory) : swapped(memory);
}

/**
 * The same on a processor that is big-endian, such as s390x. It is slow, and only there.
 *
 * @param {ArrayBuffer} memory
 * @returns {Int32Array}
 */
function swapped(memory) {
  const view = new DataView(memory);
  const slice = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.from({ length: to - from }, (_, i) => view.getInt32((from + i) * 4, true));
  return new Proxy(Object.create(null), {
    get: (_, index) => (index === 'slice' ? slice : view.getInt32(Number(index) * 4, true)),
    set(_, index, value) {
      view.setInt32(Number(index) * 4, value, true);
      return true;
    }
  });
}

module.exports = { numbersOf, swapped };
