'use strict';

// The host of extensions against that of websocket-extensions: the same headers, faults, order and ends.

const assert = require('node:assert');
const { describe, test } = require('node:test');

const Reference = require('websocket-extensions');

const { ExtensionHost } = require('../lib/extensions/host');
const { random } = require('../testing/peers/random');
const { uncaughtWithStores } = require('../testing/peers/scoped');
const { until } = require('../testing/peers/moved_time');

/** An extension that ends its work when it is told to, in any order. */
function extension(name, bits, jobs) {
  const session = {
    generateOffer: () => [{ a: 1, b: [true, 'xy'] }, { c: 'q' }],
    activate: ({ refuse }) => refuse === undefined,
    generateResponse: () => ({ a: 2, text: 'ab' }),
    processIncomingMessage: (message, callback) => jobs.push([name, 'in', message, callback]),
    processOutgoingMessage: (message, callback) => jobs.push([name, 'out', message, callback]),
    close: () => jobs.log.push(`${name} is closed`)
  };
  return {
    name,
    type: 'permessage',
    rsv1: bits === 1,
    rsv2: bits === 2,
    rsv3: bits === 3,
    createClientSession: () => session,
    createServerSession: (offers) => {
      jobs.log.push(`${name} is offered ${JSON.stringify(offers)}`);
      return session;
    }
  };
}

/** A host with three extensions, and a log of what happens in it. */
function make(Host) {
  const jobs = Object.assign([], { log: [] });
  const host = new Host({ maxLength: 100 });
  host.add(extension('one', 1, jobs));
  host.add(extension('two', 2, jobs));
  host.add(extension('one-again', 1, jobs));
  return { host, jobs };
}

/** What a call returns or throws. */
function outcome(call) {
  try {
    return call();
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`;
  }
}

/** Both hosts, asked the same. */
const both = (ask) => [Reference, ExtensionHost].map((Host) => ask(make(Host)));

const HEADERS = [
  undefined,
  '',
  'one',
  'two; x',
  'one, two',
  'two, one',
  'one; a=1, one; a=2',
  'one-again',
  'one, one-again',
  'one-again, one',
  'unknown',
  'one; refuse',
  'two; refuse=1; x="a b"; y=-1.5',
  'one; a; a=2; a="3"',
  'one;',
  ', one',
  'one; "quoted"',
  'one; a="b\\"c"'
];

describe('the host of extensions', () => {
  test('offers what websocket-extensions offers', () => {
    const [expected, actual] = both(({ host }) => host.generateOffer());

    assert.strictEqual(actual, expected);
  });

  // The reference quotes only every other of them.
  test('quotes each value that is no token', () => {
    const jobs = Object.assign([], { log: [] });
    const host = new ExtensionHost({ maxLength: 100 });
    const quoting = extension('one', 1, jobs);
    const session = quoting.createClientSession();
    host.add(quoting);
    session.generateOffer = () => [
      { a: 'x y', b: ['"', '\\'] },
      { a: 'x y', empty: '' }
    ];

    assert.strictEqual(host.generateOffer(), 'one; a="x y"; b="\\""; b="\\\\", one; a="x y"; empty=""');
  });

  for (const header of HEADERS) {
    test(`answers and activates ${header} as websocket-extensions does`, () => {
      const frames = [0, 1, 2, 8, 9].flatMap((opcode) =>
        [1, 2, 4].map((bits) => ({ opcode, rsv1: bits === 1, rsv2: bits === 2, rsv3: bits === 4 }))
      );
      const answers = both(({ host, jobs }) => [
        outcome(() => host.generateResponse(header)),
        frames.map((frame) => host.validFrameRsv(frame)),
        jobs.log
      ]);
      const activations = both(({ host }) => {
        host.generateOffer();
        const failed = outcome(() => host.activate(header));
        return failed || frames.map((frame) => host.validFrameRsv(frame));
      });

      assert.deepStrictEqual(answers[1], answers[0]);
      assert.deepStrictEqual(activations[1], activations[0]);
    });
  }

  for (const [title, wrong] of Object.entries({
    'a number for a name': { name: 1 },
    'another type': { type: 'perframe' },
    'a bit that is no boolean': { rsv2: 1 },
    'a name that is taken': { name: 'one' }
  })) {
    test(`refuses ${title} as websocket-extensions does`, () => {
      const [expected, actual] = both(({ host, jobs }) =>
        outcome(() => host.add({ ...extension('new', 3, jobs), ...wrong }))
      );

      assert.strictEqual(actual, expected);
    });
  }

  for (let seed = 1; seed <= 200; seed++) {
    test(`keeps messages, faults and ends in the order of websocket-extensions, seed ${seed}`, () => {
      const [expected, actual] = both(({ host, jobs }) => play(host, jobs, random(seed)));

      assert.deepStrictEqual(actual, expected);
    });
  }
});

/** Random messages both ways, whose work ends in random order, with faults and an end; what is seen of it. */
function play(host, jobs, roll) {
  const { log } = jobs;
  host.generateResponse('one, two');
  let next = 0;
  for (let step = 0; step < 40; step++) {
    const choice = roll(10);
    if (choice < 3) {
      const id = next++;
      host.processOutgoingMessage({ id }, (error, message) => {
        log.push(`out ${id}: ${error ? error.message : message.id}`);
      });
    } else if (choice < 6) {
      const id = next++;
      host.processIncomingMessage({ id }, (error, message) => {
        log.push(`in ${id}: ${error ? error.message : message.id}`);
      });
    } else if (jobs.length > 0) {
      const [[name, way, message, callback]] = jobs.splice(roll(jobs.length), 1);
      if (roll(15) === 0) callback(new Error(`${name} fails ${way}`));
      else callback(null, message);
    }
    if (step === 30) host.close(() => log.push('all are closed'));
  }
  while (jobs.length > 0) {
    const [, , message, callback] = jobs.shift();
    callback(null, message);
  }
  // Behind a fault nothing is delivered any more, and when a session that is idle closes, nobody sees.
  return log.some((line) => line.includes('fails')) ? log.filter((line) => !/ is closed$/.test(line)) : log;
}

test('sessions are closed although one throws at that, whose exception is an uncaught one', async (t) => {
  const caught = uncaughtWithStores(t);
  const host = new ExtensionHost({ maxLength: 100 });
  const jobs = Object.assign([], { log: [] });
  for (const name of ['one', 'two', 'three']) {
    const added = extension(name, 0, jobs);
    host.add({
      ...added,
      createServerSession: () => ({
        ...added.createServerSession([]),
        close() {
          jobs.log.push(`${name} closes`);
          if (name !== 'three') throw new Error(`thrown by ${name}`);
        }
      })
    });
  }
  host.generateResponse('one, two, three');
  jobs.log.length = 0;
  host.close(() => jobs.log.push('closed'));

  assert.deepStrictEqual(jobs.log, ['one closes', 'two closes', 'three closes', 'closed']);
  await until(() => caught.length === 2);
  assert.deepStrictEqual(caught, ['thrown by one in undefined', 'thrown by two in undefined']);
});
