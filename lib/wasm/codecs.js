'use strict';

/** Codecs of permessage-deflate for other hosts of extensions, owned by handle. */

const { forNew, handleOf, indexOf, of, recovering, dropIfUnused } = require('./instances');
const { settingsArguments } = require('./fields');
const { copyOut } = require('./receive');
const { INTERNAL } = require('../native/close_codes');

/** @typedef {import('../native').Core} Core */

/** What the module returns for a codec that is away, and for a message that leaves as it is, or takes long. */
const AWAY = 0;
const AS_IT_IS = -1;
const LONG = -2;

/**
 * `codecOffer(settings)`: a client's offer of permessage-deflate, as a header.
 *
 * @type {Core['codecOffer']}
 */
function codecOffer(settings) {
  return forNew().callWith('codec_offer', [settingsArguments(settings)]);
}

/**
 * `codecAccept(settings, header)`: a server's codec for the first acceptable offer, as `[handle, response]`.
 *
 * @type {Core['codecAccept']}
 */
function codecAccept(settings, header) {
  const instance = forNew();
  /** @type {[index: number, response: string] | undefined} */
  const accepted = instance.callWith('codec_accept', [settingsArguments(settings), header]);
  if (accepted === undefined) return undefined;
  instance.others++;
  return [handleOf(instance, accepted[0]), accepted[1]];
}

/**
 * `codecActivate(settings, header)`: a client's codec for the server's response; -1 if that is unacceptable.
 *
 * @type {Core['codecActivate']}
 */
function codecActivate(settings, header) {
  const instance = forNew();
  /** @type {number} */
  const index = instance.callWith('codec_activate', [settingsArguments(settings), header]);
  if (index === -1) return -1;
  instance.others++;
  return handleOf(instance, index);
}

/**
 * `sharedCoding(slot)`: see the native binding.
 *
 * @type {Core['sharedCoding']}
 */
function sharedCoding(slot) {
  return of(slot).call('shared_coding', slot);
}

/**
 * `codecAlike(slot)`: see the native binding.
 *
 * @type {Core['codecAlike']}
 */
function codecAlike(slot) {
  const instance = of(slot);
  const index = instance.call('codec_alike', slot);
  if (index === -1) return -1;
  instance.others++;
  return handleOf(instance, index);
}

/**
 * `codecRun(handle, compress, bytes, limit)`: see the native binding.
 *
 * @type {Core['codecRun']}
 */
function codecRun(handle, compress, bytes, limit) {
  const instance = of(handle);
  const area = instance.reserve(bytes.length);
  instance.bytes.set(bytes, area);
  const code = recovering(
    () => instance.call('codec_run', indexOf(handle), compress, bytes.length, limit),
    () => {
      of(handle).calls.codec_forget(indexOf(handle));
      return -INTERNAL;
    }
  );
  if (code === -INTERNAL) return [code, 'Internal error'];
  if (code === AWAY) throw new Error('The codec is at work elsewhere');
  if (code === AS_IT_IS || code === LONG) return [code];
  const place = instance.call('output');
  const length = instance.length();
  if (code < 0) return [code, instance.bytes.utf8Slice(place, place + length)];
  const result = Buffer.allocUnsafeSlow(length);
  copyOut(instance, place, result);
  return [length, result];
}

/**
 * `codecRelease(handle)`: ends a codec.
 *
 * @type {Core['codecRelease']}
 */
function codecRelease(handle) {
  const instance = of(handle);
  instance.call('codec_release', indexOf(handle));
  instance.others--;
  dropIfUnused(instance);
}

module.exports = {
  codecOffer,
  codecAccept,
  codecActivate,
  sharedCoding,
  codecAlike,
  codecRun,
  codecRelease
};
