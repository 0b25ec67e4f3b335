'use strict';

// What comes while a message is at work elsewhere, on another thread or in an extension: a socket is asked to wait, and what waits
// is bounded, however much the peer sends.

const assert = require('node:assert');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const { deflate } = require('../..');
const websocket = require('../../driver');
const { frame } = require('../../testing/driver/frames');
const { request } = require('../../testing/driver/harness');
const { passing, passOnLater } = require('../../testing/passing_extension');

/** A message that is inflated elsewhere, and one of a kilobyte that is not compressed. */
const { Z_SYNC_FLUSH } = zlib.constants;
const BOMB = zlib.deflateRawSync(Buffer.alloc(4 << 20), { finishFlush: Z_SYNC_FLUSH }).subarray(0, -4);
const KILOBYTE = frame(2, Buffer.alloc(1024));
/** So much may wait, in bytes; extensions may be at work on half a megabyte besides. */
const MOST = 128 * 1024;
const UNDER_WAY = 512 * 1024;

/** An extension that is slow, so that deflate is not the only one. */
const SLOW = passing('slow', passOnLater);

/** A server's driver that has started, with extensions. */
function open(extensions, offer) {
  const driver = websocket.http(request({ 'sec-websocket-extensions': offer }));
  for (const extension of extensions) driver.addExtension(extension);
  assert.ok(driver.start());
  return driver;
}

const CODINGS = {
  'our deflate': { make: () => open([deflate], 'permessage-deflate'), most: MOST },
  'our deflate and another extension': {
    make: () => open([deflate, SLOW], 'permessage-deflate, slow'),
    most: MOST + UNDER_WAY
  },
  'another extension and our deflate': {
    make: () => open([SLOW, deflate], 'slow, permessage-deflate'),
    most: MOST + UNDER_WAY
  }
};

describe('behind a message that is at work elsewhere', () => {
  for (const [coding, { make, most }] of Object.entries(CODINGS)) {
    test(`a socket is asked to wait, and to go on: ${coding}`, async () => {
      const driver = make();
      let told = 0;
      driver.messages.on('data', () => told++);
      for (let round = 1; round <= 3; round++) {
        let sent = frame(2, BOMB, { rsv: 4 }).length;
        let messages = 1;
        let goesOn = driver.io.write(frame(2, BOMB, { rsv: 4 }));
        for (; goesOn && sent < 2 * most; sent += KILOBYTE.length) {
          goesOn = driver.io.write(KILOBYTE);
          messages++;
        }
        assert.ok(sent < most, `${sent} bytes wait`);
        const before = told;
        await once(driver.io, 'drain');
        while (told < before + messages) await once(driver, 'message');
      }
    });

    test(`a message of a megabyte is told, and the next one: ${coding}`, async () => {
      const driver = make();
      const lengths = [];
      driver.on('message', ({ data }) => lengths.push(data.length));
      driver.io.write(frame(2, Buffer.alloc(1 << 20)));
      driver.io.write(KILOBYTE);
      while (lengths.length < 2) await once(driver, 'message');
      assert.deepStrictEqual(lengths, [1 << 20, 1024]);
    });

    test(`a socket that waits goes on behind the end of the connection: ${coding}`, () => {
      const driver = make();
      let writes = 0;
      while (driver.io.write(frame(2, BOMB, { rsv: 4 }))) assert.ok(++writes < 1000);
      let drains = 0;
      driver.io.on('drain', () => drains++);
      driver._close(1000, '');
      assert.strictEqual(drains, 1);
      assert.strictEqual(driver.io.write(KILOBYTE), true);
    });
  }
});
