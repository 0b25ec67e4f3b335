'use strict';

/**
 * The deliberate differences that random traffic can show. Each entry has its reason, and `explains(scene)`, which looks
 * at the first step that differs: `{ one, step, reference, native, removed, added }`, the last two being the lines
 * that only the reference has and those that only we have. An entry explains as little as it can: what it says of
 * the traffic is worked out from the bytes that were sent, not from what either implementation made of them.
 */

const { OLD_STREAMS, isDrain } = require('../../testing/parity/known');
const { walk } = require('./oracle');

/**
 * Whether `fact` of the oracle holds after some chunk of the step that differs, given all bytes before it. Step 0 is
 * the opening, before the first of the case. Where the application pauses, a chunk may have waited since an earlier step.
 */
function holds(fact, { one, step }) {
  let bytes = Buffer.alloc(0);
  const may = pauses(one);
  return one.steps.slice(0, step).some((operations, i) =>
    operations.some(({ feed }) => {
      if (feed === undefined) return false;
      bytes = Buffer.concat([bytes, Buffer.from(feed, 'hex')]);
      return (i === step - 1 || may) && walk(bytes)[fact];
    })
  );
}

/** Whether the application pauses, at any time. */
function pauses(one) {
  return one.handler === 'pause' || JSON.stringify(one).includes('"pause"');
}

/** Whether the application has resumed up to a step. */
function resumes(one, step) {
  return JSON.stringify([one.early, one.steps.slice(0, step)]).includes('"resume"');
}

/** Whether a chunk has come up to a step that Node reads in several. */
function feedsLargeChunk(one, step) {
  return one.steps
    .slice(0, step)
    .some((operations) => operations.some(({ feed = '' }) => feed.length / 2 > NODE_CHUNK));
}

/** Whether the application closes before the connection is open, in a way that the peer hears of. */
function closesEarly({ role, dialect, early }) {
  const ends = early.findIndex(({ call }) => call === 'end');
  if (ends > 0 || (ends === 0 && early[0].args.length > 0)) return true;
  const closes = early.some(({ call }) => call === 'close' || call === 'end');
  return closes && role === 'server' && !/hixie/.test(dialect || '');
}

/** Whether the application has ended a connection of hixie-76 that has not opened before the step that differs. */
function endsUnopened({ early, steps }, step, record) {
  const opened = record
    .slice(0, step)
    .some(({ events }) => events.some((line) => line.startsWith('ws emits open')));
  return !opened && JSON.stringify([early, steps.slice(0, step)]).includes('"end"');
}

/** The messages of a record, as its lines tell them. */
function messagesOf(record) {
  return record.flatMap(({ events }) => events.filter((line) => line.startsWith('ws emits message ')));
}

/** Whether `whole` begins with all of `part`. */
function isBeginning(part, whole) {
  return part.every((line, i) => line === whole[i]);
}

/** Whether the connection of `record` ends in the step for that reason. */
function endsWith(record, step, reason) {
  return record[step].events.some((line) => {
    const close = /^ws emits close \{code: \d+, reason: "(.*)"\} /.exec(line);
    return close !== null && reason.test(close[1]);
  });
}

/** Whether a text that has come up to a step of a draft fits `maxLength` by its bytes, and not once what is no UTF-8 is mended. */
function isMendedTooLong({ dialect, maxLength, steps }, step) {
  const feeds = steps.slice(0, step).flatMap((operations) => operations.map(({ feed = '' }) => feed));
  const bytes = Buffer.from(feeds.join(''), 'hex');
  return (
    /hixie/.test(dialect || '') &&
    bytes.some((type, i) => {
      if (type >= 0x80) return false;
      const end = bytes.indexOf(0xff, i + 1);
      const text = bytes.subarray(i + 1, end === -1 ? bytes.length : end);
      // A character that is cut at the end is not counted yet, so it may be one of the beginning of this text.
      for (
        let length = Math.min(text.length, maxLength);
        length > maxLength / 3 - 1 && length > 0;
        length--
      ) {
        if (Buffer.byteLength(text.subarray(0, length).toString()) > maxLength) return true;
      }
      return false;
    })
  );
}

