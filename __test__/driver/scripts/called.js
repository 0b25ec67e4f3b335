'use strict';

/** Every method in every state, in either role and in the drafts. */

const { closing, frame } = require('../../../testing/driver/frames');

const PING = 9;
const PONG = 10;
const CLOSE = 8;

/** Methods with arguments, and of which object. */
const CALLS = {
  'text of nothing': (t, driver) => t.call(driver, 'text', ''),
  text: (t, driver) => t.call(driver, 'text', 'héllo'),
  'a long text': (t, driver) => t.call(driver, 'text', 'x'.repeat(200)),
  'a number': (t, driver) => t.call(driver, 'text', 12),
  binary: (t, driver) => t.call(driver, 'binary', Buffer.from([1, 2, 255])),
  'binary of an array': (t, driver) => t.call(driver, 'binary', [1, 2, 3]),
  ping: (t, driver) => t.call(driver, 'ping', 'p'),
  'ping of nothing': (t, driver) => t.call(driver, 'ping'),
  'ping with a callback': (t, driver) =>
    t.call(driver, 'ping', 'q', () => t.note('the callback', 'is called')),
  pong: (t, driver) => t.call(driver, 'pong', 'p'),
  'pong of nothing': (t, driver) => t.call(driver, 'pong'),
  close: (t, driver) => t.call(driver, 'close'),
  'close with a reason': (t, driver) => t.call(driver, 'close', 'bye', 3001),
  'close twice': (t, driver) => {
    t.call(driver, 'close', 'a');
    t.call(driver, 'close', 'b');
  },
  setHeader: (t, driver) => t.call(driver, 'setHeader', 'X-A', 'b'),
  start: (t, driver) => t.call(driver, 'start'),
  getState: (t, driver) => t.call(driver, 'getState'),
  frame: (t, driver) => t.call(driver, 'frame', 'f'),
  'frame with a type': (t, driver) => t.call(driver, 'frame', 'f', 'binary'),
  'messages.write of a string': (t, driver) => t.call(driver.messages, 'write', 's'),
  'messages.write of a Buffer': (t, driver) => t.call(driver.messages, 'write', Buffer.from('b')),
  'messages.end': (t, driver) => t.call(driver.messages, 'end', 'last'),
  'messages.destroy': (t, driver) => t.call(driver.messages, 'destroy'),
  'io.end': (t, driver) => t.call(driver.io, 'end'),
  'io.destroy': (t, driver) => t.call(driver.io, 'destroy'),
  'pausing messages': (t, driver) => {
    t.call(driver.messages, 'pause');
    t.call(driver.io, 'write', Buffer.alloc(0));
    t.call(driver.messages, 'resume');
  },
  'pausing io': (t, driver) => {
    t.call(driver.io, 'pause');
    t.call(driver.messages, 'write', 'x');
    t.call(driver.io, 'resume');
  }
};

const DRAFT = { 'sec-websocket-key': undefined, 'sec-websocket-version': undefined, origin: 'http://o' };
const DRAFT76 = {
  ...DRAFT,
  'sec-websocket-key1': '4 @1  46546xW%0l 1 5',
  'sec-websocket-key2': '12998 5 Y3 1  .P00'
};
const ALLOWED = { allowDrafts: true };

/** Drivers in each state. */
const STATES = {
  'a server that has not started': (t) => t.http(),
  'an open server': (t) => t.open(),
  'a closing server': (t) => {
    const driver = t.open();
    driver.close('bye', 3000);
    return driver;
  },
  'a closed server': (t) => {
    const driver = t.open();
    driver.parse(frame(CLOSE, closing(1000)));
    return driver;
  },
  'a client that has not started': (t) => t.client(),
  'a client that waits': (t) => {
    const driver = t.client();
    driver.start();
    return driver;
  },
  'an open client': (t) => t.connected(),
  'a closed client': (t) => {
    const driver = t.connected();
    driver.parse(frame(CLOSE, closing(1000), { mask: false }));
    return driver;
  },
  'hixie-75': (t) => t.open(DRAFT, ALLOWED),
  'hixie-76 that waits': (t) => t.open(DRAFT76, ALLOWED),
  'hixie-76': (t) => {
    const driver = t.open(DRAFT76, ALLOWED);
    driver.parse(Buffer.from('^n:ds[4U'));
    return driver;
  }
};

const scripts = {};
for (const [state, make] of Object.entries(STATES)) {
  for (const [name, call] of Object.entries(CALLS)) {
    scripts[`${state}: ${name}`] = (t) => {
      const driver = make(t);
      call(t, driver);
      t.state(driver);
    };
  }
}

scripts['a pong calls the callback of its ping once'] = (t) => {
  const driver = t.open();
  driver.ping('a', () => t.note('a', 'is back'));
  driver.ping('b', () => t.note('b', 'is back'));
  driver.parse(Buffer.concat([frame(PONG, 'b'), frame(PONG, 'a'), frame(PONG, 'a')]));
};
scripts['what is sent before the start leaves in order'] = (t) => {
  const driver = t.http();
  driver.text('1');
  driver.ping('2');
  driver.binary(Buffer.from('3'));
  driver.messages.write('4');
  t.call(driver, 'start');
};
scripts['a ping while closing is answered'] = (t) => {
  const driver = t.open();
  driver.close();
  driver.parse(frame(PING, 'p'));
  driver.parse(frame(CLOSE, closing(1000)));
  t.state(driver);
};
for (const [state, make, mask] of [
  ['a server', (t) => t.open(), true],
  ['a client', (t) => t.connected(), false]
]) {
  scripts[`the peer of ${state} while closing breaks a rule`] = (t) => {
    const driver = make(t);
    driver.close();
    driver.parse(frame(3, 'x', { mask }));
    driver.parse(frame(CLOSE, closing(1000), { mask }));
    t.state(driver);
  };
}
scripts['sends null'] = (t) => t.call(t.open(), 'text', null);
scripts['a draft echoes and says goodbye'] = (t) => {
  const driver = t.open(DRAFT76, ALLOWED);
  driver.on('message', ({ data }) => driver.text(data));
  driver.parse(
    Buffer.concat([Buffer.from('^n:ds[4U'), Buffer.from([0, 0x68, 0x69, 0xff]), Buffer.from([0xff, 0])])
  );
  t.state(driver);
};

module.exports = scripts;
