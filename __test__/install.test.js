'use strict';

// The README's section Install in projects that have a lock file, with the npm of this machine and with Yarn 1;
// `consumers/matrix.check.js` has all cases and the other package managers.

const { testInstalls } = require('../testing/installs');

testInstalls(['npm', 'Yarn 1'], { onlyLocked: true });
