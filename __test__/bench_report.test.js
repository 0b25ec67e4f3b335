'use strict';

/**
 * What the benchmark makes of its runs: ratios, goals, the list of contents, and the README's part.
 */

const assert = require('node:assert');
const { describe, it } = require('node:test');

const { renderBars, situations } = require('../bench/harness/bars');
const { GOALS, goalRows } = require('../bench/harness/goals');
const { makePlan } = require('../bench/harness/plan');
const { leaveOut } = require('../bench/harness/publish');
const { insertResults } = require('../bench/harness/readme');
const { renderPublication } = require('../bench/harness/report');
const { SCENARIOS } = require('../bench/harness/scenarios');

/** A scenario of which each peer ran three times, at costs around the one that is given, in microseconds. */
function measured(name, costs) {
  const scenario = SCENARIOS.find((each) => each.name === name);
  const entries = Object.entries(costs).map(([peer, cost]) => ({
    peer,
    fault: null,
    runs: [cost * 0.9, cost, cost * 2].map((micros) => ({
      cost: micros / 1e6,
      rate: 1000,
      busy: 1,
      generator: 0.5,
      other: 0,
      stolen: 0,
      latency: { p50: 10, p99: 20, p999: 30 },
      waiting: 0
    }))
  }));
  return Object.assign({}, scenario, { entries });
}

const FRENCH = { ours: 2, 'faye-websocket': 50, 'ws-buffers': 8, bun: 4 };

function result(scenarios) {
  return {
    date: '2026-01-01',
    command: 'npm run bench',
    machine: { cpu: 'a processor', cores: 2, memory: '1 GiB', system: 'Linux', versions: { node: '20.1.0' } },
    pinned: true,
    rounds: 3,
    timing: { warm: 1, window: 1 },
    load: { before: ['0'], after: ['0'] },
    missing: ['churn: no time was left'],
    scenarios
  };
}

