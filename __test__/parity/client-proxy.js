'use strict';

/** Through an HTTP proxy with CONNECT (RFC 9110 section 9.3.6). */

const { makeCertificate } = require('../../testing/certificate');
const { responseHead } = require('../../testing/parity/client_connection');
const { deadPort } = require('../../testing/parity/listener');
const { fromServer } = require('../../testing/wire');

/** A script in which the proxy answers something that is no tunnel. */
const refused =
  (status, headers = {}, how = {}) =>
  async (t) => {
    const c = await t.connect({ proxy: 'http', ...how });
    await c.proxyAnswers(responseHead(status, headers));
    c.state();
    t.value('statusCode', c.ws.statusCode);
  };

/** A script that looks at the CONNECT request only. */
const asks = (how) => async (t) => {
  await t.connect({ proxy: 'http', ...how });
};

module.exports = {
  'asks for the host and port of a ws origin': asks({}),
  'asks for the host and port of a wss origin': asks({ secure: true }),
  'asks for a host name as it is': asks({ host: 'localhost' }),
  'asks nothing of the path or the credentials of the origin': asks({
    path: '/secret?x',
    credentials: 'user:secret@'
  }),
  'sends headers for the proxy': asks({ proxyOptions: { headers: { 'User-Agent': 'node', 'X-A': 'b' } } }),
  'keeps headers of the origin from the proxy': asks({ options: { headers: { 'X-Origin': 'only' } } }),
  'sends credentials in the origin of the proxy': asks({ proxyCredentials: 'user:secret@' }),
  'keeps its own headers against those of the caller': asks({
    proxyOptions: { headers: { Host: 'x', connection: 'close' } }
  }),

  'accepts any phrase with 200': async (t) => {
    const c = await t.connect({ proxy: 'http' });
    await c.proxyTunnels({ status: '200 Connection established' });
    await c.answers();
  },
  'accepts headers with 200': async (t) => {
    const c = await t.connect({ proxy: 'http' });
    await c.proxyTunnels({ headers: { Via: '1.1 proxy', 'X-A': 'b' } });
    await c.answers();
  },

  'is refused with 403': refused('403 Forbidden'),
  'is refused with 407': refused('407 Proxy Authentication Required', { 'Proxy-Authenticate': 'Basic' }),
  'is refused with 502': refused('502 Bad Gateway', { 'Content-Length': '0' }),
  'meets 201': refused('201 Created'),
  'meets 204': refused('204 No Content'),
  'meets 299': refused('299 Fine'),
  'is refused for a wss origin': refused('403 Forbidden', {}, { secure: true }),
  'is refused by an https proxy': refused('403 Forbidden', {}, { proxy: 'https' }),

  async 'sends own headers to the origin only'(t) {
    const c = await t.connect({
      proxy: 'http',
      options: { headers: { 'X-Origin': 'yes' } },
      proxyOptions: { headers: { 'X-Proxy': 'yes' } }
    });
    await c.proxyTunnels();
    await c.answers();
  },

  async 'closes when the proxy ends without an answer'(t) {
    const c = await t.connect({ proxy: 'http' });
    await t.step('the proxy ends', () => c.proxy.socket.end());
    c.state();
  },

  async 'reports a reset by the proxy'(t) {
    const c = await t.connect({ proxy: 'http' });
    await t.step('the proxy resets', () => c.proxy.socket.resetAndDestroy());
    c.state();
  },

  async 'meets an answer of the proxy that is not HTTP'(t) {
    const c = await t.connect({ proxy: 'http' });
    await c.proxyAnswers('HELLO\r\n\r\n');
    c.state();
  },

  async 'reads an answer of the proxy that comes byte by byte'(t) {
    const c = await t.connect({ proxy: 'http' });
    await t.step('the proxy answers byte by byte', async () => {
      for (const byte of Buffer.from('HTTP/1.1 200 OK\r\nVia: x\r\n\r\n')) {
        c.proxy.write(Buffer.from([byte]));
        await t.world.quiet.turn();
      }
    });
  },

  async 'reports a proxy that nobody can connect to'(t) {
    const port = await deadPort(t.cleanups);
    t.portNames.set(port, 'DEAD');
    const c = await t.connect({
      make: () => new t.Client('ws://origin.example/', [], { proxy: { origin: `http://127.0.0.1:${port}` } })
    });
    c.state();
  },

  async 'closes before the proxy answers'(t) {
    const c = await t.connect({ proxy: 'http' });
    await c.calls('close', 3000, 'too slow');
    c.state();
  },

  async 'sends what was queued before the tunnel, in order'(t) {
    const c = await t.connect({
      proxy: 'http',
      setup(ws, connection) {
        connection.call('send', 'one');
        connection.call('send', 'two');
      }
    });
    await c.proxyTunnels();
    await c.answers();
  },

  async 'receives messages that ride with the answer of the origin'(t) {
    const c = await t.connect({ proxy: 'http' });
    await c.proxyTunnels();
    await c.answers({ early: fromServer.text('early') });
  },

  async 'refuses what an origin may not answer, through a tunnel'(t) {
    const c = await t.connect({ proxy: 'http', secure: true });
    await c.proxyTunnels();
    await c.answers({ status: '403 Forbidden' });
    c.state();
  },

  async 'refuses an origin of an unknown authority behind a proxy'(t) {
    const c = await t.connect({ proxy: 'http', secure: true, trust: false });
    await c.proxyTunnels();
    c.state();
  },

  async 'refuses an origin with a certificate for another name behind a proxy'(t) {
    const made = makeCertificate({ names: ['other.example'] });
    const how = { certificate: made, trust: false, options: { tls: { ca: made.cert } } };
    const c = await t.connect({ proxy: 'http', secure: true, ...how });
    await c.proxyTunnels();
    c.state();
  },

  async 'refuses a proxy of an unknown authority'(t) {
    const c = await t.connect({ proxy: 'https', proxyOptions: { tls: { ca: [] } } });
    c.state();
  },

  async 'uses the TLS options of the proxy for the proxy and those of the origin for the origin'(t) {
    const ofProxy = makeCertificate({ names: ['127.0.0.1'] });
    const ofOrigin = makeCertificate({ names: ['127.0.0.1'] });
    const c = await t.connect({
      proxy: 'https',
      secure: true,
      trust: false,
      certificate: ofOrigin,
      proxyCertificate: ofProxy,
      options: { tls: { ca: ofOrigin.cert } },
      proxyOptions: { tls: { ca: ofProxy.cert } }
    });
    await c.proxyTunnels();
    await c.answers();
    c.state();
  },

  async 'asks the origin behind a proxy for its host name'(t) {
    const { certificate } = require('../../testing/parity/client_connection');
    const c = await t.connect({
      proxy: 'http',
      secure: true,
      host: 'localhost',
      certificate: {
        ...certificate(),
        SNICallback(name, callback) {
          t.say(`the origin is asked for ${name}`);
          callback(null);
        }
      }
    });
    await c.proxyTunnels();
    await c.answers();
  },

  async 'closes when the proxy drops an open tunnel'(t) {
    const c = await t.connected({ proxy: 'http' });
    await t.step('the proxy drops it', () => c.proxy.socket.destroy());
    c.state();
  },

  async 'reports a proxy of a scheme that is none'(t) {
    t.attempt('new Client', () => {
      const ws = new t.Client('ws://127.0.0.1:1/', [], { proxy: { origin: 'nonsense' } });
      ws._stream.destroy();
    });
  }
};
