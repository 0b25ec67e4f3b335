'use strict';

/**
 * Runs parity scripts by hand.
 *
 *     node __test__/parity/run.js                            all scripts, a summary
 *     node __test__/parity/run.js --script NAME --show       the scripts whose names contain NAME, with their traces
 *     node __test__/parity/run.js --native reference         the reference against itself: is the harness steady?
 *     node __test__/parity/run.js --native native-stream     our stream transport
 *     node __test__/parity/run.js --native native-wasm       our WebAssembly engine
 *     node __test__/parity/run.js --native PATH             the reference against the module of that path
 *     node __test__/parity/run.js --repeat 10                ten times
 *     node __test__/parity/run.js --strict                   without the list of known differences
 *     node __test__/parity/run.js --list                     names only
 */

const { parseArgs } = require('util');
const { allScripts } = require('../../testing/parity/chapters');
const { Implementation } = require('../../testing/parity/implementation');
const { diff, judge, render } = require('../../testing/parity/compare');
const { judgeScript } = require('../../testing/parity/known');

const { values } = parseArgs({
  options: {
    script: { type: 'string', default: '' },
    native: { type: 'string', default: 'native' },
    repeat: { type: 'string', default: '1' },
    strict: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false }
  }
});

/** The trace of a process that died. */
const died = (error) => [`the process broke: ${error.message}`];

/** Runs the chosen scripts and returns how many failed. */
async function main() {
  const scripts = allScripts().filter(({ name }) => name.includes(values.script));
  if (values.list) {
    for (const { name } of scripts) console.log(name);
    return 0;
  }
  const reference = new Implementation('reference');
  const native = new Implementation(values.native);
  let failures = 0;
  for (let round = 0; round < Number(values.repeat); round++) {
    for (const { name } of scripts) {
      const [a, b] = await Promise.all([reference, native].map((side) => side.run(name).catch(died)));
      const strict = values.strict || values.native === 'reference';
      const failure = strict ? judge(a, b) : judgeScript(name, values.native, a, b);
      if (failure) failures += 1;
      if (values.show) console.log(`\n### ${name}\n${render(diff(a, b))}`);
      if (failure && !values.show) console.log(`\n### ${name}\n${failure}`);
    }
  }
  reference.stop();
  native.stop();
  console.log(`\n${scripts.length} scripts, ${values.repeat} rounds, ${failures} failures`);
  return failures;
}

main().then((failures) => {
  process.exitCode = failures > 0 ? 1 : 0;
});
