'use strict';

// What jobs on other threads have made waits for a large message that is copied in parts, and for nothing else: the line of the
// connections that wait for a turn may be long, and is as long again for each that stands in it.

const assert = require('node:assert');
const { test } = require('node:test');

const copying = require('../lib/transport/copying');
const { later } = require('../lib/transport/line');

const IN_LINE = 100;

test('neither the parts of large messages nor what waits behind them stand in the line of connections', async () => {
  let served = 0;
  let isOver = false;
  const stand = () => {
    served++;
    if (!isOver) later(stand);
  };
  for (let i = 0; i < IN_LINE; i++) later(stand);
  const gone = { _fromLoop: true, _slot: -1, _transport: { pause() {} } };
  for (let i = 0; i < 3; i++) copying.copy(gone, copying.PARTS_FROM, () => assert.fail());
  const order = [];
  const came = await new Promise((resolve) => {
    const turns = [];
    for (const name of ['first', 'second', 'third']) {
      copying.behind(() => {
        order.push(name);
        turns.push(served);
        if (turns.length === 3) resolve(turns);
      });
    }
  });
  isOver = true;
  assert.deepStrictEqual(order, ['first', 'second', 'third']);
  assert.ok(came[2] < IN_LINE, came.join());
});
