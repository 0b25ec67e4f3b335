'use strict';

/** The binary with AddressSanitizer. Both functions return a file, or why there is none. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT, run } = require('../process');

const TARGET = 'x86_64-unknown-linux-gnu';
const OUTPUT = path.join(ROOT, 'target', 'asan');
const LIBRARY = 'libfaye_websocket_native.so';
/** A function of the runtime that instrumented code calls. */
const MARK = '__asan_report_load';

/** The sanitizer's runtime. */
function runtime() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { skip: 'it is for Linux on x64' };
  try {
    const file = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
    return path.isAbsolute(file) ? { file } : { skip: 'gcc has no libasan.so' };
  } catch (error) {
    return { skip: `no gcc: ${error.message}` };
  }
}

/**
 * Compiles the binary. Without `all` that takes some seconds where the tests of failures have been built before: only this
 * package is compiled, for a debugger, and the crates that it uses are not instrumented.
 *
 * @param {{all: boolean}} which
 * @returns {Promise<{file?: string, skip?: string}>}
 */
async function build({ all }) {
  const made = all ? await buildAll() : await buildOurs();
  if (made === undefined) return { skip: 'the compiler cannot build with AddressSanitizer' };
  const file = path.join(OUTPUT, `${all ? 'all' : 'ours'}.so`);
  fs.mkdirSync(OUTPUT, { recursive: true });
  fs.copyFileSync(made, file);
  return fs.readFileSync(file).includes(MARK) ? { file } : { skip: 'the compiler has instrumented nothing' };
}

/** This package alone. */
async function buildOurs() {
  const env = { RUSTC_WORKSPACE_WRAPPER: path.join(__dirname, 'rustc.sh') };
  const code = await run('cargo', ['build', '--locked', '--lib'], { env });
  return code === 0
    ? path.join(process.env.CARGO_TARGET_DIR || path.join(ROOT, 'target'), 'debug', LIBRARY)
    : undefined;
}

/** Everything, optimized a little: it is what takes long in the compiler, and inflating is unbearable without. */
async function buildAll() {
  const env = {
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
    CARGO_PROFILE_RELEASE_LTO: 'off',
    CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
    CARGO_PROFILE_RELEASE_STRIP: 'none'
  };
  const args = ['build', '--locked', '--lib', '--release', '--target', TARGET, '--target-dir', OUTPUT];
  return (await run('cargo', args, { env })) === 0
    ? path.join(OUTPUT, TARGET, 'release', LIBRARY)
    : undefined;
}

module.exports = { OUTPUT, build, runtime };
