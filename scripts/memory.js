'use strict';

/**
 * `npm run test:memory`: random operations where JavaScript and Rust meet (`soak/seam.js`), and the tests of memory, with
 * the Rust side under AddressSanitizer, a heap that V8 compacts all the time, and freed memory that is written over.
 *
 *     npm run test:memory -- --minutes 10 --seed 1
 *
 * Takes gcc for the sanitizer's runtime, and compiles for some minutes the first time. Linux only.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { ROOT, run, say } = require('./process');

const TARGET = 'x86_64-unknown-linux-gnu';
const OUTPUT = path.join(ROOT, 'target', 'asan');
const BINARY = path.join(OUTPUT, TARGET, 'release', 'libfaye_websocket_native.so');
/** The tests whose subject is memory. */
const TESTS = [
  'dispatch_mixed',
  'memory_given',
  'memory_received',
  'memory_untouched',
  'native_slots',
  'copies'
];

/** The sanitizer's runtime, or why there is none. */
function runtime() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { skip: 'it is for Linux on x64' };
  try {
    const file = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
    return path.isAbsolute(file) ? { file } : { skip: 'gcc has no libasan.so' };
  } catch (error) {
    return { skip: `no gcc: ${error.message}` };
  }
}

/** Compiles the binary with the sanitizer, which a stable compiler has to be asked for. */
async function build() {
  const env = {
    ...process.env,
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
    CARGO_PROFILE_RELEASE_LTO: 'off',
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16'
  };
  return run('cargo', ['build', '--release', '--target', TARGET, '--target-dir', OUTPUT], { env });
}

async function main() {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } }
  });
  const { file, skip } = runtime();
  if (skip) {
    say(`skipped: ${skip}`);
    return;
  }
  if ((await build()) !== 0) {
    say('skipped: the compiler cannot build with AddressSanitizer');
    return;
  }
  const hook = path.join(OUTPUT, 'load.js');
  fs.writeFileSync(
    hook,
    `const { dlopen } = process;
process.dlopen = function (module, file, ...rest) {
  const ours = /faye-websocket-native\\.linux/.test(file);
  return dlopen.call(this, module, ours ? ${JSON.stringify(BINARY)} : file, ...rest);
};
`
  );
  const env = {
    ...process.env,
    LD_PRELOAD: file,
    ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1:allow_user_segv_handler=1',
    MALLOC_PERTURB_: '165',
    NODE_OPTIONS: `--require ${hook}`
  };
  const flags = ['--expose-gc', '--stress-compaction'];
  const soak = ['soak/seam.js', '--minutes', values.minutes, '--seed', values.seed];
  let failed = (await run(process.execPath, [...flags, ...soak], { env })) !== 0;
  for (const name of TESTS) {
    const code = await run(process.execPath, [...flags, '--test', `__test__/${name}.test.js`], { env });
    if (code !== 0) failed = true;
  }
  say(failed ? 'not ok' : 'ok');
  process.exitCode = failed ? 1 : 0;
}

main();
