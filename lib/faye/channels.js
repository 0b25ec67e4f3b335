'use strict';

/**
 * What happens on connections, for `diagnostics_channel`: who subscribes to one of these channels gets an object for each
 * event. While nobody does, a message costs nothing: the methods that every message passes through publish only in the forms
 * that stand in their place while somebody subscribes.
 */

const { channel } = require('diagnostics_channel');

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
 * @param {object} connection
 * @param {object} [more] fields besides `connection`
 */
function publish(name, connection, more) {
  const to = channels[name];
  if (to.hasSubscribers) to.publish({ connection, ...more });
}

/**
 * Has the methods that messages pass through publish, for as long as somebody subscribes.
 *
 * @param {object} prototype of connections
 */
function watchMessages(prototype) {
  const { _receiveMessage: receive, _send: send, _sendPlain: sendPlain } = prototype;
  exchange('message:received', prototype, {
    _receiveMessage(data) {
      if (this.readyState <= 1) channels['message:received'].publish({ connection: this, data });
      return receive.call(this, data);
    }
  });
  exchange('message:sent', prototype, {
    _send(data) {
      channels['message:sent'].publish({ connection: this, data });
      return send.call(this, data);
    },
    _sendPlain(data) {
      // What is not compressed anyway is sent by the other.
      if (this._coding !== null && this._deflates) {
        channels['message:sent'].publish({ connection: this, data });
      }
      return sendPlain.call(this, data);
    }
  });
}

/** Puts methods in the place of a prototype's while a channel has subscribers. */
function exchange(name, prototype, methods) {
  const originals = {};
  for (const key of Object.keys(methods)) originals[key] = prototype[key];
  const to = channels[name];
  const update = () => {
    const table = to.hasSubscribers ? methods : originals;
    for (const key of Object.keys(table)) {
      Object.defineProperty(prototype, key, { value: table[key], configurable: true, writable: true });
    }
  };
  // A channel changes its prototype with its first subscriber, but has these of its own.
  for (const method of ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore']) {
    if (typeof to[method] !== 'function') continue;
    Object.defineProperty(to, method, {
      configurable: true,
      writable: true,
      value(...args) {
        const result = Object.getPrototypeOf(this)[method].apply(this, args);
        update();
        return result;
      }
    });
  }
  // Somebody may have subscribed before this was loaded.
  update();
}

module.exports = { publish, watchMessages };
