'use strict';

/**
 * The benchmark: `npm run bench -- --help`. See README.md beside this file.
 */

const fs = require('fs');
const { buildGenerator } = require('./harness/generator');
const { readOptions } = require('./harness/options');
const { publish, redraw } = require('./harness/publish');
const { renderReport } = require('./harness/report');
const { emptyResult, loadAverage, runScenario } = require('./harness/session');

const WORDS = process.argv.slice(2);

async function main() {
  const options = readOptions(WORDS);
  if (options.text) {
    console.log(options.text);
    return;
  }
  if (options.redraw) {
    redraw(options.redraw);
    return;
  }
  if (process.platform !== 'linux')
    throw new Error('The benchmark reads CPU clocks and /proc of Linux; run it there.');
  const generator = buildGenerator();
  const command = ['npm run bench --', ...reportedWords(WORDS)].join(' ');
  if (options.publish) {
    await publish(options, generator, command);
    return;
  }
  const result = emptyResult(command, options.rounds, options.timing);
  for (const scenario of options.scenarios) {
    result.scenarios.push(await runScenario(scenario, options.peers, options, generator));
    result.load.after = loadAverage();
    if (options.json) fs.writeFileSync(options.json, JSON.stringify(result, null, 1) + '\n');
  }
  console.log(renderReport(result));
}

/** The words that shape a result: where a JSON copy goes does not. */
function reportedWords(words) {
  return words.filter((word, index) => !word.startsWith('--json') && words[index - 1] !== '--json');
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
