'use strict';

// The type declarations, compiled with the programs of __test__/types under each way of resolving modules.
// A line there that must not compile says so with @ts-expect-error, which is itself an error if it does.

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');

const ts = require('typescript');

const ROOT = path.join(__dirname, '..');
const PROGRAMS = path.join(__dirname, 'types');

const { ModuleKind, ModuleResolutionKind } = ts;

const NODE16 = { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 };
const BUNDLER = { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler };
const COMMONJS = {
  module: ModuleKind.CommonJS,
  moduleResolution: ModuleResolutionKind.Node10,
  ignoreDeprecations: '6.0'
};

describe('the type declarations', () => {
  let folder;

  // A folder where the package is installed under the name that its users know.
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faye-websocket-types-'));
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(ROOT, path.join(folder, 'node_modules', 'faye-websocket'), 'junction');
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  /** Compiles a program under a name of its own, whose extension counts; returns what is wrong with it. */
  function compile(program, extension, settings) {
    const file = path.join(folder, path.basename(program, '.ts') + extension);
    fs.copyFileSync(path.join(PROGRAMS, program), file);
    const options = {
      strict: true,
      noEmit: true,
      // The declarations themselves are checked as well, but that takes long: in one setting only.
      skipLibCheck: settings !== NODE16,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts'],
      types: ['node'],
      typeRoots: [path.join(ROOT, 'node_modules', '@types')],
      ...settings
    };
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options));
    return ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => '\n'
    });
  }

  const cases = [
    ['code written for faye-websocket compiles as CommonJS', 'dropin.ts', '.ts', COMMONJS],
    ['code written for faye-websocket compiles under node16', 'dropin.ts', '.cts', NODE16],
    ['code written for faye-websocket compiles beside the DOM', 'dropin.ts', '.ts', dom(COMMONJS)],
    [
      'a namespace import compiles as CommonJS',
      'namespace.ts',
      '.ts',
      { ...COMMONJS, esModuleInterop: false }
    ],
    ['a default import compiles as CommonJS', 'precise.ts', '.ts', { ...COMMONJS, esModuleInterop: true }],
    ['default and named imports compile in an ES module under node16', 'precise.ts', '.mts', NODE16],
    ['default and named imports compile in CommonJS under node16', 'precise.ts', '.cts', NODE16],
    ['default and named imports compile for a bundler', 'precise.ts', '.ts', BUNDLER],
    ['default and named imports compile beside the DOM', 'precise.ts', '.ts', dom(BUNDLER)],
    ['topics compile as CommonJS', 'topics.ts', '.ts', { ...COMMONJS, esModuleInterop: true }],
    ['topics compile in an ES module under node16', 'topics.ts', '.mts', NODE16],
    ['topics compile in CommonJS under node16', 'topics.ts', '.cts', NODE16],
    ['topics compile for a bundler', 'topics.ts', '.ts', BUNDLER],
    ['drivers compile as CommonJS', 'driver.ts', '.ts', { ...COMMONJS, esModuleInterop: false }],
    ['drivers compile in CommonJS under node16', 'driver.ts', '.cts', NODE16],
    ['the types of every entry compile in an ES module under node16', 'driver_module.ts', '.mts', NODE16],
    ['the types of every entry compile for a bundler', 'driver_module.ts', '.ts', BUNDLER]
  ];
  for (const [name, program, extension, settings] of cases) {
    test(name, () => assert.strictEqual(compile(program, extension, settings), ''));
  }
});

/** The settings of code that runs in pages, where WebSocket and MessageEvent are names already. */
function dom(settings) {
  return { ...settings, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] };
}
