'use strict';

/** Numbers that look random and follow from a seed (xorshift32), so that every case can be had again. */

class Random {
  /** @param {...number} seeds numbers that together name a sequence */
  constructor(...seeds) {
    this.state = 0x9e3779b9;
    for (const seed of seeds) {
      this.state = (Math.imul(this.state ^ seed, 0x85ebca6b) ^ (seed >>> 15)) | 1;
      for (let i = 0; i < 8; i++) this.next();
    }
  }

  /** An integer of 32 bits without a sign. */
  next() {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** An integer from 0 to `n - 1`. */
  below(n) {
    return this.next() % n;
  }

  /** True once in `n` times. */
  once(n) {
    return this.below(n) === 0;
  }

  /** One of the items. */
  pick(items) {
    return items[this.below(items.length)];
  }

  /** `n` bytes of any value. */
  bytes(n) {
    return Buffer.from(Array.from({ length: n }, () => this.next() >>> 24));
  }
}

module.exports = { Random };
