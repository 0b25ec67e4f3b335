'use strict';

// The settings of our permessage-deflate: what is wrong is thrown by `configure`, and not when the first message comes.

const assert = require('node:assert');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const deflate = require('../deflate');

describe('configure', () => {
  for (const [settings, error] of [
    [{ levle: 9 }, /^Error: Unrecognized option: levle$/],
    [{ level: 10 }, /level/],
    [{ level: '9' }, /level/],
    [{ memLevel: 0 }, /memLevel/],
    [{ strategy: 5 }, /strategy/],
    [{ maxWindowBits: 7 }, /maxWindowBits/],
    [{ requestMaxWindowBits: 16 }, /requestMaxWindowBits/],
    [{ threshold: -1 }, /^RangeError: The option threshold must be/],
    [{ threshold: '10' }, /^RangeError: The option threshold must be/],
    [{ maxLength: 'long' }, /^RangeError: The option maxLength must be/],
    [{ maxLength: -1 }, /^RangeError: The option maxLength must be/],
    [{ zlib: { ...zlib } }, /^TypeError: The option zlib has no effect here/]
  ]) {
    test(`throws for ${Object.entries(settings).map(([name, value]) => `${name} ${typeof value} ${String(value)}`)}`, () => {
      assert.throws(() => deflate.configure(settings), error);
    });
  }

  test('takes all settings of the npm package, and leaves the extension as it is', () => {
    const configured = deflate.configure({
      level: 1,
      memLevel: 9,
      strategy: zlib.constants.Z_FILTERED,
      noContextTakeover: true,
      maxWindowBits: 9,
      requestNoContextTakeover: true,
      requestMaxWindowBits: 10,
      threshold: 0,
      maxLength: 1000,
      zlib
    });
    const offer = (extension) => extension.createClientSession().generateOffer();
    assert.deepStrictEqual(offer(configured), {
      server_no_context_takeover: true,
      server_max_window_bits: 10,
      client_no_context_takeover: true,
      client_max_window_bits: 9
    });
    assert.deepStrictEqual(offer(deflate), offer(deflate.configure()));
    assert.notDeepStrictEqual(offer(deflate), offer(configured));
  });

  for (const [maxLength, fits] of [
    [20, false],
    [30, true],
    ['30', true],
    [0, true]
  ]) {
    test(`with maxLength ${typeof maxLength} ${maxLength} ${fits ? 'inflates' : 'refuses'} 26 bytes in another host`, (t, done) => {
      const session = deflate.configure({ maxLength }).createClientSession();
      assert.strictEqual(session.activate({}), true);
      const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
      const data = zlib.deflateRawSync('abcdefghijklmnopqrstuvwxyz', options).subarray(0, -4);
      session.processIncomingMessage({ rsv1: true, data }, (error, message) => {
        if (fits) assert.strictEqual(String(message.data), 'abcdefghijklmnopqrstuvwxyz');
        else assert.strictEqual(error.type, 'too_large');
        session.close();
        done();
      });
    });
  }
});
