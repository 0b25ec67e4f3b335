'use strict';

/**
 * One connection of a script: the peer's socket, the server's socket, and the WebSocket or EventSource between.
 */

const { format } = require('../format');
const { describeState } = require('./trace');

class Connection {
  constructor(context, name, how) {
    this.context = context;
    this.name = name;
    this.how = how;
    this.peer = null;
    this.ws = null;
    this.socket = null;
    this.request = null;
  }

  /** Called by the worker's server with the arguments of its `upgrade` event. */
  upgraded(request, socket, head) {
    this.take(request, socket, () => {
      const { accept, protocols, options } = this.how;
      if (accept) return accept(this, request, socket, head);
      const { WebSocket } = this.context;
      return new WebSocket(request, socket, head, protocols, options);
    });
  }

  /** Called by the worker's server with the arguments of its `request` event. */
  requested(request, response) {
    if (!this.how.events) {
      this.context.say('the server sees a plain request');
      response.end('plain');
      return;
    }
    this.response = response;
    this.take(request, request.socket, () => {
      const { accept, options } = this.how;
      if (accept) return accept(this, request, response);
      const { EventSource } = this.context;
      return new EventSource(request, response, options);
    });
  }

  /** Makes the object with `make` and begins to watch it; an exception is a line of the trace. */
  take(request, socket, make) {
    this.request = request;
    this.socket = socket;
    this.context.cleanups.push(() => socket.destroy());
    socket.on('error', () => {});
    try {
      this.adopt(make());
    } catch (error) {
      this.context.say(`the constructor throws ${format(error)}`);
      socket.destroy();
    }
  }

  /** Watches a WebSocket that is made in `accept`, or later. */
  adopt(ws) {
    if (!ws) return;
    this.ws = ws;
    if (this.how.watch !== 'none') this.context.watch(ws, this.name, this.how.watch);
    if (this.how.setup) this.how.setup(ws, this);
  }

  /** Prints what a caller could read now. */
  state(label = this.name) {
    this.context.say(`${label} has ${describeState(this.ws)}`);
  }

  /** Calls a method and records the result, without waiting. */
  call(method, ...args) {
    const label = `${this.name}.${method}(${args.map(format).join(', ')})`;
    return this.context.attempt(label, () => this.ws[method](...args));
  }

  /** Calls a method as a step of its own. */
  async calls(method, ...args) {
    const { context } = this;
    await context.step(`${this.name} calls ${method}`, () => this.call(method, ...args));
  }

  /** The peer sends bytes, as a step of its own. */
  async peerSends(...pieces) {
    await this.context.step(`${this.peer.name} sends`, () => this.peer.write(...pieces));
  }

  /** The peer ends its half of the connection. */
  async peerEnds() {
    await this.context.step(`${this.peer.name} ends`, () => this.peer.socket.end());
  }

  /** The peer resets the connection. */
  async peerResets() {
    await this.context.step(`${this.peer.name} resets`, () => this.peer.socket.resetAndDestroy());
  }
}

module.exports = { Connection };
