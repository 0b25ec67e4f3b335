'use strict';

/**
 * `node scripts/glibc.js FILE...`: checks that Linux binaries load with the oldest glibc that is promised, and without a
 * C++ runtime.
 * Needs `objdump`.
 */

const { execFileSync } = require('node:child_process');

/** glibc of Debian 10, Ubuntu 18.10 and RHEL 8. */
const OLDEST = '2.28';

/** The C++ runtimes, which a system need not have. */
const RUNTIMES = /NEEDED +lib(std)?c\+\+/;

/** Compares two versions as numbers, part by part. */
function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const at = left.findIndex((part, i) => part !== (right[i] || 0));
  return at < 0 ? 0 : left[at] - (right[at] || 0);
}

for (const file of process.argv.slice(2)) {
  const symbols = execFileSync('objdump', ['-T', file], { encoding: 'utf8' });
  const versions = Array.from(symbols.matchAll(/GLIBC_([\d.]+)/g), ([, version]) => version);
  if (versions.length === 0) throw new Error(`${file} is not linked against glibc`);

  const newest = versions.sort(compare).pop();
  console.log(`${file} needs glibc ${newest}`);
  if (compare(newest, OLDEST) > 0) {
    console.error(`${file} must do with glibc ${OLDEST}`);
    process.exitCode = 1;
  }
  if (RUNTIMES.test(execFileSync('objdump', ['-p', file], { encoding: 'utf8' }))) {
    console.error(`${file} must do without a C++ runtime`);
    process.exitCode = 1;
  }
}
