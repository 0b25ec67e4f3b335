'use strict';

/**
 * A connection of the client role: a Client, the origin that it wants to reach, and perhaps a proxy between.
 * The script plays origin and proxy by hand: nothing is answered unless it says so.
 */

const crypto = require('crypto');
const net = require('net');
const { Connection } = require('./connection');
const { Peer } = require('./peer');
const { openListener, closeListener } = require('./listener');
const { makeCertificate } = require('../certificate');

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

let usualCertificate = null;

/** The certificate of every origin and proxy, unless a script brings its own. Made once for the process. */
function certificate() {
  usualCertificate = usualCertificate || makeCertificate({ names: ['localhost', '127.0.0.1'] });
  return usualCertificate;
}

/** What a server must answer to the key in a request head. */
function acceptFor(head) {
  const [, key] = /^sec-websocket-key: (.*)\r$/im.exec(head) || [null, ''];
  return crypto
    .createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/** Joins a response head; a header that is `null` is left out, an array is sent once for each value. */
function responseHead(status, headers) {
  const lines = [`HTTP/1.1 ${status}`];
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) continue;
    for (const one of [].concat(value)) lines.push(`${name}: ${one}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

class ClientConnection extends Connection {
  constructor(context, name, how) {
    super(context, name, how);
    this.proxy = null;
    this.originPort = 0;
    this.proxyPort = 0;
  }

  /** Opens what the client is to find: the origin, and the proxy if there is one. */
  async listen() {
    const { secure, proxy } = this.how;
    const origin = secure ? this.how.certificate || certificate() : null;
    this.originPort = await this.openPort('ORIGIN', origin, (socket) => {
      this.peer = this.context.addPeer(new Peer(this.context, 'origin', socket));
    });
    if (!proxy) return;
    const inFront = proxy === 'https' ? this.how.proxyCertificate || certificate() : null;
    this.proxyPort = await this.openPort('PROXY', inFront, (socket) => {
      this.proxy = this.context.addPeer(new Peer(this.context, 'proxy', socket));
    });
  }

  /** Opens one listener, gives its port a name in the trace, and sees to its end. */
  async openPort(name, tlsOptions, onSocket) {
    const server = await openListener(tlsOptions, onSocket);
    const { port } = server.address();
    this.context.portNames.set(port, name);
    this.context.cleanups.push(() => closeListener(server));
    return port;
  }

  /** The URL of the origin. */
  url() {
    const { secure, path = '/', host = '127.0.0.1', credentials = '' } = this.how;
    return `${secure ? 'wss' : 'ws'}://${credentials}${host}:${this.originPort}${path}`;
  }

  /** The options of the client: what the script says, with the authority and the proxy that belong to the listeners. */
  options() {
    const { secure, proxy, proxyCredentials = '', proxyOptions, trust = true } = this.how;
    const options = { ...this.how.options };
    if (secure && trust) options.tls = { ca: certificate().cert, ...options.tls };
    if (proxy) {
      options.proxy = {
        origin: `${proxy}://${proxyCredentials}127.0.0.1:${this.proxyPort}`,
        ...proxyOptions
      };
      if (proxy === 'https') options.proxy.tls = { ca: certificate().cert, ...options.proxy.tls };
    }
    return options;
  }

  /** Makes the client. An exception is a line of the trace. */
  make() {
    const { Client } = this.context;
    this.context.cleanups.push(() => this.ws && this.ws._stream && this.ws._stream.destroy());
    const { make } = this.how;
    this.context.cleanups.push(() => this.ws && this.ws._stream && this.ws._stream.on('error', () => {}));
    this.adopt(
      this.construct(() => {
        if (make) return make(this);
        return new Client(this.url(), this.how.protocols, this.options());
      })
    );
  }

  /** Calls a constructor and records an exception. */
  construct(make) {
    try {
      return make();
    } catch (error) {
      this.context.say(`the constructor throws ${this.context.format(error)}`);
      return null;
    }
  }

  /** Whether there is a request to answer, or no hope of one. */
  arrived() {
    if (!this.ws || this.ws.readyState === 3) return true;
    const next = this.how.proxy ? this.proxy : this.peer;
    return next !== null && next.hasHead();
  }

  /**
   * The origin answers the request, by default as it should. `headers` go over the usual ones, `early` is sent in the
   * same packet, `raw` is sent in place of everything.
   */
  async answers({ status = '101 Switching Protocols', headers = {}, early = '', raw } = {}) {
    await this.context.step('the origin answers', () => {
      const usual = {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Accept': acceptFor(this.peer.head)
      };
      this.peer.write(raw === undefined ? responseHead(status, { ...usual, ...headers }) : raw, early);
    });
  }

  /** The answer that the origin ought to send, for scripts that cut it up. */
  goodAnswer() {
    const headers = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': acceptFor(this.peer.head)
    };
    return Buffer.from(responseHead('101 Switching Protocols', headers));
  }

  /** The proxy agrees and becomes a tunnel to the origin; resolves when the origin has the client's request. */
  async proxyTunnels({ status = '200 OK', headers = {}, wait = true } = {}) {
    this.context.say('-- the proxy tunnels');
    const outward = net.connect(this.originPort, '127.0.0.1');
    outward.setNoDelay(true);
    outward.on('error', () => {});
    this.context.cleanups.push(() => outward.destroy());
    await new Promise((resolve) => outward.once('connect', resolve));
    this.proxy.becomesTunnel(outward);
    this.proxy.write(responseHead(status, headers));
    if (wait) await this.context.until(() => this.ws.readyState === 3 || (this.peer && this.peer.hasHead()));
    else await this.context.settle();
  }

  /** The proxy sends something else, and perhaps ends. */
  async proxyAnswers(raw, { end = false } = {}) {
    await this.context.step('the proxy answers', () => {
      this.proxy.write(raw);
      if (end) this.proxy.socket.end();
    });
  }
}

module.exports = { ClientConnection, certificate, responseHead };
