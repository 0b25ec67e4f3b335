'use strict';

// Where Chromium is, if anywhere, and how it is started.

const fs = require('node:fs');

/** The browser; CHROMIUM names another. */
const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';

/** False, or why tests in a browser are skipped. */
const skip = reasonToSkip();

function reasonToSkip() {
  // playwright-core ends the process on an older one.
  if (parseInt(process.versions.node, 10) < 20) return 'playwright-core needs Node.js 20';
  return fs.existsSync(executablePath) ? false : `there is no Chromium at ${executablePath}`;
}

/** Chromium would otherwise look for its maker's hosts. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

module.exports = { ARGS, executablePath, skip };
