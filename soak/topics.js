'use strict';

/**
 * Topics over each kind of broker, for longer than the tests, and amid more faults: three processes and 300 clients, every
 * third an EventSource; every few seconds the broker is killed and comes back, or a process is killed and another one
 * takes its place. Nothing may come twice or out of the order of its publisher; a broker that keeps messages may lose none.
 *
 *     node soak/topics.js                                          all kinds, a minute each
 *     node soak/topics.js --kind jetstream --seconds 600 --rate 500
 */

const { parseArgs } = require('node:util');

const { Fleet, KINDS } = require('../testing/topics/fleet');

const { values } = parseArgs({
  options: {
    kind: { type: 'string', multiple: true, default: Object.keys(KINDS) },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    clients: { type: 'string', default: '300' },
    processes: { type: 'string', default: '3' },
    pause: { type: 'string', default: '5' },
    down: { type: 'string', default: '0.5' }
  }
});

const NAMES = Array.from({ length: 10 }, (_, i) => `topic ${i}`);

/** Waits some seconds. */
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** What ends with a run. */
function scope() {
  const ends = [];
  return {
    after: (end) => ends.unshift(end),
    end: async () => {
      for (const end of ends) await end();
    }
  };
}

/** Kills what is there in turn, and lets it come back, for some time. */
async function torment(fleet, seconds) {
  const faults = { broker: 0, process: 0 };
  const end = Date.now() + seconds * 1000;
  for (let i = 0; Date.now() < end; i++) {
    await wait(Number(values.pause));
    if (i % 2 === 0) {
      await fleet.broker.kill();
      await wait(Number(values.down));
      await fleet.broker.restart();
      faults.broker += 1;
    } else {
      fleet.pick().child.kill('SIGKILL');
      await fleet.add();
      faults.process += 1;
    }
    await wait(1);
    fleet.publish(NAMES, Number(values.rate));
  }
  return faults;
}

/** One kind of broker; what became of its messages. */
async function run(kind) {
  const t = scope();
  try {
    const fleet = new Fleet(t, kind);
    await fleet.start(Number(values.processes));
    await fleet.join(Number(values.clients), (i) => [NAMES[i % 10], NAMES[(i + 3) % 10]]);
    fleet.publish(NAMES, Number(values.rate));
    const faults = await torment(fleet, Number(values.seconds));
    await fleet.stop();
    const there = fleet.members.filter(({ isGone }) => !isGone);
    const metrics = await Promise.all(there.map((member) => member.metrics()));
    const sum = (name) => metrics.reduce((total, each) => total + each.metrics[name], 0);
    const missing = fleet.missing();
    return {
      kind,
      keeps: fleet.keeps,
      'broker killed': faults.broker,
      'processes killed': faults.process,
      taken: fleet.taken(),
      refused: fleet.members.reduce((total, { failed }) => total + failed, 0),
      deliveries: fleet.count(),
      missing,
      'missing %': Number(((100 * missing) / (fleet.count() + missing)).toFixed(3)),
      ...fleet.faults(),
      'gaps told': fleet.members.reduce((total, { gaps }) => total + gaps.length, 0),
      'unread %': (100 * sum('unread')) / Math.max(1, sum('received'))
    };
  } finally {
    await t.end();
  }
}

/** All kinds, one after the other. */
async function main() {
  const results = [];
  for (const kind of values.kind) {
    const result = await run(kind);
    console.log(result);
    results.push(result);
  }
  const wrong = results.filter(({ keeps, missing, twice, disordered }) => {
    return twice > 0 || disordered > 0 || (keeps && missing > 0);
  });
  console.log(wrong.length === 0 ? 'Nothing came twice, and nothing that was kept was lost' : 'NOT OK');
  if (wrong.length > 0) process.exitCode = 1;
}

main();
