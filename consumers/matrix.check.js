'use strict';

// The README's section Install with every package manager; `__test__/install.test.js` has two of them.

const { MANAGERS } = require('../scripts/managers');
const { testInstalls } = require('../testing/installs');

testInstalls(Object.keys(MANAGERS).filter((name) => name !== 'npm'));
