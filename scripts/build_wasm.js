'use strict';

/**
 * `npm run build:wasm`: compiles the core as a WebAssembly module and writes `lib/wasm/module.js`, and the same without
 * vectors, `lib/wasm/module_scalar.js`, for processors that have none. Both are committed. `-- --check` compares what it compiles with what is committed, and writes nothing.
 *
 * It takes a Rust that knows the target `wasm32-unknown-unknown`: cargo's, or those that the environment names
 * (`CARGO`, `RUSTC`, `CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER`). The same sources and the same compiler make the
 * same bytes wherever they lie. The compiler is noted in the file, because another one makes others.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const { install } = require('./prepare');
const { ROOT, run, say } = require('./process');

const TARGET = 'wasm32-unknown-unknown';

/** The files that hold the module, each with the features that it is compiled with. */
const FILES = new Map([
  [path.join(ROOT, 'lib', 'wasm', 'module.js'), '+simd128'],
  [path.join(ROOT, 'lib', 'wasm', 'module_scalar.js'), '-simd128']
]);

/** Bytes of the module's stack: the deepest call takes a tenth of them. */
const STACK = 256 * 1024;

/** How the module is compiled: what `random` stands for, and what `lib/wasm` needs to go on after a panic. */
const FLAGS = [
  '--cfg=getrandom_backend="custom"',
  `-Clink-arg=-zstack-size=${STACK}`,
  '-Clink-arg=--export=__stack_pointer'
];

/**
 * Compares the committed module with what the sources give.
 *
 * @returns {Promise<{holds: boolean, skipped?: string}>} `skipped` is the reason why it was not compared
 */
async function check() {
  const reason = missing();
  if (reason) return { holds: true, skipped: reason };
  for (const [file, features] of FILES) {
    const committed = require(file);
    const ours = compiler();
    if (committed.compiler !== ours) {
      return {
        holds: true,
        skipped: `the module was made by another compiler:\n${committed.compiler}\nHere is\n${ours}`
      };
    }
    if (!(await compile(features)).equals(committed.bytes())) return { holds: false };
  }
  return { holds: true };
}

/** Compiles the module with some features of the processor; its bytes. */
async function compile(features) {
  const reason = missing();
  if (reason) throw new Error(reason);
  say(`cargo build --target ${TARGET}: compiling the WebAssembly module, ${features}`);
  const folder = path.join(process.env.CARGO_TARGET_DIR || path.join(ROOT, 'target'), TARGET, 'release');
  const args = [
    'build',
    '--release',
    '--locked',
    '--lib',
    '--target',
    TARGET,
    '--no-default-features',
    '--features',
    'wasm'
  ];
  const env = {
    CARGO_ENCODED_RUSTFLAGS: [...FLAGS, `-Ctarget-feature=${features}`, ...remapped()].join('\x1f')
  };
  const code = await run(cargo(), args, { env });
  if (code !== 0) throw new Error(`the build failed with exit code ${code}`);
  return fs.readFileSync(path.join(folder, 'faye_websocket_native.wasm'));
}

/** The options that keep the paths of this machine out of the module. */
function remapped() {
  const home = process.env.CARGO_HOME || path.join(require('node:os').homedir(), '.cargo');
  const sources = path.join(home, 'registry', 'src');
  const registries = fs.existsSync(sources)
    ? fs.readdirSync(sources).map((name) => path.join(sources, name))
    : [];
  return [[ROOT, '.'], ...registries.map((folder) => [folder, 'crates'])].map(
    ([from, to]) => `--remap-path-prefix=${from}=${to}`
  );
}

/** Why the module cannot be compiled here; nothing if it can. */
function missing() {
  try {
    const args = ['--print', 'target-libdir', '--target', TARGET];
    const folder = execFileSync(rustc(), args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    });
    if (fs.existsSync(folder.trim())) return undefined;
  } catch {
    // As good as a compiler without the target.
  }
  return `${rustc()} knows no ${TARGET}; run \`rustup target add ${TARGET}\`, or set RUSTC to a compiler that does`;
}

/** What the compiler says of itself. */
function compiler() {
  const text = execFileSync(rustc(), ['--version', '--verbose'], { cwd: ROOT, encoding: 'utf8' });
  const lines = text.trim().split('\n');
  return [lines[0], ...lines.filter((line) => line.startsWith('LLVM'))].join(', ');
}

const cargo = () => process.env.CARGO || 'cargo';
const rustc = () => process.env.RUSTC || 'rustc';

/** The text of the file with the module. */
function textOf(bytes) {
  const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT, BROTLI_MAX_WINDOW_BITS } = zlib.constants;
  const params = { [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const packed = zlib.brotliCompressSync(bytes, { params }).toString('base64');
  return `'use strict';

/** The core as a WebAssembly module, made by \`npm run build:wasm\` (\`scripts/build_wasm.js\`). */

const packed =
  '${packed}';

/** What compiled it. */
exports.compiler = '${compiler()}';

/** Its bytes. They are text here, so that a bundler takes them along. */
exports.bytes = () => require('zlib').brotliDecompressSync(Buffer.from(packed, 'base64'));
`;
}

/** Writes the module, or checks it. */
async function main(args) {
  await install();
  if (args.includes('--check')) {
    const { holds, skipped } = await check();
    console.log(
      skipped ? `skipped: ${skipped}` : holds ? 'it is what the sources give' : 'run npm run build:wasm'
    );
    if (!holds) process.exitCode = 1;
    return;
  }
  for (const [file, features] of FILES) {
    const bytes = await compile(features);
    fs.writeFileSync(file, textOf(bytes));
    say(`${path.relative(ROOT, file)}: ${bytes.length} bytes, ${fs.statSync(file).size} as text`);
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

module.exports = { check };
