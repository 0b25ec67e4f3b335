'use strict';

/** An implementation for the harness's own test: its constructor never returns. */

module.exports = function WebSocket() {
  for (;;);
};
