'use strict';

// The model of what connections cost: that it adds up, and that its program says so. Whether its figures are right is for
// `node soak/capacity.js --check`.

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { describe, test } = require('node:test');

const figures = require('../scripts/capacity/figures.json');
const { cpuPerSecond, messageCost, plan, predict } = require('../scripts/capacity/model');
const { deadBroker, deploy, hotTopic } = require('../scripts/capacity/simulate');

const GIB = 2 ** 30;

const LOAD = {
  connections: 1e6,
  rate: 0.1,
  work: 0,
  published: 10,
  members: 1000,
  topics: 1,
  size: 200,
  reconnects: 1,
  handshake: 0,
  broker: 'redis streams'
};
const MACHINE = { cores: 8, memory: 32 * GIB, heap: 2 * GIB, descriptors: 65536, utilisation: 0.5 };

/** What the program prints. */
function run(...args) {
  const script = path.join(__dirname, '..', 'scripts', 'capacity.js');
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

describe('the model', () => {
  test('takes a message for cheaper the more there are, and keeps to what was measured', () => {
    const points = [
      [100, 40],
      [10000, 10]
    ];

    assert.strictEqual(messageCost(points, 1), 40);
    assert.strictEqual(messageCost(points, 100), 40);
    assert.ok(Math.abs(messageCost(points, 1000) - 20) < 1e-9);
    assert.strictEqual(messageCost(points, 10000), 10);
    assert.strictEqual(messageCost(points, 1e9), 10);
  });

  test('adds up what a process did', () => {
    const { process: each } = figures;
    const run = {
      connections: 1000,
      topics: 2,
      handshakes: 0,
      messages: 0,
      messagesPerSecond: 1,
      deliveries: 0
    };
    const nothing = predict(figures, run);
    assert.strictEqual(nothing.cpu, 0);
    assert.strictEqual(nothing.memory, each.baseMemory + 1000 * (each.memory + 2 * each.memoryOfTopic));
    assert.strictEqual(nothing.descriptors, each.baseDescriptors + 1000 * each.descriptors);
    const more = predict(figures, { ...run, handshakes: 10, deliveries: 100 });
    assert.strictEqual(more.cpu, 10 * each.handshake + 100 * each.delivery);
  });

  test('gives each process what it can bear, and no less than all connections', () => {
    for (const change of [
      {},
      { rate: 10 },
      { published: 1e4 },
      { topics: 500 },
      { work: 1000 },
      { connections: 10 }
    ]) {
      const load = { ...LOAD, ...change };
      const { bound, bounds, cpu, connections, memory, processes, machines, processesPerMachine } = plan(
        figures,
        load,
        MACHINE
      );
      const what = JSON.stringify(change);

      assert.ok(Math.abs(connections * processes - load.connections) < 1e-3, what);
      assert.ok(connections <= bounds[bound] && bounds[bound] === Math.min(...Object.values(bounds)), what);
      assert.ok(cpu <= MACHINE.utilisation * 1.001, `${what}: ${cpu}`);
      assert.strictEqual(cpu, cpuPerSecond(figures, load, connections) / 1e6);
      assert.ok(memory * processesPerMachine <= MACHINE.memory, what);
      assert.ok(machines * processesPerMachine >= processes, what);
    }
  });

  test('has the broker send a message to each process that has a member, and to no other', () => {
    const { broker } = plan(figures, { ...LOAD, members: 1 }, MACHINE);
    assert.ok(Math.abs(broker.copies - 1) < 1e-9);
    const all = plan(figures, { ...LOAD, members: 1e6 }, MACHINE);
    assert.ok(Math.abs(all.broker.copies - all.processes) < 1e-6);
    assert.strictEqual(plan(figures, { ...LOAD, broker: '' }, MACHINE).broker, null);
  });
});

describe('the simulation', () => {
  const base = { connections: 1e5, processes: 100, start: 3, handshake: 1000, busy: 0.1 };

  test('of a deploy brings everybody back, and is calmer the more they spread', () => {
    const wild = deploy({ ...base, atOnce: 100, rate: Infinity, jitter: 0 });
    const calm = deploy({ ...base, atOnce: 100, rate: Infinity, jitter: 10 });
    const rolling = deploy({ ...base, atOnce: 5, rate: 200, jitter: 10 });

    assert.strictEqual(wild.away, 1e5);
    assert.strictEqual(wild.peak, 1);
    assert.ok(wild.seconds < Infinity && calm.seconds < Infinity && rolling.seconds < Infinity);
    assert.ok(rolling.peak < calm.peak && calm.peak < wild.peak);
    assert.ok(rolling.wait <= calm.wait && calm.wait < wild.wait);
    assert.ok(rolling.away < 1e4);
    assert.deepStrictEqual(deploy({ ...base, atOnce: 5, rate: 200, jitter: 10 }), rolling);
  });

  test('of a deploy shows who gives up when handshakes cost too much', () => {
    const dear = { ...base, handshake: 50_000, atOnce: 100, rate: Infinity };
    const wild = deploy({ ...dear, jitter: 0 });
    const calm = deploy({ ...dear, jitter: 120 });

    assert.ok(wild.retries > 1e5, `${wild.retries}`);
    assert.strictEqual(calm.retries, 0);
  });

  test('of a hot topic is what a message costs', () => {
    const hot = hotTopic({
      connections: 1e6,
      processes: 100,
      delivery: 4,
      copy: 1,
      publish: 10,
      size: 44,
      free: 0.4
    });

    assert.strictEqual(hot.last, (1e4 * 4 + 110) / 1e6);
    assert.strictEqual(hot.messages, 10);
    assert.strictEqual(hot.bytes, 1e8);
  });

  test('of a broker that is gone loses what it does not keep, and takes longer the more topics there are', () => {
    const costs = { publish: 10, copy: 1, subscription: 2, read: 5 };
    const settings = {
      processes: 100,
      topics: 1000,
      down: 10,
      jitter: 5,
      published: 100,
      copies: 10,
      cores: 1
    };
    const kept = deadBroker({ ...settings, costs });
    const lost = deadBroker({ ...settings, costs: { ...costs, read: 0 } });
    const many = deadBroker({ ...settings, topics: 1e5, costs });

    assert.deepStrictEqual([kept.lost, kept.queued], [0, 1000]);
    assert.deepStrictEqual([lost.lost, lost.queued], [1250, 0]);
    assert.ok(many.seconds > 60 && kept.seconds < 10, `${kept.seconds}, ${many.seconds}`);
  });
});

describe('scripts/capacity.js', () => {
  test('answers for a million connections', () => {
    const { status, stdout, stderr } = run('--connections', '1e6', '--rate', '0.1');

    assert.strictEqual(status, 0, stderr);
    assert.match(
      stdout,
      /^One process holds [\d,]+ connections, for which it runs out of (CPU time|memory|descriptors)$/m
    );
    assert.match(stdout, /^\d+ processes of [\d,]+ connections$/m);
  });

  test('simulates, with and without a broker, and knows all kinds', () => {
    for (const broker of [...Object.keys(figures.brokers), 'redisStreams', 'jetStream', 'none']) {
      const args = ['--connections', '1e5', '--processes', '20', '--simulate', '--broker', broker];
      const { status, stdout, stderr } = run(...args);
      assert.strictEqual(status, 0, stderr);
      assert.match(stdout, /A deploy of 20 processes/);
      assert.strictEqual(stdout.includes('The broker is gone for 10 s'), broker !== 'none');
    }
  });

  test('says what is wrong with what it was told', () => {
    for (const [args, message] of [
      [['--connections', 'many'], /--connections is a number above 0, not many/],
      [['--rate=-1'], /--rate is a number/],
      [['--connections', '0'], /--connections is a number above 0, not 0/],
      [['--utilisation', '2'], /--utilisation is a number up to 1, not 2/],
      [['--broker', 'kafka'], /--broker is one of redis, /],
      [['--colour', 'red'], /colour[^]*--help says what there is/]
    ]) {
      const { status, stderr } = run(...args);
      assert.strictEqual(status, 1);
      assert.match(stderr, message);
    }
  });
});
