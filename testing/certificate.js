'use strict';

/**
 * Certificates made at test time: self-signed X.509 v3 (RFC 5280) over a P-256 key, encoded here in DER (X.690),
 * so that the tests need neither a file with an expiry date nor a program.
 */

const crypto = require('crypto');
const net = require('net');

/** One DER value: tag, length, content. */
function der(tag, ...contents) {
  const body = Buffer.concat(contents.map((content) => Buffer.from(content)));
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...contents) => der(0x30, ...contents);
const set = (...contents) => der(0x31, ...contents);
const octets = (...contents) => der(0x04, ...contents);
const utf8 = (string) => der(0x0c, string);
const yes = der(0x01, [0xff]);

/** An object identifier from its dotted form. */
function oid(dotted) {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, bytes);
}

/** GeneralizedTime to the second. */
function time(date) {
  return der(0x18, `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`);
}

/** A subject alternative name: an address or a host name. */
function alternative(name) {
  return net.isIPv4(name) ? der(0x87, name.split('.').map(Number)) : der(0x82, name);
}

const DAY = 86400000;
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/**
 * Makes a key and a certificate for `names`, its own authority, valid from `from` to `until` days from today.
 * Returns both in PEM.
 */
function makeCertificate({ names, from = -1, until = 1 }) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(names[0]))));
  const now = Date.now();
  const extensions = [
    sequence(oid('2.5.29.19'), yes, octets(sequence(yes))),
    sequence(oid('2.5.29.17'), octets(sequence(...names.map(alternative))))
  ];
  const body = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, Buffer.concat([Buffer.from([1]), crypto.randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(new Date(now + from * DAY)), time(new Date(now + until * DAY))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions))
  );
  const signature = crypto.sign('sha256', body, privateKey);
  const whole = sequence(body, ECDSA_WITH_SHA256, der(0x03, [0], signature));
  const lines = whole.toString('base64').match(/.{1,64}/g);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  };
}

module.exports = { makeCertificate };
