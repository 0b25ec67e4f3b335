'use strict';

/**
 * Compares the seam between JavaScript and Rust as `lib/native/index.d.ts` declares it with what the binary and the
 * WebAssembly engine export: each name, and how many arguments it takes.
 *
 *     node scripts/seam.js      prints what differs
 */

const fs = require('node:fs');
const path = require('node:path');

const ts = require('typescript');

const { ROOT } = require('./process');

/** A function, or a class with its members, each with the number of its arguments. A property has none. */
/** @typedef {{arguments: number|null, members: Object<string, number|null>}} Shape */

const DECLARATIONS = ['lib/native/index.d.ts', 'lib/native/classes.d.ts', 'lib/native/direct.d.ts'];
/** What the build says of the exports whose functions have no `length` of their own. */
const GENERATED = 'binding.d.ts';

/** The interfaces of a declaration file, by name. */
function interfacesOf(file) {
  const source = ts.createSourceFile(
    file,
    fs.readFileSync(path.join(ROOT, file), 'utf8'),
    ts.ScriptTarget.Latest
  );
  const found = new Map();
  const visit = (node) => {
    if (ts.isInterfaceDeclaration(node)) found.set(node.name.text, node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What the interfaces declare, by name: of both engines, of the direct transport, and of the WebAssembly engine. */
function declared() {
  const interfaces = new Map(DECLARATIONS.flatMap((file) => [...interfacesOf(file)]));
  const shapesOf = (name) => {
    const members = interfaces
      .get(name)
      .members.map((member) => [member.name.text, shapeOf(member, interfaces)]);
    return Object.fromEntries(members);
  };
  return { core: shapesOf('Core'), direct: shapesOf('Direct'), wasm: shapesOf('Wasm') };
}

/** @returns {Shape} */
function shapeOf(member, interfaces) {
  if (ts.isMethodSignature(member)) return { arguments: member.parameters.length, members: {} };
  if (!member.type || !ts.isConstructorTypeNode(member.type)) return { arguments: null, members: {} };
  const { parameters, type } = member.type;
  const members = interfaces
    .get(type.typeName.text)
    .members.map((each) => [each.name.text, ts.isMethodSignature(each) ? each.parameters.length : null]);
  return { arguments: parameters.length, members: Object.fromEntries(members) };
}

/** What the build has generated for functions and classes that it has made itself, by name. */
function generated() {
  const text = fs.readFileSync(path.join(ROOT, GENERATED), 'utf8');
  const source = ts.createSourceFile(GENERATED, text, ts.ScriptTarget.Latest);
  const shapes = {};
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement)) {
      shapes[statement.name.text] = { arguments: statement.parameters.length, members: {} };
    } else if (ts.isClassDeclaration(statement)) {
      const constructor = statement.members.find(ts.isConstructorDeclaration);
      const others = statement.members.filter((member) => member !== constructor);
      const members = others.map((each) => [
        each.name.text,
        ts.isMethodDeclaration(each) ? each.parameters.length : null
      ]);
      shapes[statement.name.text] = {
        arguments: constructor.parameters.length,
        members: Object.fromEntries(members)
      };
    }
  }
  return shapes;
}

/** What an engine exports, by name. What inherits from a class of the engine's own has the members of both. */
function exported(engine) {
  const shapes = {};
  for (const [name, value] of Object.entries(engine)) {
    const isFunction = typeof value === 'function';
    shapes[name] = {
      arguments: isFunction ? value.length : null,
      members: isFunction ? membersOf(value) : {}
    };
  }
  return shapes;
}

function membersOf({ prototype }) {
  const members = {};
  for (let at = prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name === 'constructor' || name.startsWith('_') || name in members) continue;
      members[name] = typeof value === 'function' ? value.length : null;
    }
  }
  return members;
}

/**
 * What differs.
 *
 * @param {string} who is compared with the declaration
 * @param {Object<string, Shape>} declaration
 * @param {Object<string, Shape>} found
 * @param {{lengths?: boolean, fields?: string[]}} [options] without `lengths` only names are compared; `fields` are
 *   members that a constructor adds, so that no prototype has them
 * @returns {string[]} sentences
 */
function differences(who, declaration, found, { lengths = true, fields = [] } = {}) {
  const faults = [];
  const same = (name, expected, actual) => {
    if (lengths && expected !== actual) {
      faults.push(
        `${who}: ${name} takes ${String(actual)} arguments, and is declared with ${String(expected)}`
      );
    }
  };
  for (const [name, shape] of Object.entries(declaration)) {
    if (!(name in found)) {
      faults.push(`${who}: ${name} is declared, and missing`);
      continue;
    }
    same(name, shape.arguments, found[name].arguments);
    for (const [member, expected] of Object.entries(shape.members)) {
      const actual = found[name].members;
      if (member in actual) same(`${name}.${member}`, expected, actual[member]);
      else if (!fields.includes(member)) faults.push(`${who}: ${name}.${member} is declared, and missing`);
    }
    for (const member of Object.keys(found[name].members)) {
      if (!(member in shape.members)) faults.push(`${who}: ${name}.${member} is not declared`);
    }
  }
  for (const name of Object.keys(found)) {
    if (!(name in declaration)) faults.push(`${who}: ${name} is not declared`);
  }
  return faults;
}

/** The declarations that have a name among those of `names`, or, with `not`, none. */
function only(shapes, names, not = false) {
  return Object.fromEntries(Object.entries(shapes).filter(([name]) => name in names !== not));
}

/**
 * Compares the declaration with both engines.
 *
 * @param {object|null} [binary] the binary's exports; null where there is none
 * @returns {string[]} what differs, as sentences
 */
function faults(binary = load()) {
  const { core, direct, wasm } = declared();
  const made = generated();
  const found = differences(
    'the WebAssembly engine',
    { ...core, ...wasm },
    exported(require('../lib/wasm')),
    { fields: ['head', 'fault'] }
  );
  found.push(...differences(GENERATED, only(core, made), made));
  if (binary === null) return found;
  const all = exported(binary);
  const declaration = process.platform === 'win32' ? core : { ...core, ...direct };
  // The functions that the build has made have no lengths; their names are compared here, and their lengths above.
  found.push(
    ...differences('the binary', only(declaration, made, true), only(all, made, true)),
    ...differences('the binary', only(declaration, made), only(all, made), { lengths: false })
  );
  return found;
}

/** The binary, where there is one. */
function load() {
  try {
    return require('../lib/native/binary').load();
  } catch {
    return null;
  }
}

if (require.main === module) {
  const found = faults();
  for (const fault of found) console.log(fault);
  if (found.length > 0) process.exitCode = 1;
}

module.exports = { declared, differences, exported, faults };
