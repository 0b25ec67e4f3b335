'use strict';

/** For tests of memory that goes back to the system. */

const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

/** Whether free memory stays with the C library until it is asked for. */
const hasTrim =
  process.env.FAYE_WEBSOCKET_NATIVE !== 'wasm' &&
  process.platform === 'linux' &&
  Boolean(process.report.getReport().header.glibcVersionRuntime);

/** Empties `list`, and returns once the memory of its Buffers has been freed. */
async function collected(list) {
  const gone = new Set(list.map((buffer) => new WeakRef(buffer.buffer)));
  list.length = 0;
  // Memory is freed a while after its Buffer, by another thread.
  for (let quiet = 0; quiet < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
    for (const ref of gone) if (ref.deref() === undefined) gone.delete(ref);
    if (gone.size === 0) quiet++;
  }
}

module.exports = { collected, hasTrim };