describe('the report of the benchmark', () => {
  it('compares medians, and says which goals are reached', () => {
    const scenarios = [
      measured('french-4k', FRENCH),
      measured('wss-text-50', { ours: 12, net: 10, 'ws-buffers': 12, 'faye-websocket': 14, bun: 7 })
    ];
    const [french, tls] = goalRows(scenarios, '');
    assert.deepStrictEqual([french.ratio, french.reached], [0.5, true]);
    assert.ok(Math.abs(tls.ratio - 1.2) < 1e-9);
    assert.strictEqual(tls.reached, false);
    assert.deepStrictEqual(goalRows(scenarios, '26'), []);
  });

  it('says how many times less each of the five situations takes', () => {
    const found = situations([measured('french-4k', FRENCH)], '');
    assert.deepStrictEqual(found, [
      {
        title: 'A page of French',
        times: [
          { label: 'ws', value: 4 },
          { label: 'faye-websocket', value: 25 }
        ]
      }
    ]);
    const svg = renderBars(found, 'here & there');
    assert.match(svg, /4\.0 × less than ws.*here &amp; there/s);
  });

  it('lists its contents by addresses that its headings have', () => {
    const scenarios = [
      measured('french-4k', FRENCH),
      measured('rate-5', FRENCH),
      measured('crowd-1000', FRENCH)
    ];
    const text = renderPublication(result(scenarios));
    const headings = text
      .split('\n')
      .filter((line) => line.startsWith('## '))
      .map((line) => line.slice(3));
    const links = [...text.matchAll(/^- \[(.*)\]\(#(.*)\)$/gm)];
    assert.deepStrictEqual(
      links.map(([, title]) => title),
      headings
    );
    assert.ok(links.some(([, , to]) => to === 'french-4-kib-10-connections-8-in-flight-french-4k'));
    assert.match(text, /Not measured in this run: churn: no time was left\./);
    assert.match(text, /\| ws: 5 messages a second .* \| 10\.0 \| 20\.0 \| 30\.0 \|/);
  });

  it('has no heading with nothing under it', () => {
    const text = renderPublication(result([measured('french-4k', FRENCH)]));
    assert.doesNotMatch(text, /Latency at a fixed rate/);
    assert.doesNotMatch(text, /^## .*\n\n## /m);
  });

  it('replaces what the README tells of the last results', () => {
    const begin = '<!-- measured: written by `npm run bench -- --publish` -->';
    const readme = `before\n${begin}\nold\n<!-- end of what is measured -->\nafter\n`;
    const once = insertResults(readme, result([measured('french-4k', FRENCH)]));
    assert.match(once, /^before\n[^]*A page of French \| 4\.0 × \| 25 ×[^]*\nafter\n$/);
    assert.doesNotMatch(once, /old/);
    assert.strictEqual(insertResults(once, result([measured('french-4k', FRENCH)])), once);
    assert.throws(() => insertResults('none', result([])), /no place for results/);
  });

  it('keeps the former figures of what is not measured again, and says of when they are', () => {
    const scenarios = [measured('french-4k', FRENCH)];
    const now = Object.assign(result(scenarios), { missing: [] });
    const kept = { date: '2025-12-31', cpu: 'another processor', node: '18.1.0' };
    const before = [Object.assign(measured('rate-5', FRENCH), kept)];
    leaveOut(now, 'rate-5', 'no time was left', before);
    leaveOut(now, 'churn', 'no time was left', before);
    assert.deepStrictEqual(now.missing, [
      'rate-5: no time was left, so its figures are those of 2025-12-31',
      'churn: no time was left'
    ]);
    const text = renderPublication(now);
    assert.match(text, /\| ws: 5 messages a second [^|]* \(2025-12-31\) \| .* \| 10\.0 \| 20\.0 \| 30\.0 \|/);
    assert.match(
      text,
      /Not of this run: measured on 2025-12-31\*\*, on another processor, Node\.js 18\.1\.0/
    );
    assert.strictEqual(text.split('Not of this run').length, 2);
  });

  it('measures what was never measured first, and then what was longest ago', () => {
    const names = (plan) => plan.filter(({ must }) => !must).map(({ scenario }) => scenario.name);
    const plain = names(makePlan());
    const dates = { [plain[0]]: '2026-01-02', [plain[1]]: '2026-01-01' };
    const before = Object.entries(dates).map(([name, date]) => ({ name, date }));
    assert.deepStrictEqual(names(makePlan(before)), [...plain.slice(2), plain[1], plain[0]]);
  });

  it('measures each goal on two versions of Node.js, and each scenario once', () => {
    const plan = makePlan();
    const names = plan.map(({ scenario }) => scenario.name);
    assert.strictEqual(new Set(names).size, names.length);
    for (const { name } of SCENARIOS) assert.ok(names.includes(name), name);
    for (const { scenario } of GOALS) {
      const { peers, rounds, must } = plan.find((step) => step.scenario.name === scenario);
      assert.deepStrictEqual([rounds, must], [3, true]);
      for (const peer of ['ours', 'ours@26', 'faye-websocket@26', 'bun'])
        assert.ok(peers.includes(peer), peer);
    }
  });

  it('measures one call for many beside the one call of Bun', () => {
    const { peers, rounds } = makePlan().find((step) => step.scenario.name === 'broadcast-once');
    assert.deepStrictEqual([peers, rounds], [['ours-broadcast', 'ours', 'ws', 'bun-publish'], 3]);
  });

  it('has a column for each Node.js on which this package was measured', () => {
    const scenario = measured('french-4k', { ...FRENCH, 'ours@22': 2.5, 'ours@24': 3, 'ours@26': 3.5 });
    const text = renderPublication(result([scenario]));

    assert.match(text, /\| *\| *Node\.js 20 *\| *Node\.js 22 *\| *Node\.js 24 *\| *Node\.js 26 *\|/);
    assert.match(text, /\| French 4 KiB[^|]*\| 2\.00 *\| 2\.50 *\| 3\.00 *\| 3\.50 *\|/);
  });

  it('measures what has a goal on Node.js 20 to 26', () => {
    const [{ peers }] = makePlan();
    for (const peer of ['ours', 'ours@22', 'ours@24', 'ours@26']) assert.ok(peers.includes(peer), peer);
  });
});
