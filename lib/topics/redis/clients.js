'use strict';

/**
 * The caller's two clients of Redis, whichever package they are of: `@redis/client` (or `redis`) or `ioredis`, each for
 * one server or a cluster. One publishes and reads; the other subscribes, since a connection that does can do nothing
 * else. They connect, reconnect and subscribe again by themselves; here it is noticed when they have.
 */

const { describe } = require('../checks');

/** The first version with sharded publish/subscribe. */
const SHARDED = 7;

/** What to do where the version of the server cannot be asked for: the client is not connected, or may not ask. */
const CONNECT = ': call connect() of both clients, and wait for it, before connections subscribe';
const VERSION = '; so its version is not known: set the option sharded';

/** Answers of Redis that another attempt would get again. Others, such as LOADING or CLUSTERDOWN, pass. */
const REFUSAL = /^(ERR|NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|NOPROTO|EXECABORT|OOM|MISCONF|NOSCRIPT)\b/;

/** After an event that says that a node of a cluster was lost, nothing says when it is back: then it is looked, in ms. */
const LOOKS = [250, 1000, 4000, 15000];

/**
 * Makes one face of the caller's clients.
 *
 * @param {string} call whose options they are, for the error's text
 * @param {object} clients
 * @param {any} clients.publisher
 * @param {any} clients.subscriber
 * @returns {NodeRedis|IoRedis}
 * @throws {TypeError}
 */
function clientsOf(call, { publisher, subscriber }) {
  const [kind, other] = [kindOf(publisher), kindOf(subscriber)];
  for (const [i, name] of ['publisher', 'subscriber'].entries()) {
    if ([kind, other][i] === null) {
      throw new TypeError(
        `${call} needs the option ${name}: a client of @redis/client or of ioredis, not ` +
          describe([publisher, subscriber][i])
      );
    }
  }
  if (publisher === subscriber) {
    throw new TypeError(
      `${call} needs two clients, since a connection to Redis that subscribes can do nothing else: ` +
        'pass client.duplicate() as the other'
    );
  }
  if (kind !== other || kind === null) {
    throw new TypeError(`The two clients of ${call} are of different packages`);
  }
  return new kind(publisher, subscriber);
}

/**
 * The class for a client, or null.
 *
 * @param {any} client
 * @returns {typeof NodeRedis|typeof IoRedis|null}
 */
function kindOf(client) {
  if (client === null || typeof client !== 'object' || typeof client.on !== 'function') return null;
  if (typeof client.callBuffer === 'function' && typeof client.subscribe === 'function') return IoRedis;
  if (typeof client.sendCommand === 'function' && typeof client.subscribe === 'function') return NodeRedis;
  return null;
}

/** @typedef {import('../types').ChannelListener} ChannelListener */
/** @typedef {import('../types').Reply} Reply */

/**
 * What both have in common.
 *
 * @template {import('../types').RedisClient} Client
 */
class Clients {
  /**
   * @param {Client} publisher
   * @param {Client} subscriber
   */
  constructor(publisher, subscriber) {
    this._publisher = publisher;
    this._subscriber = subscriber;
    /** @type {Map<string, ChannelListener>} what each channel's messages go to */
    this._listeners = new Map();
    this._isLost = false;
    /** @type {() => void} */
    this._onReconnected = () => {};
    /** @type {[event: string, listener: (...args: Buffer[]) => void][]} */
    this._attached = [];
    /** @type {NodeJS.Timeout[]} */
    this._timers = [];
    this.isSharded = false;
  }

  /**
   * Runs a command.
   *
   * @param {string|undefined} _key one that it touches
   * @param {(string|Buffer)[]} _args
   * @returns {Promise<Reply>} its answer, with Buffers for strings
   */
  async command(_key, _args) {
    return null;
  }

  /** Subscribes again to all that was subscribed; resolves once that is done. */
  async _resubscribe() {}

  /** Whether a client was closed. @returns {boolean} */
  _isClosed() {
    return false;
  }

  /** Throws a TypeError if the client has no sharded publish/subscribe. */
  _checkSharded() {}

  /**
   * Begins to notice losses.
   *
   * @param {() => void} onReconnected called when all is subscribed again that was
   */
  start(onReconnected) {
    this._onReconnected = onReconnected;
    const lost = () => (this._isLost = true);
    const looks = () => {
      this._stopLooking();
      this._timers = LOOKS.map((delay) => setTimeout(onReconnected, delay));
      for (const timer of this._timers) if (timer.unref) timer.unref();
    };
    for (const name of ['reconnecting', 'close', 'end']) this._listen(name, lost);
    for (const name of ['node-reconnecting', 'node-disconnect', '-node']) this._listen(name, looks);
    this._listen('ready', () => void (this._isLost && this._regain()));
  }

  /**
   * Listens to the subscribing client.
   *
   * @param {string} name of the event
   * @param {(...args: Buffer[]) => void} listener
   */
  _listen(name, listener) {
    this._subscriber.on(name, listener);
    this._attached.push([name, listener]);
  }

  _stopLooking() {
    for (const timer of this._timers) clearTimeout(timer);
  }

  /** Ends what `start` began. */
  stop() {
    this._stopLooking();
    for (const [name, listener] of this._attached) this._subscriber.removeListener(name, listener);
  }

