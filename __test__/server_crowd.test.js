'use strict';

// Many connections at once, from clients that others wrote. `soak/million.js` is the same by hand, with more.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { echoAll } = require('../testing/peers/crowd');
const { startSubject } = require('../testing/peers/subject');

describe('a crowd', () => {
  test('of 200 clients of ws gets back its 20,000 messages, in order', async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws) => {
        ws.onmessage = ({ data }) => ws.send(data);
      }
    });
    const result = await echoAll({
      WebSocket: require('ws'),
      url: `ws://127.0.0.1:${subject.port}/`,
      connections: 200,
      messages: 100
    });
    t.diagnostic(`${result.messages} messages in ${result.seconds.toFixed(2)} s`);
    assert.deepStrictEqual([result.messages, result.faults], [20_000, []]);
    const { state, sessions } = await subject.until('close', 200);
    assert.strictEqual(sessions, 0);
    assert.deepStrictEqual([...new Set(state.closes.map(([code]) => code))], [1000]);
  });

  test('that comes and goes leaves no session and no descriptor', async (t) => {
    const subject = await startSubject(t, {
      behaviour: (ws) => {
        ws.onmessage = ({ data }) => ws.send(data);
      }
    });
    const url = `ws://127.0.0.1:${subject.port}/`;
    const rounds = 5;
    const round = () => echoAll({ WebSocket: require('ws'), url, connections: 100, messages: 2 });
    await round();
    const before = await subject.until('close', 100);
    for (let i = 0; i < rounds; i++) assert.deepStrictEqual((await round()).faults, []);
    const after = await subject.until('close', 100 * (rounds + 1));
    assert.strictEqual(after.sessions, 0);
    assert.strictEqual(after.descriptors, before.descriptors);
  });
});
