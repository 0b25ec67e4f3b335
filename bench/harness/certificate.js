'use strict';

/**
 * The certificate of the servers that speak TLS: made for this run, in files that go with it.
 */

const fs = require('fs');
const os = require('os');
const path = require('path');
const { makeCertificate } = require('../../testing/certificate');

let files = null;

/**
 * @returns {{cert: string, key: string}} paths of two PEM files
 */
function certificateFiles() {
  if (files) return files;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-native-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true }));
  files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  const { cert, key } = makeCertificate({ names: ['localhost'] });
  fs.writeFileSync(files.cert, cert);
  fs.writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}

module.exports = { certificateFiles };
