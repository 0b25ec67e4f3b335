'use strict';

/**
 * The interface of the native binding, for the stream transport, on the core as a WebAssembly module. The module is
 * read and compiled with the first call that needs it.
 *
 * ```text
 *   lib/transport/dispatch.js ── receive ──▶ instances.js ──▶ the module: src/wasm
 *   lib/transport/stream.js ──── send ─────▶      ▲
 *   lib/transport/jobs.js ─── jobs ─────▶      │ trim, stopped
 * ```
 */

module.exports = {
  engine: /** @type {'wasm'} */ ('wasm'),
  ...require('./open').binding,
  ...require('./codecs'),
  ...require('./classes'),
  ...require('./receive').binding,
  ...require('./send'),
  ...require('./jobs').binding,
  ...require('./raise')
};
