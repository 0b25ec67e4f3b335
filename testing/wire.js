'use strict';

/**
 * Frames as a client puts them on the wire (RFC 6455 section 5.2), and a lossless way to print what came back.
 * Everything can be built wrong on purpose: reserved bits, opcodes, lengths, masks.
 */

const { format } = require('./format');

/** The mask of every frame to a server, unless a script asks for another. */
const MASK = Buffer.from([0x1f, 0x2e, 0x3d, 0x4c]);

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/**
 * Builds one frame. `length` overrides the announced length, `form` (7, 16 or 64) the way that it is written,
 * `mask: null` leaves the frame unmasked.
 */
function frame({ opcode, payload = '', fin = true, rsv = 0, mask = MASK, length, form }) {
  const body = Buffer.from(payload);
  const size = length === undefined ? body.length : length;
  const width = form || (size <= 125 ? 7 : size <= 0xffff ? 16 : 64);
  const head = Buffer.alloc(width === 7 ? 2 : width === 16 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (mask ? 0x80 : 0) | (width === 7 ? size : width === 16 ? 126 : 127);
  if (width === 16) head.writeUInt16BE(size, 2);
  if (width === 64) head.writeBigUInt64BE(BigInt(size), 2);
  if (!mask) return Buffer.concat([head, body]);
  for (let i = 0; i < body.length; i++) body[i] ^= mask[i % 4];
  return Buffer.concat([head, mask, body]);
}

const of = (opcode) => (payload, rest) => frame({ opcode, payload, ...rest });
const text = of(OPCODES.text);
const binary = of(OPCODES.binary);
const ping = of(OPCODES.ping);
const pong = of(OPCODES.pong);
const continuation = of(OPCODES.continuation);

/** A close frame; without a code its payload is empty. */
function close(code, reason = '', rest) {
  if (code === undefined) return frame({ opcode: OPCODES.close, ...rest });
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
  return frame({ opcode: OPCODES.close, payload, ...rest });
}

/** The same frames as a server sends them: without a mask. */
const fromServer = {
  frame: (parts) => frame({ ...parts, mask: null }),
  text: (payload, rest) => text(payload, { ...rest, mask: null }),
  binary: (payload, rest) => binary(payload, { ...rest, mask: null }),
  ping: (payload, rest) => ping(payload, { ...rest, mask: null }),
  pong: (payload, rest) => pong(payload, { ...rest, mask: null }),
  continuation: (payload, rest) => continuation(payload, { ...rest, mask: null }),
  close: (code, reason, rest) => close(code, reason, { ...rest, mask: null })
};

/** A text message in as many frames as there are pieces. */
function fragments(...pieces) {
  return pieces.map((payload, i) =>
    frame({ opcode: i === 0 ? OPCODES.text : OPCODES.continuation, payload, fin: i === pieces.length - 1 })
  );
}

/** Reads the frame at the start of `bytes`; null if it is not whole. The payload comes unmasked. */
function readFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  let start = short === 126 ? 4 : short === 127 ? 10 : 2;
  const masked = (bytes[1] & 0x80) !== 0;
  if (bytes.length < start + (masked ? 4 : 0)) return null;
  const size =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const head = bytes.subarray(0, start);
  let mask = null;
  if (masked) {
    mask = bytes.subarray(start, start + 4);
    start += 4;
  }
  if (bytes.length < start + size) return null;
  const payload = Buffer.from(bytes.subarray(start, start + size));
  if (mask) for (let i = 0; i < payload.length; i++) payload[i] ^= mask[i % 4];
  return { head, opcode: bytes[0] & 0x0f, fin: bytes[0] >= 0x80, masked, mask, payload, size: start + size };
}

/** Names of frames for the reader of a trace. */
const NAMES = Object.fromEntries(Object.entries(OPCODES).map(([name, opcode]) => [opcode, name]));

/** Prints a payload; that of a close frame as its code and reason, if the reason is UTF-8. */
function describePayload(opcode, payload) {
  if (opcode !== OPCODES.close || payload.length < 2) return format(payload);
  const reason = payload.subarray(2).toString();
  if (!Buffer.from(reason).equals(payload.subarray(2))) return format(payload);
  return `${payload.readUInt16BE(0)} ${format(reason)}`;
}

/**
 * Prints whole frames without losing a bit of what counts: head in hex, payload unmasked. The masking key, which is
 * random, is left out. Returns the lines and the bytes of a frame that is not whole yet.
 */
function describeFrames(bytes) {
  const frames = [];
  let rest = bytes;
  for (let next = readFrame(rest); next; next = readFrame(rest)) {
    const name = NAMES[next.opcode] || 'unknown';
    frames.push(`${name} ${next.head.toString('hex')} ${describePayload(next.opcode, next.payload)}`);
    rest = rest.subarray(next.size);
  }
  return { frames, rest };
}

module.exports = {
  MASK,
  OPCODES,
  frame,
  text,
  binary,
  ping,
  pong,
  continuation,
  close,
  fragments,
  fromServer,
  readFrame,
  describeFrames
};
