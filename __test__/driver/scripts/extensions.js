'use strict';

/** Extensions in the format of `websocket-extensions`: one of the script's own, and npm's permessage-deflate. */

const zlib = require('node:zlib');

const deflate = require('permessage-deflate');

const { closing, frame } = require('../../../testing/driver/frames');
const { settled } = require('../../../testing/driver/harness');

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** An extension that reverses bytes, and owns the reserved bit 2. */
const reversing = {
  name: 'x-reverse',
  type: 'permessage',
  rsv1: false,
  rsv2: true,
  rsv3: false,
  createClientSession: () => ({
    generateOffer: () => ({}),
    activate: () => true,
    ...processing
  }),
  createServerSession: () => ({ generateResponse: () => ({}), ...processing })
};

const processing = {
  processIncomingMessage(message, callback) {
    if (message.rsv2) message.data = Buffer.from(message.data).reverse();
    callback(null, message);
  },
  processOutgoingMessage(message, callback) {
    message.rsv2 = true;
    message.data = Buffer.from(message.data).reverse();
    callback(null, message);
  },
  close() {}
};

/** An extension that refuses every message. */
const failing = {
  ...reversing,
  name: 'x-fail',
  createServerSession: () => ({
    generateResponse: () => ({}),
    processIncomingMessage: (message, callback) => callback(new Error('it does not like that')),
    processOutgoingMessage: (message, callback) => callback(new Error('nor that')),
    close() {}
  })
};

/** An extension that takes a turn of the loop for what comes. */
const slow = {
  ...reversing,
  name: 'x-slow',
  createServerSession: () => ({
    ...processing,
    generateResponse: () => ({}),
    processIncomingMessage: (message, callback) => setImmediate(callback, null, message)
  })
};

const OFFER = { 'sec-websocket-extensions': 'x-reverse' };
const DEFLATE = { 'sec-websocket-extensions': 'permessage-deflate' };

/** A payload as permessage-deflate has it (RFC 7692 section 7.2.1). */
const deflated = (text) =>
  zlib.deflateRawSync(Buffer.from(text), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);

function server(t, extension, headers) {
  const driver = t.http(headers);
  t.call(driver, 'addExtension', extension);
  t.call(driver, 'start');
  return driver;
}

module.exports = {
  'a server decodes and encodes by an extension': async (t) => {
    const driver = server(t, reversing, OFFER);
    driver.parse(Buffer.concat([frame(TEXT, 'cba', { rsv: 2 }), frame(BINARY, 'x')]));
    t.call(driver, 'text', 'abc');
    t.call(driver, 'binary', Buffer.from([1, 2, 3]));
    t.call(driver, 'close', 'bye');
    await settled();
    t.state(driver);
  },
  'a client decodes and encodes by an extension': async (t) => {
    const driver = t.client();
    t.call(driver, 'addExtension', reversing);
    t.call(driver, 'start');
    driver.parse(t.answer(driver, { 'Sec-WebSocket-Extensions': 'x-reverse' }));
    driver.parse(frame(TEXT, 'cba', { rsv: 2, mask: false }));
    t.call(driver, 'text', 'abc');
    await settled();
    t.state(driver);
  },
  'a client whose extension the server does not know': async (t) => {
    const driver = t.client();
    t.call(driver, 'addExtension', reversing);
    t.call(driver, 'start');
    driver.parse(t.answer(driver));
    driver.parse(frame(TEXT, 'abc', { mask: false }));
    t.call(driver, 'text', 'abc');
    await settled();
  },
  'a client gets an extension that it did not offer': async (t) => {
    const driver = t.client();
    t.call(driver, 'addExtension', reversing);
    t.call(driver, 'start');
    driver.parse(t.answer(driver, { 'Sec-WebSocket-Extensions': 'x-other' }));
    await settled();
  },
  'an extension fails on what comes': async (t) => {
    const driver = server(t, failing, { 'sec-websocket-extensions': 'x-fail' });
    driver.parse(frame(TEXT, 'abc'));
    await settled();
    t.state(driver);
  },
  'a server closes while an extension is at work on what has come': async (t) => {
    const driver = server(t, slow, { 'sec-websocket-extensions': 'x-slow' });
    driver.parse(Buffer.concat([frame(TEXT, 'abc'), frame(BINARY, 'def')]));
    t.call(driver, 'close', 'bye');
    driver.parse(frame(TEXT, 'behind it'));
    await settled();
    await settled();
    driver.parse(frame(TEXT, 'behind all'));
    await settled();
    driver.parse(frame(CLOSE, closing(1000)));
    await settled();
    t.state(driver);
  },
  'a server closes behind the first of two messages that were compressed': async (t) => {
    const driver = server(t, deflate, DEFLATE);
    let told = 0;
    driver.on('message', () => ++told === 1 && driver.close('bye'));
    driver.parse(Buffer.concat(['first', 'second'].map((text) => frame(TEXT, deflated(text), { rsv: 4 }))));
    for (let times = 0; times < 6 && told < 2; times++) await settled();
    t.state(driver);
  },
  'an extension that was not offered is not used': async (t) => {
    const driver = server(t, reversing, {});
    driver.parse(frame(TEXT, 'abc'));
    t.call(driver, 'text', 'abc');
    await settled();
  },
  'what is no extension is refused': (t) => {
    const driver = t.http();
    t.call(driver, 'addExtension', {});
  },
  'a server inflates': async (t) => {
    const driver = server(t, deflate, DEFLATE);
    driver.parse(frame(TEXT, deflated('hello hello hello'), { rsv: 4 }));
    await settled();
    driver.parse(Buffer.concat([frame(TEXT, 'plain'), frame(BINARY, deflated('é'), { rsv: 4 })]));
    await settled();
    t.state(driver);
  },
  'a server gets what cannot be inflated': async (t) => {
    const driver = server(t, deflate, DEFLATE);
    driver.parse(frame(TEXT, Buffer.from([0xff, 0xff, 0xff]), { rsv: 4 }));
    // The reference has a thread inflate it.
    if (driver.getState() !== 'closed') await new Promise((resolve) => driver.on('close', resolve));
    await settled();
    t.state(driver);
  },
  'a client inflates': async (t) => {
    const driver = t.client();
    t.call(driver, 'addExtension', deflate);
    t.call(driver, 'start');
    driver.parse(t.answer(driver, { 'Sec-WebSocket-Extensions': 'permessage-deflate' }));
    driver.parse(frame(TEXT, deflated('hello hello hello'), { rsv: 4, mask: false }));
    await settled();
    t.state(driver);
  }
};
