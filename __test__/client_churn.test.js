'use strict';

// Many connections, one after the other, leave nothing behind. `soak/connects.js` is the same by hand, with more.

const assert = require('node:assert');
const { test } = require('node:test');

const { WAYS, churn, leaks } = require('../testing/peers/churning');

const ROUNDS = 400;

for (const [name, { share }] of Object.entries(WAYS)) {
  test(`${ROUNDS * share} connections ${name} leave no descriptor, handle, slot or memory`, async (t) => {
    const measured = await churn(t, name, ROUNDS * share);
    t.diagnostic(`early ${JSON.stringify(measured.early)}`);
    t.diagnostic(`late ${JSON.stringify(measured.late)}`);
    assert.deepStrictEqual(leaks(measured), []);
  });
}
