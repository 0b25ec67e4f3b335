'use strict';

/**
 * One script of calls and bytes, played on `websocket-driver` and on our driver: what each emits and returns, as lines.
 *
 * Random parts are made equal: the key of a client's request, and the masks of its frames.
 */

const crypto = require('node:crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

const IMPLEMENTATIONS = { reference: require('websocket-driver'), ours: require('../../driver') };

/** A request as Node's http hands it over. */
function request(headers = {}, rest = {}) {
  return {
    method: 'GET',
    url: '/chat?x=1',
    headers: {
      host: 'h.example',
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': KEY,
      'sec-websocket-version': '13',
      ...headers
    },
    ...rest
  };
}

/** What a script plays with: drivers of one implementation, whose events and results it notes. */
class Player {
  constructor(implementation) {
    this.websocket = IMPLEMENTATIONS[implementation];
    this.lines = [];
  }

  /** A server's driver for a request; it has not started. */
  http(headers, options, rest) {
    return this.watch(this.websocket.http(request(headers, rest), options));
  }

  /** A server's driver that is open. */
  open(headers, options, rest) {
    const driver = this.http(headers, options, rest);
    driver.start();
    return driver;
  }

  /** A client's driver; it has not started. */
  client(url = 'ws://h.example/', options) {
    const driver = this.watch(this.websocket.client(url, options));
    driver.io.on('data', (bytes) => {
      const key = /^Sec-WebSocket-Key: (\S+)\r\n/m.exec(bytes.toString('latin1'));
      if (key) driver.nonce = key[1];
    });
    return driver;
  }

  /** A client's driver that is open. */
  connected(url, options, headers) {
    const driver = this.client(url, options);
    driver.start();
    driver.parse(this.answer(driver, headers));
    return driver;
  }

  /** The server's answer to a client's request, with headers changed; `undefined` leaves one out. */
  answer(driver, headers = {}, status = '101 Switching Protocols') {
    const accept = crypto.createHash('sha1').update(driver.nonce + GUID);
    const all = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': accept.digest('base64'),
      ...headers
    };
    const lines = Object.entries(all).filter(([, value]) => value !== undefined);
    return Buffer.from(
      `HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
    );
  }

  /** Notes what a driver and its streams emit. */
  watch(driver, name = '') {
    const listen = (emitter, what, events) => {
      for (const event of events) {
        emitter.on(event, (argument) => this.note(`${name}${what}${event}`, argument));
      }
    };
    listen(driver, '', ['connect', 'open', 'message', 'error', 'close', 'ping', 'pong']);
    if (driver.io) listen(driver.io, 'io.', ['data', 'end', 'drain']);
    if (driver.messages) listen(driver.messages, 'messages.', ['data', 'error', 'end', 'drain']);
    if (!driver.io) listen(driver, '', ['data', 'end', 'drain']);
    return driver;
  }

  /** Calls a method and notes what it returns or throws. */
  call(object, method, ...args) {
    let result;
    try {
      result = object[method](...args);
    } catch (error) {
      this.note(`${method} throws`, error.constructor.name);
      return undefined;
    }
    this.note(`${method} returns`, result);
    return result;
  }

  /** Notes the state of a driver. */
  state({ readyState, version, protocol, url, statusCode, headers, method, body }) {
    this.note('state', { readyState, version, protocol, url, statusCode, headers, method, body });
  }

  note(what, value) {
    this.lines.push(`${what}: ${format(value)}`);
  }
}

/** A value as text, without what is random in it. */
function format(value) {
  if (Buffer.isBuffer(value)) return formatBytes(value);
  if (value instanceof Error) return `Error(${value.message})`;
  return JSON.stringify(value, (key, inner) => {
    if (inner && inner.type === 'Buffer') return formatBytes(Buffer.from(inner.data));
    // It answers the key, which is random.
    if (key === 'sec-websocket-accept' && inner !== 'x') return '…';
    return inner === undefined ? '(undefined)' : inner;
  });
}

/** Bytes as text: heads of HTTP as they are but for the key, frames without their masks, everything else in hexadecimal. */
function formatBytes(bytes) {
  const text = bytes.toString('latin1');
  if (/^(HTTP|GET|CONNECT)/.test(text)) {
    return JSON.stringify(text.replace(/^(Sec-WebSocket-Key: ).*$/m, '$1…'));
  }
  return unmasked(bytes).toString('hex');
}

/** A frame without its mask, if it is one that has a mask and is whole. */
function unmasked(bytes) {
  if (bytes.length < 6 || (bytes[1] & 0x80) === 0) return bytes;
  const short = bytes[1] & 0x7f;
  const at = short === 127 ? 10 : short === 126 ? 4 : 2;
  const length =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length !== at + 4 + length) return bytes;
  const payload = bytes.subarray(at + 4).map((byte, i) => byte ^ bytes[at + (i % 4)]);
  const header = Buffer.from(bytes.subarray(0, at));
  header[1] &= 0x7f;
  return Buffer.concat([header, Buffer.from('(masked)'), payload]);
}

/** Waits until callbacks of other threads have come. */
function settled() {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/**
 * Plays a script on an implementation.
 *
 * @param {function(Player): void|Promise<void>} script
 * @param {'reference'|'ours'} implementation
 * @returns {Promise<string[]>} what happened
 */
async function play(script, implementation) {
  const player = new Player(implementation);
  try {
    await script(player);
  } catch (error) {
    player.note('the script throws', error.constructor.name);
  }
  return player.lines;
}

module.exports = { KEY, play, request, settled };
