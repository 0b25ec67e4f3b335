'use strict';

// Three processes, 300 clients, and a broker that is killed and comes back in the middle; then a process is killed, and its
// clients go to the others. `node soak/topics.js` does it for longer, and says what it cost.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const { missing, until } = require('../../testing/topics/brokers');
const { Fleet, KINDS } = require('../../testing/topics/fleet');

const CLIENTS = 300;
const NAMES = Array.from({ length: 10 }, (_, i) => `topic ${i}`);
const RATE = 60;
/** Messages that clients have together, before the next thing happens. */
const SOME = 2000;

describe('three processes and 300 clients', () => {
  for (const kind of Object.keys(KINDS)) {
    const skip = missing(kind.startsWith('redis') ? 'redis-server' : 'nats-server');
    const { keeps } = KINDS[kind];
    const fate = keeps ? 'lose nothing' : 'know that they lost something';

    test(
      `${fate} when the broker and a process are killed: ${kind}`,
      { skip, timeout: 200000 },
      async (t) => {
        const fleet = new Fleet(t, kind);
        await fleet.start(3);
        await fleet.join(CLIENTS, (i) => [NAMES[i % 10], NAMES[(i + 3) % 10]]);
        fleet.publish(NAMES, RATE);
        await until(() => fleet.count() > SOME, 'messages');
        await fleet.broker.kill();
        await fleet.broker.restart();
        const before = fleet.count();
        await until(() => fleet.count() > before + SOME, 'messages from the broker that came back');
        const [victim] = fleet.members;
        victim.child.kill('SIGKILL');
        const returned = () => fleet.clients.filter(({ visits }) => visits > 1).length;
        await until(
          () => returned() >= CLIENTS / 3 - 1 && fleet.count() > before + 2 * SOME,
          'clients that came back'
        );
        await fleet.stop();

        const lost = fleet.missing();
        const taken = fleet.taken();
        const faults = fleet.faults();
        t.diagnostic(`${taken} messages taken, ${fleet.count()} deliveries, ${lost} missing`);
        assert.ok(taken > 30, `${taken} messages`);
        assert.deepStrictEqual(faults, { twice: 0, disordered: 0 });
        // Everybody of the process that was killed has come back.
        assert.ok(fleet.clients.filter(({ visits }) => visits > 1).length >= CLIENTS / 3 - 1);
        const gaps = fleet.members.flatMap((member) => member.gaps);
        if (keeps) {
          assert.strictEqual(lost, 0);
          assert.deepStrictEqual(gaps, []);
        } else {
          // Each process was told of each topic that somebody of its own was in.
          assert.ok(gaps.filter(([, , reason]) => reason === 'broker').length >= NAMES.length * 2);
        }
        const [, one] = fleet.members;
        const { metrics } = await one.metrics();
        assert.strictEqual(metrics.unread, 0);
      }
    );
  }
});
