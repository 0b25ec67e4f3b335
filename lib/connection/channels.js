'use strict';

/**
 * What happens on connections, for `diagnostics_channel`: who subscribes to one of these channels gets an object for each
 * event. While nobody does, messages, pings and pongs cost nothing: the methods that they pass through publish only in the
 * forms that stand in their place while somebody subscribes (`node scripts/instructions.js --without channels`).
 */

const { channel } = require('diagnostics_channel');

/** @typedef {import('../transport/connection').Connection} Connection */

const NAMES = [
  'open',
  'close',
  'error',
  'message:sent',
  'message:received',
  'ping:sent',
  'ping:received',
  'pong:sent',
  'pong:received'
];

const channels = Object.fromEntries(NAMES.map((name) => [name, channel(`faye-websocket:${name}`)]));

/**
 * Publishes what is rare.
 *
 * @param {string} name of the channel, without its prefix
 * @param {Connection} ws
 * @param {object} [more] fields besides `connection`, which is the object that the application holds
 */
function publish(name, ws, more) {
  const to = channels[name];
  if (to.hasSubscribers) to.publish({ connection: ws._target, ...more });
}

/** Whether somebody subscribes. @param {string} name @returns {boolean} */
function hasSubscribers(name) {
  return channels[name].hasSubscribers;
}

/**
 * Has the methods that messages pass through publish, for as long as somebody subscribes.
 *
 * @param {any} prototype of connections
 */
function watchMessages(prototype) {
  const { _receiveMessage: receive, _send: send, _sendPlain: sendPlain } = prototype;
  exchange(['message:received'], prototype, {
    /** @this {Connection} @param {string | Buffer} data */
    _receiveMessage(data) {
      if (this.readyState <= 1) channels['message:received'].publish({ connection: this._target, data });
      return receive.call(this, data);
    }
  });
  exchange(['message:sent'], prototype, {
    /** @this {Connection} @param {string | Buffer} data */
    _send(data) {
      channels['message:sent'].publish({ connection: this._target, data });
      return send.call(this, data);
    },
    /** @this {Connection} @param {string | Buffer} data */
    _sendPlain(data) {
      // What is not compressed anyway is sent by the other.
      if (this._coding !== null && this._deflates) {
        channels['message:sent'].publish({ connection: this._target, data });
      }
      return sendPlain.call(this, data);
    }
  });
}

/**
 * Has the methods that pings and pongs pass through publish, for as long as somebody subscribes. Payloads stand in memory that
 * is used again, so subscribers get copies, and as they may run the loop, so does the connection.
 *
 * @param {any} prototype of connections
 */
function watchPings(prototype) {
  const { _receivePing: receivePing, _sendPong: sendPong, _sendPing: sendPing } = prototype;
  const { _receivePong: receivePong } = prototype;
  exchange(['ping:received', 'pong:sent', 'ping:sent', 'pong:received'], prototype, {
    /** Each ping and pong is published by itself. */
    _receivePings: () => 0,
    /** @this {Connection} @param {Buffer} payload */
    _receivePing(payload) {
      const own = Buffer.from(payload);
      publish('ping:received', this, { data: Buffer.from(payload) });
      receivePing.call(this, own);
    },
    /** @this {Connection} @param {Buffer} payload */
    _sendPong(payload) {
      const data = Buffer.from(payload);
      sendPong.call(this, payload);
      publish('pong:sent', this, { data });
    },
    /** @this {Connection} @param {Buffer} payload */
    _sendPing(payload) {
      const data = Buffer.from(payload);
      sendPing.call(this, payload);
      publish('ping:sent', this, { data });
    },
    /** @this {Connection} @param {Buffer} payload */
    _receivePong(payload) {
      const own = Buffer.from(payload);
      publish('pong:received', this, { data: Buffer.from(payload) });
      receivePong.call(this, own);
    }
  });
}

/**
 * Puts methods in the place of a prototype's while one of some channels has subscribers.
 *
 * @param {string[]} names of the channels
 * @param {any} prototype
 * @param {Record<string, Function>} methods
 */
function exchange(names, prototype, methods) {
  /** @type {Record<string, Function>} */
  const originals = {};
  for (const key of Object.keys(methods)) originals[key] = prototype[key];
  const update = () => {
    const table = names.some((name) => channels[name].hasSubscribers) ? methods : originals;
    for (const key of Object.keys(table)) {
      Object.defineProperty(prototype, key, { value: table[key], configurable: true, writable: true });
    }
  };
  // A channel changes its prototype with its first subscriber, but has these of its own.
  for (const to of names.map((name) => /** @type {any} */ (channels[name]))) {
    for (const method of ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore']) {
      if (typeof to[method] !== 'function') continue;
      Object.defineProperty(to, method, {
        configurable: true,
        writable: true,
        /** @this {any} @param {...unknown} args */
        value(...args) {
          const result = Object.getPrototypeOf(this)[method].apply(this, args);
          update();
          return result;
        }
      });
    }
  }
  // Somebody may have subscribed before this was loaded.
  update();
}

module.exports = { hasSubscribers, publish, watchMessages, watchPings };
