'use strict';

/**
 * Makes cases: what a peer sends, in which chunks, and what the application calls in between.
 *
 * A case is plain data, `{ role, wire, dialect, maxLength, handler, early, steps }`, so that it can be printed, shrunk and played again.
 * A step is a list of operations that happen in one turn: `{ feed: hex }`, `{ call, args }` (an argument `{ hex }` is
 * a Buffer), `{ end }`, `{ fail }`, `{ tick: ms }`.
 */

const { frame, OPCODES } = require('../../testing/wire');
const { draftTraffic } = require('./drafts');
const { Random } = require('./random');

const { continuation, text, binary, close, ping, pong } = OPCODES;

/** Pieces of text: one to four bytes a character, and the borders between. */
const TEXTS = [
  '',
  'a',
  'hello',
  '\u0000',
  '\u007f',
  '\u0080',
  'é',
  '\u07ff',
  '\u0800',
  '日本',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '😀',
  '\u{10ffff}',
  '__proto__',
  'constructor'
];

/** Bytes that are no UTF-8, or not yet. */
const BAD_TEXTS = [
  'ff',
  '80',
  'c0af',
  'e0808f',
  'eda080',
  'f4908080',
  'f8',
  'c3',
  'e697',
  'f09f98',
  'f09f',
  'c328'
];

/** Sizes around the borders of the three forms of a length. */
const SIZES = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 124, 125, 126, 127, 128, 129, 255, 256, 1000
];
const LARGE_SIZES = [4096, 16383, 16384, 65534, 65535, 65536, 65537];

const CLOSE_CODES = [
  0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
  1016, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535
];

const HANDLERS = ['none', 'none', 'none', 'echo', 'echo', 'close', 'pause', 'ping', 'destroy'];

/** A text of a few pieces, as bytes. */
function textBytes(random) {
  const pieces = Array.from({ length: random.below(6) }, () => Buffer.from(random.pick(TEXTS)));
  if (random.once(12))
    pieces.splice(random.below(pieces.length + 1), 0, Buffer.from(random.pick(BAD_TEXTS), 'hex'));
  if (random.once(8)) pieces.push(Buffer.alloc(random.pick(SIZES), 'x'));
  return Buffer.concat(pieces);
}

/** The payload of a data frame. */
function dataBytes(random, opcode) {
  if (opcode === text) return textBytes(random);
  return random.bytes(random.pick(random.once(40) ? LARGE_SIZES : SIZES));
}

/** The payload of a close frame. */
function closeBytes(random) {
  if (random.once(4)) return Buffer.alloc(0);
  if (random.once(10)) return random.bytes(1);
  const code = Buffer.alloc(2);
  code.writeUInt16BE(random.pick(CLOSE_CODES));
  return Buffer.concat([code, textBytes(random)]).subarray(0, 125);
}

/** What belongs to every frame: its mask, or none, and now and then a longer form of its length than is needed. */
function dress(random, masked, parts) {
  const bare = random.once(60) ? masked : !masked;
  const size = parts.payload.length;
  const forms = size <= 125 ? [16, 64] : size <= 65535 ? [64] : [];
  const form = forms.length > 0 && random.once(20) ? random.pick(forms) : undefined;
  const rsv = random.once(80) ? 1 + random.below(7) : 0;
  return frame({
    ...parts,
    mask: bare ? null : random.once(10) ? Buffer.alloc(4) : random.bytes(4),
    form,
    rsv
  });
}

/** Frames of one or more messages that belong together. */
function frames(random, masked) {
  const one = (opcode, payload, fin = true) => dress(random, masked, { opcode, payload, fin });
  const control = () =>
    one(
      random.pick([ping, pong]),
      random.once(4) ? textBytes(random).subarray(0, 125) : random.bytes(random.below(9))
    );
  const kind = random.below(20);
  if (kind < 8) {
    const opcode = random.pick([text, binary]);
    return [one(opcode, dataBytes(random, opcode))];
  }
  if (kind < 12) return [control()];
  if (kind < 17) {
    const opcode = random.pick([text, text, binary]);
    const whole = dataBytes(random, opcode);
    const list = [];
    const count = 2 + random.below(4);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = i === count - 1 ? whole.length : at + random.below(whole.length - at + 1);
      list.push(one(i === 0 ? opcode : continuation, whole.subarray(at, end), i === count - 1));
      if (i < count - 1 && random.once(4)) list.push(control());
      at = end;
    }
    if (random.once(15)) list.splice(random.below(list.length), 1);
    return list;
  }
  if (kind < 18) return [one(close, closeBytes(random))];
  if (kind < 19) return [one(random.below(16), random.bytes(random.pick(SIZES)), !random.once(3))];
  return [
    dress(random, masked, {
      opcode: random.pick([text, binary, ping]),
      payload: random.bytes(random.below(9)),
      length: undefined
    })
  ];
}

