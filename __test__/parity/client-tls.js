'use strict';

/** TLS to the origin: what is trusted, what is refused, and which name is sent (RFC 6125). */

const { makeCertificate } = require('../../testing/certificate');
const { certificate } = require('../../testing/parity/client_connection');
const { fromServer } = require('../../testing/wire');

/** A script that tries to open over TLS and reports what came of it. */
const tries = (how) => async (t) => {
  const c = await t.connect({ secure: true, ...(typeof how === 'function' ? how() : how) });
  if (c.peer && c.peer.hasHead()) await c.answers();
  c.state();
};

/** A certificate of its own kind and the option that trusts it. */
const with_ = (parts) => () => {
  const made = makeCertificate(parts);
  return { certificate: made, trust: false, options: { tls: { ca: made.cert } } };
};

/** Adds the server name that the client asks for to the trace. */
const listening = (t, c) => ({
  ...c,
  SNICallback(name, callback) {
    t.say(`the origin is asked for ${name}`);
    callback(null);
  }
});

module.exports = {
  'opens when the authority is in tls.ca': tries({}),
  'opens when the authority is in ca': (t) => tries({ trust: false, options: { ca: certificate().cert } })(t),
  'opens when the authority is in a list': (t) =>
    tries({ trust: false, options: { ca: [certificate().cert] } })(t),
  'opens when verification is switched off': tries({
    trust: false,
    options: { tls: { rejectUnauthorized: false } }
  }),
  'refuses a certificate of an unknown authority': tries({ trust: false }),
  'refuses a certificate for another name': tries(with_({ names: ['other.example'] })),
  'refuses a certificate for another address': tries(with_({ names: ['localhost', '127.0.0.2'] })),
  'refuses a certificate that has expired': tries(with_({ names: ['127.0.0.1'], from: -3, until: -1 })),
  'refuses a certificate that is not valid yet': tries(with_({ names: ['127.0.0.1'], from: 1, until: 3 })),
  'opens for a certificate for the address alone': tries(with_({ names: ['127.0.0.1'] })),
  'opens for a host name in the certificate': tries({ host: 'localhost' }),
  'prefers tls.ca over ca': (t) =>
    tries({
      trust: false,
      options: { ca: makeCertificate({ names: ['x'] }).cert, tls: { ca: certificate().cert } }
    })(t),
  'checks with the function of the caller': tries({
    options: {
      tls: {
        checkServerIdentity() {
          return new Error('not my server');
        }
      }
    }
  }),

  async 'asks for the host name'(t) {
    const c = await t.connect({ secure: true, host: 'localhost', certificate: listening(t, certificate()) });
    await c.answers();
  },

  async 'asks for the server name of the caller'(t) {
    const made = makeCertificate({ names: ['named.example'] });
    await t.connect({
      secure: true,
      certificate: listening(t, made),
      trust: false,
      options: { tls: { ca: made.cert, servername: 'named.example' } }
    });
  },

  async 'asks with the key and certificate of the caller'(t) {
    const own = makeCertificate({ names: ['client'] });
    const c = await t.connect({
      secure: true,
      certificate: { ...certificate(), requestCert: true, rejectUnauthorized: false },
      options: { tls: { key: own.key, cert: own.cert } }
    });
    t.value('the origin sees', c.peer.socket.getPeerCertificate().subject.CN);
  },

  async 'reports an origin that does not speak TLS'(t) {
    const net = require('net');
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.portNames.set(server.address().port, 'PLAIN');
    t.cleanups.push(() => server.close());
    const types = [];
    const c = await t.connect({
      watch: 'none',
      make: () => new t.Client(`wss://127.0.0.1:${server.address().port}/`),
      setup(ws) {
        for (const type of ['open', 'error', 'end', 'close']) ws.on(type, () => types.push(type));
      }
    });
    t.value('events', types);
    c.state();
  },

  async 'reports an origin that ends during the TLS handshake'(t) {
    const net = require('net');
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.portNames.set(server.address().port, 'PLAIN');
    t.cleanups.push(() => server.close());
    await t.connect({ make: () => new t.Client(`wss://127.0.0.1:${server.address().port}/`) });
  },

  async 'closes during the TLS handshake'(t) {
    const c = await t.connect({
      secure: true,
      wait: false,
      setup: (ws, connection) => connection.call('close')
    });
    c.state();
  },

  async 'receives messages that ride with the answer'(t) {
    const c = await t.connect({ secure: true });
    await c.answers({ early: Buffer.concat([fromServer.text('one'), fromServer.binary('two')]) });
  },

  async 'sends megabytes'(t) {
    const c = await t.connected({ secure: true });
    const size = 4 * 1048576;
    const before = c.peer.received;
    c.ws.send(Buffer.alloc(size, 'tls'));
    await t.until(() => c.peer.received >= before + size + 14);
  },

  async 'has an encrypted stream'(t) {
    const c = await t.connected({ secure: true });
    t.value('encrypted', c.ws._stream.encrypted);
    t.value('authorized', c.ws._stream.authorized);
    t.value('url', c.ws.url);
  }
};
