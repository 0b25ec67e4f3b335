'use strict';

/** Has the loader of the binary load an instrumented one instead: `node --require scripts/sanitized/load.js`. */

const { dlopen } = process;
process.dlopen = function (module, file, ...rest) {
  const ours = /faye-websocket-native\.linux/.test(file);
  return dlopen.call(this, module, ours ? process.env.SANITIZED_LIBRARY : file, ...rest);
};