/** The texts of violations that are not those of a caller or a peer. */
const VIOLATIONS =
  /^(One or more reserved bits|Unrecognized frame opcode|Received (fragmented|control|new|unexpected|unmasked|masked)|WebSocket frame length|Could not decode)/;

/** What is said of a stream that is destroyed. */
const DESTROYED = 'the stream is destroyed';

/** Whether the connection has been failed, over a socket, which is read on. */
function lingers({ one, step, native }) {
  return one.wire === 'socket' && endsWith(native, step, VIOLATIONS);
}

/** Whether the application has sent pings over a socket, whose pongs may come behind the close frame of the peer. */
function awaitsPongs({ one }) {
  return one.wire === 'socket' && JSON.stringify(one).includes('"ping"');
}

/** Whether the application has closed the connection, itself or by its handler. */
function closes(one) {
  return one.handler === 'close' || /"call":"(close|end)"/.test(JSON.stringify(one));
}

/** What a connection that reads on behind its close has more than one that does not, and the other way round. */
const READ_ON = /^(ws emits (end|close) |state is state [23], |the stream is destroyed$|wire: pong )/;

/** Numbers past 2^53, left out. */
const withoutLongNumbers = (lines) => lines.map((line) => line.replace(/\b\d{16,}\b/g, 'N')).join('\n');

/** Packets to a paused connection of which the last need not have arrived when it resumes; 13 were seen not to. */
const MANY_PACKETS = 10;

/** What one read of Node's sockets takes at most. */
const NODE_CHUNK = 65536;

