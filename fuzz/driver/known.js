'use strict';

/** Differences between the drivers that are meant, each as what it looks like and its reason. */

const KNOWN = [
  {
    reason:
      'what comes of a server that has not opened waits for it, for ever once that is closed; the reference parses it',
    fits: ({ one, ours, at }) =>
      ['fresh server', 'refused'].includes(one.role) &&
      one.steps.some(({ feed }) => feed !== undefined) &&
      !ours.slice(0, at).includes('start returns: true')
  },
  {
    reason: 'what is no answer to a client fails at its first bad byte, not at the end of its line',
    fits: ({ ours }) => ours.some((line) => /^close: .*WebSocket handshake: Parse Error/.test(line))
  },
  {
    reason: 'maxLength counts the three bytes of each U+FFFD in the text of a draft',
    fits: ({ one, reference, at }) =>
      one.role.startsWith('hixie') &&
      one.maxLength !== undefined &&
      /^messages\.data: .*\ufffd/.test(reference[at])
  },
  {
    reason: 'a draft of the reference goes on to emit messages behind its close',
    fits: ({ one, reference, at }) =>
      one.role.startsWith('hixie') &&
      reference.slice(0, at).some((line) => line.startsWith('close: ')) &&
      /^message: /.test(reference[at])
  },
  {
    reason: 'a peer that breaks a rule while we are closing is heard no more; the reference reads on',
    fits: ({ ours, at }) =>
      ours.slice(0, at).includes('close returns: true') &&
      ours.slice(at, at + 2).some((line) => /^close: \{"code":10(02|03|07|08|09)/.test(line))
  },
  {
    reason: 'text that is not UTF-8 fails at its first bad byte, not at the end of its message',
    fits: ({ ours }) =>
      ours.some((line) => line === 'close: {"code":1007,"reason":"Could not decode a text frame as UTF-8"}')
  },
  {
    reason: 'a client refuses frames with a mask (RFC 6455 section 5.1)',
    fits: ({ one, ours }) =>
      one.role.endsWith('client') &&
      ours.some((line) => line.startsWith('close: {"code":1002,"reason":"Received masked frame'))
  },
  {
    reason: 'a continuation of nothing is refused at its header, not at the end of its payload',
    fits: ({ ours, at }) => /^io\.data: .*526563656976656420756e6578706563746564/.test(ours[at])
  },
  {
    reason: 'a length of more than 2^53 is told to the last digit',
    fits: ({ ours }) => ours.some((line) => /too long payload: \d{16,}/.test(line))
  },
  {
    reason: 'the codes 1012 to 1014, which IANA has registered since, are legal from a peer',
    fits: ({ ours }) => ours.some((line) => /^close: \{"code":101[234],/.test(line))
  }
];

/**
 * @param {object} one the case
 * @param {string[]} reference what happened there
 * @param {string[]} ours what happened here
 * @returns {string|null} why they differ; null if nobody knows
 */
function explain(one, reference, ours) {
  const at = ours.findIndex((line, i) => line !== reference[i]);
  const found = KNOWN.find(({ fits }) => fits({ one, reference, ours, at: at < 0 ? ours.length : at }));
  return found ? found.reason : null;
}

module.exports = { explain };