/** Frames that announce lengths which nobody sends. */
function liar(random, masked) {
  const length = random.pick([
    126,
    1000,
    65536,
    0x3ffffff,
    0x4000000,
    2 ** 32,
    2 ** 40,
    Number.MAX_SAFE_INTEGER
  ]);
  return frame({
    opcode: random.pick([text, binary, ping]),
    payload: random.bytes(random.below(4)),
    length,
    form: length > 65535 ? 64 : 16,
    mask: masked ? random.bytes(4) : null
  });
}

/** Changes a few bytes of a stream that was valid. */
function mutate(random, bytes) {
  const changed = Buffer.from(bytes);
  for (let n = 1 + random.below(3); n > 0 && changed.length > 0; n--) {
    const at = random.below(changed.length);
    const how = random.below(4);
    if (how === 0) changed[at] ^= 1 << random.below(8);
    else if (how === 1) changed[at] = random.pick([0, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0xfe, 0xff]);
    else if (how === 2)
      return Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + random.below(4))]);
    else
      return Buffer.concat([
        changed.subarray(0, at),
        random.bytes(1 + random.below(4)),
        changed.subarray(at)
      ]);
  }
  return changed;
}

/** Cuts bytes into chunks: whole, byte by byte, or anywhere. */
function chunks(random, bytes) {
  if (bytes.length === 0) return [];
  const style = random.below(6);
  if (style < 2) return [bytes];
  const list = [];
  const small = style === 2 && bytes.length < 200;
  for (let at = 0; at < bytes.length;) {
    const size = small ? 1 : 1 + random.below(random.once(3) ? 8 : bytes.length);
    list.push(bytes.subarray(at, at + size));
    at += size;
  }
  return list;
}

/** One call of the application. */
function call(random) {
  const kind = random.below(16);
  const words = () => textBytes(random).toString();
  if (kind < 5) return { call: 'send', args: [words()] };
  if (kind < 7) return { call: 'send', args: [{ hex: random.bytes(random.pick(SIZES)).toString('hex') }] };
  if (kind < 8) return { call: 'send', args: [random.pick([13, false, 1.5, -0, [1, 2], true])] };
  if (kind < 10) return { call: 'ping', args: random.once(3) ? [] : [words().slice(0, 30)] };
  if (kind < 12) return { call: 'pause', args: [] };
  if (kind < 14) return { call: 'resume', args: [] };
  if (kind < 15)
    return {
      call: 'close',
      args: random.once(2) ? [] : [random.pick([1000, 3000, 4999, 1001, 5000]), words().slice(0, 20)]
    };
  return random.once(2)
    ? { call: 'end', args: random.once(2) ? [] : [words()] }
    : { call: 'write', args: [words()] };
}

/** What the peer sends throughout: valid traffic, most of the time; then changed bytes, or bytes of any value. */
function traffic(random, masked, dialect) {
  if (random.once(30)) return random.bytes(1 + random.below(60));
  if (dialect) {
    const bytes = draftTraffic(random, dialect, textBytes);
    return random.once(4) ? mutate(random, bytes) : bytes;
  }
  const list = [];
  for (let n = 1 + random.below(7); n > 0; n--) list.push(...frames(random, masked));
  if (random.once(25)) list.push(liar(random, masked));
  const bytes = Buffer.concat(list);
  return random.once(3) ? mutate(random, bytes) : bytes;
}

/**
 * The case of that number in the sequence of `seed`.
 *
 * @param {number} seed
 * @param {number} index
 * @param {{role?: string, wire?: string}} [only] what is not to be drawn
 */
function makeCase(seed, index, only = {}) {
  const random = new Random(seed, index);
  const role = only.role || (random.once(3) ? 'client' : 'server');
  const masked = role === 'server';
  const wire = only.wire || (random.once(6) ? 'socket' : 'memory');
  const dialect = role === 'server' && random.once(6) ? random.pick(['hixie-75', 'hixie-76']) : undefined;
  const steps = [];
  for (const chunk of chunks(random, traffic(random, masked, dialect))) {
    const step = [{ feed: chunk.toString('hex') }];
    while (random.once(8)) step.splice(random.below(2), 0, call(random));
    // Chunks of one turn come one behind the other.
    if (steps.length > 0 && random.once(4)) steps[steps.length - 1].push(...step);
    else steps.push(step);
    if (random.once(12)) steps.push([call(random)]);
  }
  if (random.once(6)) steps.push([{ call: 'close', args: [] }]);
  if (random.once(5)) steps.push([{ feed: traffic(random, masked, dialect).toString('hex') }]);
  if (random.once(5)) steps.push([random.pick([{ end: true }, { fail: true }])]);
  if (random.once(4)) steps.push([{ call: 'resume', args: [] }]);
  if (random.once(3)) steps.push([{ tick: random.pick([1000, 30000, 31000]) }]);
  return {
    role,
    wire,
    dialect,
    maxLength: random.pick([undefined, undefined, undefined, 5, 20, 125, 126, 1000]),
    handler: random.pick(HANDLERS),
    early: random.once(4) ? Array.from({ length: 1 + random.below(3) }, () => call(random)) : [],
    steps
  };
}

module.exports = { makeCase };
