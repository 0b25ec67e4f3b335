'use strict';

/**
 * Random cases for drivers. A case is data, so that it can be printed, made smaller and played again:
 * `{ role, maxLength, steps }`, with steps `{ feed: hex }`, `{ call: [object, method, ...arguments] }`, and `{ answer: status }` for
 * the answer to a client's request. A `fresh` driver has not been started: its methods are called in any order.
 */

const { closing, frame } = require('../../testing/driver/frames');
const { Random } = require('../parity/random');

const ROLES = ['server', 'server', 'server', 'client', 'client', 'hixie-75', 'hixie-76'];
const FRESH_ROLES = ['fresh server', 'fresh server', 'fresh client', 'fresh client', 'refused'];
const STATUSES = ['101 Switching Protocols', '101 Switching Protocols', '200 OK'];
const TEXTS = ['', 'a', 'hello', 'é', '漢字', '𝄞', 'x'.repeat(125), 'x'.repeat(126), 'xé'.repeat(200)];
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1011, 3000, 4999, 0, 999, 1005, 1006, 1015, 2999, 5000];

/** Calls that are made at random, with their arguments. */
const CALLS = [
  (random) => ['driver', 'text', random.pick(TEXTS)],
  (random) => ['driver', 'ping', random.pick(['', 'p', 'q'])],
  (random) => ['driver', 'pong', random.pick(['', 'p'])],
  (random) => ['messages', 'write', random.pick(TEXTS)],
  (random) => ['driver', 'frame', random.pick(TEXTS)],
  () => ['driver', 'getState'],
  () => ['messages', 'pause'],
  () => ['messages', 'resume'],
  () => ['io', 'pause'],
  () => ['io', 'resume'],
  (random) => ['driver', 'close', random.pick(['', 'bye']), random.pick([1000, 3000, 4999])],
  () => ['driver', 'close']
];

/** Calls that are made at random of a driver that has not been started, or has been just now. */
const FRESH_CALLS = [
  ...CALLS,
  () => ['driver', 'start'],
  () => ['driver', 'start'],
  () => ['driver', 'start'],
  (random) => ['driver', 'setHeader', 'X-A', random.pick(['b', 'c'])],
  (random) => ['driver', 'binary', random.pick(['', 'bytes'])],
  (random) => ['driver', 'frame', 'f', random.pick(['text', 'binary', 'ping', 'pong'])],
  () => ['io', 'end'],
  () => ['io', 'destroy'],
  (random) => ['messages', 'end', ...random.pick([[], ['last']])],
  () => ['messages', 'destroy']
];

/**
 * Makes the case of a seed and a number.
 *
 * @param {number} seed
 * @param {number} index
 * @returns {object}
 */
function makeCase(seed, index) {
  const random = new Random(seed, index);
  if (random.once(3)) return freshCase(random);
  const role = random.pick(ROLES);
  const maxLength = random.once(4) ? random.pick([10, 100, 300]) : undefined;
  const steps = [];
  for (let count = random.below(6); count >= 0; count--) {
    if (random.once(3)) steps.push({ call: random.pick(CALLS)(random) });
    else steps.push(...feeds(random, role));
  }
  if (random.once(8)) steps.push({ call: ['io', 'end'] });
  return { role, maxLength, steps };
}

/** A case of a driver that has not been started. */
function freshCase(random) {
  const role = random.pick(FRESH_ROLES);
  const steps = [];
  let isStarted = false;
  let isAnswered = role !== 'fresh client';
  for (let count = random.below(8); count >= 0; count--) {
    if (!isStarted || random.once(2)) {
      const call = random.pick(FRESH_CALLS)(random);
      isStarted ||= call[1] === 'start';
      steps.push({ call });
    } else if (!isAnswered) {
      isAnswered = true;
      steps.push({ answer: random.pick(STATUSES) });
    } else {
      steps.push(...feeds(random, role === 'fresh client' ? 'client' : 'server'));
    }
  }
  return { role, steps };
}

/** Some frames, perhaps damaged, in some chunks. */
function feeds(random, role) {
  let bytes = Buffer.concat(Array.from({ length: 1 + random.below(4) }, () => messageOf(random, role)));
  if (random.once(4)) bytes = damaged(random, bytes);
  const steps = [];
  while (bytes.length > 0) {
    const size = random.once(3) ? 1 + random.below(bytes.length) : bytes.length;
    steps.push({ feed: bytes.subarray(0, size).toString('hex') });
    bytes = bytes.subarray(size);
  }
  return steps;
}

/** A frame that such a peer may send. */
function messageOf(random, role) {
  if (role.startsWith('hixie')) {
    return Buffer.concat([Buffer.from([0]), Buffer.from(random.pick(TEXTS)), Buffer.from([0xff])]);
  }
  const mask = role === 'server';
  const kind = random.below(12);
  if (kind < 5) return frame(1, random.pick(TEXTS), { mask });
  if (kind < 7) return frame(2, random.bytes(random.below(200)), { mask });
  if (kind < 9) return frame(random.pick([9, 10]), random.pick(['', 'p', 'q', 'é']), { mask });
  if (kind < 11) {
    const parts = Array.from({ length: 1 + random.below(3) }, (_, i) =>
      frame(i === 0 ? 1 : 0, random.pick(TEXTS), { fin: false, mask })
    );
    return Buffer.concat([...parts, frame(0, random.pick(TEXTS), { mask })]);
  }
  return frame(8, random.once(3) ? '' : closing(random.pick(CODES), random.pick(['', 'bye'])), { mask });
}

/** The bytes with some changed, left out or added. */
function damaged(random, bytes) {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  switch (random.below(3)) {
    case 0:
      copy[at] ^= 1 << random.below(8);
      return copy;
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)]);
    default:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(3)), copy.subarray(at)]);
  }
}

module.exports = { makeCase };
