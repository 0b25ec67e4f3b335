'use strict';

/**
 * The run whose results are published: `npm run bench -- --publish`.
 *
 * Nothing is published that was measured while the machine did something else. What other processes took is known for
 * each scenario; one that was disturbed is measured again. If a scenario that must be in the results stays disturbed,
 * nothing is written.
 */

const fs = require('fs');
const path = require('path');
const { setTimeout: sleep } = require('timers/promises');

const { renderBars, situations } = require('./bars');
const { renderChart } = require('./chart');
const { compareLoad, readLoad } = require('./machine');
const { NEXT, makePlan } = require('./plan');
const { insertResults } = require('./readme');
const { renderPublication } = require('./report');
const { disturbance } = require('./results');
const { emptyResult, loadAverage, runScenario } = require('./session');

const BENCH = path.join(__dirname, '..');
const ROOT = path.join(BENCH, '..');
/** What was published last. */
const RESULTS = path.join(BENCH, 'results.json');
/** Where what is not published goes. */
const REHEARSALS = path.join(ROOT, 'target', 'bench');
/** Cores that something else may take: what the benchmark itself spends between its runs is about this. */
const QUIET = 0.2;
/** How long the machine is watched before anything is measured, in milliseconds. */
const WATCH = 5000;
/** How many times what was disturbed is measured again. */
const AGAIN = 2;

/**
 * Measures and publishes.
 * @param {object} options of the command line
 * @param {string} generator the generator's path
 * @param {string} command that was given
 * @throws {Error} if the machine is not quiet
 */
async function publish(options, generator, command) {
  const { timing, minutes, rehearsal } = options;
  if (!rehearsal) await refuseBusy();
  const end = Date.now() + minutes * 60 * 1000;
  const result = emptyResult(command, 3, timing);
  const before = datedScenarios(RESULTS);
  result.missing = [];
  for (const step of makePlan(before)) {
    const { name } = step.scenario;
    if (!step.must && Date.now() > end) {
      leaveOut(result, name, 'no time was left', before);
      continue;
    }
    const found = await runQuietly(step, options, generator, end);
    result.load.after = loadAverage();
    if (found) {
      result.scenarios.push(found);
    } else {
      leaveOut(result, name, 'the machine was busy', before);
      if (!step.must) continue;
      write(result, REHEARSALS, true);
      throw new Error(`The machine was busy during ${name}: nothing is published; see target/bench`);
    }
  }
  const order = makePlan().map(({ scenario }) => scenario.name);
  result.scenarios.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  write(result, rehearsal ? REHEARSALS : BENCH, rehearsal);
}

/**
 * The scenarios of published results, each with the date at which it was measured.
 * @param {string} file JSON
 * @returns {object[]} none if there is no such file
 */
function datedScenarios(file) {
  if (!fs.existsSync(file)) return [];
  const { date, machine, scenarios } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { cpu, versions } = machine;
  return scenarios.map((each) => Object.assign({ date, cpu, node: versions.node }, each));
}

/**
 * Notes that a scenario is not measured in this run. Its former figures stay, with their date.
 * @param {object} result
 * @param {string} name
 * @param {string} why
 * @param {object[]} before scenarios with dates
 */
function leaveOut(result, name, why, before) {
  const kept = before.find((each) => each.name === name);
  if (kept) result.scenarios.push(kept);
  result.missing.push(`${name}: ${why}` + (kept ? `, so its figures are those of ${kept.date}` : ''));
}

/** Refuses to begin while something else runs. */
async function refuseBusy() {
  const before = readLoad();
  await sleep(WATCH);
  const { other, stolen } = compareLoad(before, readLoad(), 0);
  if (other + stolen > QUIET) {
    throw new Error(
      `The machine is busy: others use ${(other + stolen).toFixed(2)} cores. Nothing is measured, and nothing published`
    );
  }
}

/** A scenario of the plan, measured while nothing else ran; null if that never was so. */
async function runQuietly({ scenario, peers, rounds, must }, options, generator, end) {
  const { timing, rehearsal } = options;
  const settings = { rounds: rehearsal ? 1 : rounds, timing };
  for (let attempt = 0; attempt <= AGAIN; attempt++) {
    const found = await runScenario(scenario, peers, settings, generator);
    const { other, stolen } = disturbance(found);
    if (rehearsal || other + stolen <= QUIET) return Object.assign(found, { rounds: settings.rounds });
    console.error(`${scenario.name}: others used ${(other + stolen).toFixed(2)} cores; once more`);
    if (!must && Date.now() > end) return null;
  }
  return null;
}

/**
 * Writes the results as Markdown, as two charts, as JSON, and into the README.
 * @param {object} result
 * @param {string} out a folder
 * @param {boolean} rehearsal whether the README stays as it is
 */
function write(result, out, rehearsal) {
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, 'results.json'), JSON.stringify(result) + '\n');
  draw(result, out);
  const readme = path.join(ROOT, 'README.md');
  const text = insertResults(fs.readFileSync(readme, 'utf8'), result);
  fs.writeFileSync(rehearsal ? path.join(out, 'README.md') : readme, text);
}

/**
 * Draws and describes a result that was read from a file or has just been made.
 * @param {object} result
 * @param {string} out a folder
 */
function draw(result, out) {
  fs.writeFileSync(path.join(out, 'RESULTS.md'), renderPublication(result));
  fs.writeFileSync(path.join(out, 'results.svg'), renderChart(result));
  const newest = situations(result.scenarios, NEXT);
  const found = newest.length > 0 ? newest : situations(result.scenarios, '');
  const node = newest.length > 0 ? NEXT : result.machine.versions.node;
  const { cores, cpu } = result.machine;
  const where = `CPU time of the server per message, Node.js ${node}, ${cores} cores of ${cpu}. Longer is better.`;
  fs.writeFileSync(path.join(out, 'bars.svg'), renderBars(found, where));
}

/**
 * Writes everything anew from a file of results.
 * @param {string} file JSON
 */
function redraw(file) {
  const out = path.dirname(path.resolve(file));
  write(JSON.parse(fs.readFileSync(file, 'utf8')), out, out !== path.resolve(BENCH));
}

module.exports = { leaveOut, publish, redraw };