const KNOWN = [
  {
    reason: 'Streams of Node 18 say that they are full when they are not; ours asks what waits.',
    explains: ({ removed, added }) =>
      OLD_STREAMS &&
      removed.every((line) => isDrain(line) || line.endsWith(' returns false')) &&
      added.every((line) => line.endsWith(' returns true'))
  },
  {
    reason: 'A client of hixie-76 has 30 s for its handshake; the reference waits for ever.',
    explains: ({ one, added }) =>
      one.dialect === 'hixie-76' &&
      added.some((line) => line.includes('has not completed its handshake within 30 s'))
  },
  {
    reason: 'A server may close with 1001, and 1011 to 1013; in the reference that throws.',
    explains: ({ one, removed }) =>
      one.role === 'server' &&
      removed.some((line) => /^close throws .* (1001|1011|1012|1013) is neither\."\)$/.test(line))
  },
  {
    reason:
      'An owner who has paused does not hold up the handshake of hixie-76, nor the end of a peer in it; in the reference it never ends.',
    explains: ({ one, step, native }) =>
      one.dialect === 'hixie-76' &&
      JSON.stringify([one.early, one.steps]).includes('"pause"') &&
      native
        .slice(0, step)
        .every(({ events }) => events.every((line) => !line.startsWith('ws emits open'))) &&
      native[step].events.some((line) => /^ws emits (open|close) /.test(line))
  },
  {
    reason:
      'What is put for bytes that are no UTF-8 counts towards the maxLength of a draft; in the reference the bytes do.',
    explains: ({ one, step, native }) =>
      native[step].events.some((line) => line.startsWith('ws emits close ')) && isMendedTooLong(one, step)
  },
  {
    reason: 'Lengths past 2^53 are told exactly; the reference rounds them.',
    explains: (scene) =>
      withoutLongNumbers(
        lingers(scene) ? scene.removed.filter((line) => line !== DESTROYED) : scene.removed
      ) === withoutLongNumbers(scene.added)
  },
  {
    reason: 'Text that is not UTF-8 fails at once; the reference waits for the end of the message.',
    explains: (scene) =>
      endsWith(scene.native, scene.step, /^Could not decode a text frame/) &&
      holds('badTextUnfinished', scene)
  },
  {
    reason: 'A continuation of nothing fails at its header; the reference waits for its payload.',
    explains: (scene) =>
      endsWith(scene.native, scene.step, /^Received unexpected continuation/) &&
      holds('continuationUnfinished', scene)
  },
  {
    reason:
      'A server that closes before it is open completes the handshake, and what was accepted before end is sent; in the reference neither opens.',
    explains: ({ one, step, native }) =>
      (step === 0 && closesEarly(one)) || (one.dialect === 'hixie-76' && endsUnopened(one, step, native))
  },
  {
    reason: 'A client refuses a masked frame, at its header; the reference takes it.',
    explains: (scene) =>
      scene.one.role === 'client' &&
      endsWith(scene.native, scene.step, /^Received masked frame/) &&
      holds('masked', scene)
  },
  {
    reason: 'Close codes 1012 to 1014 are legal; the reference takes them for 1002.',
    explains: (scene) => holds('newCode', scene) && scene.added.some((line) => /\b101[234]\b/.test(line))
  },
  {
    reason:
      'A violation while we are closing ends the connection at once; the reference reads on, or waits 30 s for a close frame.',
    explains: ({ one, step, native }) =>
      /"(close|end)"/.test(JSON.stringify(one)) &&
      endsWith(native, step, VIOLATIONS) &&
      !native
        .slice(0, step + 1)
        .some(({ events }) => events.some((line) => line.startsWith('ws emits error')))
  },
  {
    reason:
      'Behind a violation our half of a socket ends, and what the peer still sends is read; the reference destroys the socket, so that such a peer finds a reset in place of the close frame.',
    explains: (scene) =>
      scene.added.length === 0 && scene.removed.every((line) => line === DESTROYED) && lingers(scene)
  },
  {
    reason:
      'Who has sent pings keeps a socket open behind the answer to a close frame, since pongs may still come; the reference destroys it.',
    explains: (scene) =>
      scene.added.length === 0 && scene.removed.every((line) => line === DESTROYED) && awaitsPongs(scene)
  },
  {
    reason:
      "Behind its own close a paused connection reads on to the peer's close frame or end, and answers pings; the reference reads nothing.",
    explains: ({ one, removed, added, native, step }) =>
      pauses(one) &&
      closes(one) &&
      native.slice(0, step + 1).some(({ events }) => events.some((line) => /\bstate [23], /.test(line))) &&
      added.every((line) => READ_ON.test(line)) &&
      removed.every((line) => /^state is state 2, /.test(line))
  },
  {
    reason:
      'What arrives at a paused connection waits in the kernel, and one read of the direct transport takes it all, or more than 64 KiB: behind the next pause, or the end of the socket, comes more than in chunks as they were sent.',
    explains: ({ one, step, removed, reference, native }) =>
      one.wire === 'socket' &&
      ((pauses(one) && (resumes(one, step) || feedsLargeChunk(one, step))) ||
        (one.handler === 'destroy' && feedsLargeChunk(one, step))) &&
      // We are ahead, and only ahead: no message is missing.
      removed.every((line) => !/^ws emits (open|data|message) /.test(line)) &&
      isBeginning(messagesOf(reference), messagesOf(native))
  },
  {
    reason:
      'Of many small packets to a paused connection the kernel may hold back the last until it reads; where a handler then destroys the socket, they are never read.',
    explains: ({ one, step, reference, native }) =>
      one.wire === 'socket' &&
      one.handler === 'destroy' &&
      pauses(one) &&
      one.steps
        .slice(0, step)
        .flat()
        .filter(({ feed }) => feed !== undefined).length > MANY_PACKETS &&
      isBeginning(messagesOf(native), messagesOf(reference))
  }
];

module.exports = { KNOWN };
