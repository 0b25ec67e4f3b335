'use strict';

/**
 * The deliberate differences between the reference and us. An entry names a script, gives the reason, and holds the
 * lines that only the reference's trace has and those that only ours has, in order. All other lines are equal. An
 * entry that no longer applies fails its test, so this list cannot go stale. `only` confines an entry to one of our
 * targets: `native` (the transport of our choice) or `native-stream`; `since` says from which Node on it counts,
 * in the place of an entry that counts for all.
 */

module.exports = [
  ...require('./differences/node24'),
  ...require('./differences/server'),
  ...require('./differences/arguments'),
  ...require('./differences/early'),
  ...require('./differences/client'),
  ...require('./differences/modern'),
  ...require('./differences/rfc'),
  ...require('./differences/extensions')
];