  /** The connection is there again. */
  async _regain() {
    this._isLost = false;
    try {
      await this._resubscribe();
    } catch {
      // It is lost again, and comes back again.
      return;
    }
    this._onReconnected();
  }

  /**
   * Whether another attempt would fail in the same way.
   *
   * @param {Error} error
   * @returns {boolean}
   */
  isRefusal(error) {
    return error instanceof TypeError || REFUSAL.test(error.message) || this._isClosed();
  }

  /**
   * Chooses between sharded and plain publish/subscribe.
   *
   * @param {boolean|undefined} sharded undefined for what the server can do
   * @throws {TypeError} if the client cannot do that
   */
  async choose(sharded) {
    this.isSharded = sharded === undefined ? (await this._version()) >= SHARDED : sharded;
    if (this.isSharded) this._checkSharded();
  }

  /** The major version of the server. @returns {Promise<number>} 0 if it does not say */
  async _version() {
    try {
      const info = String(await this.command(undefined, ['INFO', 'server']));
      const match = /redis_version:(\d+)/.exec(info);
      return match === null ? 0 : Number(match[1]);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      if (!this.isRefusal(/** @type {Error} */ (error))) throw error;
      const cure = this._isClosed() || /closed/i.test(message) ? CONNECT : VERSION;
      throw new Error(`${message}${cure}`, { cause: error });
    }
  }
}

/**
 * Clients of `@redis/client`, or of `redis`, which passes it on.
 *
 * @extends {Clients<import('../types').NodeRedisClient>}
 */
class NodeRedis extends Clients {
  /**
   * @param {import('../types').NodeRedisClient} publisher
   * @param {import('../types').NodeRedisClient} subscriber
   */
  constructor(publisher, subscriber) {
    super(publisher, subscriber);
    this._isCluster = typeof publisher.getSlotRandomNode === 'function';
  }

  /**
   * Runs a command.
   *
   * @param {string|undefined} key one that it touches
   * @param {(string|Buffer)[]} args
   * @returns {Promise<Reply>} its answer, with Buffers for strings
   */
  command(key, args) {
    // The one is how version 5 is asked for Buffers, the other how version 4 is.
    const options = { typeMapping: { 36: Buffer }, returnBuffers: true };
    if (this._isCluster) return this._publisher.sendCommand(key, false, args, options);
    return this._publisher.sendCommand(args, options);
  }

  /**
   * @param {string} channel
   * @param {ChannelListener} listener
   */
  async subscribe(channel, listener) {
    const known = this._listeners.get(channel);
    if (known === undefined) this._listeners.set(channel, listener);
    await this._subscriber[this.isSharded ? 'sSubscribe' : 'subscribe'](channel, known || listener, true);
  }

  /** @param {string} channel */
  async unsubscribe(channel) {
    const listener = this._listeners.get(channel);
    await this._subscriber[this.isSharded ? 'sUnsubscribe' : 'unsubscribe'](channel, listener, true);
    this._listeners.delete(channel);
  }

  _checkSharded() {
    if (typeof this._subscriber.sSubscribe === 'function') return;
    throw new TypeError(
      'This version of @redis/client has no sSubscribe: take a newer one, or set sharded: false'
    );
  }

  /** It has subscribed again before it says that it is ready. */
  async _resubscribe() {}

  _isClosed() {
    return this._publisher.isOpen === false || this._subscriber.isOpen === false;
  }
}

/**
 * Clients of `ioredis`.
 *
 * @extends {Clients<import('../types').IoRedisClient>}
 */
class IoRedis extends Clients {
  /** @param {() => void} onReconnected */
  start(onReconnected) {
    super.start(onReconnected);
    for (const name of ['messageBuffer', 'smessageBuffer']) {
      this._listen(name, (channel, message) => {
        const listener = this._listeners.get(channel.toString());
        if (listener !== undefined) listener(message);
      });
    }
  }

  /**
   * @param {string|undefined} _key
   * @param {(string|Buffer)[]} args
   * @returns {Promise<Reply>}
   */
  command(_key, args) {
    return this._publisher.callBuffer(...args);
  }

  /**
   * @param {string} channel
   * @param {ChannelListener} listener
   */
  async subscribe(channel, listener) {
    this._listeners.set(channel, listener);
    await this._subscriber[this.isSharded ? 'ssubscribe' : 'subscribe'](channel);
  }

  /** @param {string} channel */
  async unsubscribe(channel) {
    await this._subscriber[this.isSharded ? 'sunsubscribe' : 'unsubscribe'](channel);
    this._listeners.delete(channel);
  }

  _checkSharded() {
    const { isCluster, options } = this._subscriber;
    if (!isCluster || options.shardedSubscribers) return;
    throw new TypeError(
      'A Cluster of ioredis subscribes to sharded channels with its option shardedSubscribers: true; set that, or sharded: false'
    );
  }

  /** It subscribes again when it is ready, and not before; asking again says when that is done. */
  async _resubscribe() {
    await Promise.all([...this._listeners].map(([channel, listener]) => this.subscribe(channel, listener)));
  }

  _isClosed() {
    return this._publisher.status === 'end' || this._subscriber.status === 'end';
  }
}

module.exports = { clientsOf };
