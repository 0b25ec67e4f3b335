'use strict';

/**
 * Checks the types of `lib`: its programs are JavaScript whose comments say the types (`tsconfig.json`).
 *
 *     node scripts/types.js      prints what is wrong
 */

const path = require('node:path');

const ts = require('typescript');

const { ROOT } = require('./process');

/** The programs of `lib`, and what is wrong with the configuration. */
function load() {
  const file = path.join(ROOT, 'tsconfig.json');
  const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, ts.sys.readFile).config,
    ts.sys,
    ROOT
  );
  return { program: ts.createProgram(fileNames, options), errors };
}

/** @returns {string[]} what is wrong, a line each */
function faults() {
  const { program, errors } = load();
  return [...errors, ...ts.getPreEmitDiagnostics(program)].map(lineOf);
}

/** A fault as `file:line: what is wrong`. */
function lineOf({ file, start, messageText }) {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (!file) return text;
  const { line } = file.getLineAndCharacterOfPosition(start);
  return `${path.relative(ROOT, file.fileName)}:${line + 1}: ${text}`;
}

if (require.main === module) {
  const found = faults();
  for (const fault of found) console.log(fault);
  if (found.length > 0) process.exitCode = 1;
}

module.exports = { faults, load };
