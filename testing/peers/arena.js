'use strict';

/**
 * The places in which an attack is tried: a server and a client, on each transport, over TLS, as a driver, and on the
 * WebAssembly engine. The victim runs in a process of its own; the attacker is a raw peer that has shaken hands, with
 * permessage-deflate if it wants to.
 */

const { cost } = require('./attack');
const { connect } = require('./raw_client');
const { agreement, listen } = require('./raw_server');
const { startSubject } = require('./subject');
const { makeCertificate } = require('../certificate');
const { frame, fromServer } = require('../wire');

const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate';
/** A mask that changes nothing, so that large payloads need not be copied. */
const NO_CHANGE = Buffer.alloc(4);

/** Every place, by name. */
const PLACES = [];
for (const role of ['server', 'client']) {
  for (const way of ['direct', 'stream', 'TLS', 'driver', 'WebAssembly'])
    PLACES.push({ name: `${role}, ${way}`, role, way });
}

/** Messages, errors and closes are counted; texts are echoed. */
function behave(ws, { state }) {
  ws.onmessage = ({ data }) => {
    if (typeof data === 'string' && data.length < 1000) ws.send(data);
    state.notes.push(data.length);
  };
}

class Arena {
  /**
   * Starts the victim, and has it serve some connections, so that what is allocated once is not an attack's.
   *
   * @param {{role: string, way: string}} place
   * @param {object} [options] of its connections
   * @returns {Promise<Arena>}
   */
  static async open({ role, way }, options = {}) {
    const arena = new Arena();
    Object.assign(arena, { role, secure: way === 'TLS', ends: [], closed: 0 });
    const t = { after: (end) => arena.ends.push(end) };
    const env = { FAYE_WEBSOCKET_TRANSPORT: way === 'direct' ? 'direct' : 'stream' };
    if (way === 'WebAssembly') env.FAYE_WEBSOCKET_NATIVE = 'wasm';
    const settings = { behaviour: behave, deflate: {}, env, driver: way === 'driver' };
    if (role === 'server') {
      arena.subject = await startSubject(t, { ...settings, options, secure: arena.secure });
    } else {
      const certificate = arena.secure && makeCertificate({ names: ['localhost', '127.0.0.1'] });
      arena.server = await listen(t, undefined, { certificate });
      const tls = { rejectUnauthorized: false };
      arena.subject = await startSubject(t, {
        ...settings,
        options: { ...options, tls },
        url: arena.server.url
      });
    }
    for (let i = 0; i < 3; i++) {
      const peer = await arena.enter(t);
      peer.send(
        arena.frame({ opcode: 1, payload: 'warm' }),
        arena.frame({ opcode: 2, payload: 'w'.repeat(5000) })
      );
      await peer.frame();
      await arena.leave(peer);
    }
    return arena;
  }

  /** A frame as this attacker sends it: masked by a client, not by a server. */
  frame(parts) {
    return this.role === 'server' ? frame({ mask: NO_CHANGE, ...parts }) : fromServer.frame(parts);
  }

  /** A peer that has shaken hands. */
  async enter(t, { deflate = false } = {}) {
    const lines = deflate ? [OFFER] : [];
    if (this.role === 'server') {
      return connect(t, this.subject.port, { secure: this.secure, headers: lines });
    }
    const peer = await this.server.next();
    peer.send(agreement(await peer.head(), lines));
    return peer;
  }

  /** Ends a connection, and waits until the victim has noticed; a measure of then. */
  leave(peer) {
    peer.socket.destroy();
    return this.subject.until('close', ++this.closed);
  }

  /**
   * Lets `attack(peer)` happen, waits for the close that it brings about, and measures.
   *
   * @returns {Promise<{close: Array, cost: object}>} the code and the reason of the victim's `close`
   */
  async suffer(t, settings, attack) {
    const before = await this.subject.measure();
    const peer = await this.enter(t, settings);
    await attack(peer);
    const after = await this.subject.until('close', ++this.closed);
    peer.socket.destroy();
    return { close: after.state.closes[this.closed - 1], cost: cost(before, after), after };
  }

  async close() {
    for (const end of this.ends.reverse()) await end();
  }
}

module.exports = { Arena, PLACES };
