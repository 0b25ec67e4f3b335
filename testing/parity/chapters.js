'use strict';

/** Finds the scripts: each chapter is a file of `__test__/parity` that exports an object of functions by name. */

const fs = require('fs');
const path = require('path');

const FOLDER = path.join(__dirname, '..', '..', '__test__', 'parity');

/** Chapters are the files whose names begin so. */
const CHAPTER = /^(server|client|eventsource)[a-z0-9-]*\.js$/;

/** All scripts, in the order of the files: `{ name, chapter, run }`. */
function allScripts() {
  const scripts = [];
  for (const file of fs.readdirSync(FOLDER).sort()) {
    if (!CHAPTER.test(file)) continue;
    const chapter = file.replace(/\.js$/, '');
    for (const [name, run] of Object.entries(require(path.join(FOLDER, file)))) {
      scripts.push({ name: `${chapter}: ${name}`, chapter, run });
    }
  }
  return scripts;
}

let byName = null;

/** The script of that name; throws if there is none. */
function findScript(name) {
  if (!byName) byName = new Map(allScripts().map((script) => [script.name, script]));
  const script = byName.get(name);
  if (!script) throw new Error(`There is no script named "${name}"`);
  return script;
}

module.exports = { allScripts, findScript };
