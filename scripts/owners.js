'use strict';

/**
 * Who may write which state of a connection: the declarations of its fields (`lib/transport/connection_state.d.ts`) name the
 * files of `lib` that do, in the tag `@writers` of a group or of a field.
 *
 *     node scripts/owners.js      prints who else writes, and who is named and does not
 */

const path = require('node:path');

const ts = require('typescript');

const { ROOT } = require('./process');
const { load } = require('./types');

const LIB = path.join(ROOT, 'lib');

/** The operators that assign, from `=` to the last that assigns and computes. */
const assigns = (kind) => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** The property that a node writes, if it does. */
function written(node) {
  if (ts.isBinaryExpression(node) && assigns(node.operatorToken.kind)) return node.left;
  const steps = [ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken];
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return steps.includes(node.operator) ? node.operand : undefined;
  }
  return undefined;
}

/** The files that a declaration, or the group that it stands in, names as its writers; none if it names none. */
function writersOf(declaration) {
  for (const node of [declaration, declaration.parent].filter(Boolean)) {
    const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'writers');
    if (tag)
      return ts
        .getTextOfJSDocComment(tag.comment)
        .split(/[\s,]+/)
        .filter(Boolean);
  }
  return [];
}

/** The declarations of a property. In a class that inherits it, an assignment counts as one more, which is not meant. */
function declarationsOf(checker, property) {
  let node = property;
  while (node && !ts.isClassDeclaration(node)) node = node.parent;
  if (node && property.expression.kind === ts.SyntaxKind.ThisKeyword) {
    for (const base of checker.getBaseTypes(checker.getTypeAtLocation(node))) {
      const inherited = base.getProperty(property.name.text);
      if (inherited) return inherited.declarations || [];
    }
  }
  const symbol = checker.getSymbolAtLocation(property.name);
  return (symbol && symbol.declarations) || [];
}

/** @returns {string[]} what is wrong, a line each */
function faults() {
  const { program } = load();
  const checker = program.getTypeChecker();
  const found = [];
  /** The groups, each with those of its writers that have been seen. */
  const groups = new Map();

  const look = (file, name) => (node) => {
    const target = written(node);
    if (target && ts.isPropertyAccessExpression(target)) {
      for (const declaration of declarationsOf(checker, target)) {
        const writers = writersOf(declaration);
        if (writers.length === 0) continue;
        if (!groups.has(String(writers))) groups.set(String(writers), new Set());
        groups.get(String(writers)).add(name);
        if (writers.includes(name)) continue;
        const { line } = file.getLineAndCharacterOfPosition(target.getStart());
        found.push(`lib/${name}:${line + 1} writes ${target.name.text}, which is for ${writers.join(', ')}`);
      }
    }
    ts.forEachChild(node, look(file, name));
  };
  for (const file of program.getSourceFiles()) {
    const name = path.relative(LIB, file.fileName).split(path.sep).join('/');
    if (!file.isDeclarationFile && !name.startsWith('..')) look(file, name)(file);
  }
  if (groups.size === 0) found.push('no field of a connection names its writers');
  for (const [writers, seen] of groups) {
    for (const writer of writers.split(',').filter((one) => !seen.has(one))) {
      found.push(`lib/${writer} is named as a writer beside ${[...seen].join(', ')}, and does not write`);
    }
  }
  return found;
}

if (require.main === module) {
  const found = faults();
  for (const fault of found) console.log(fault);
  if (found.length > 0) process.exitCode = 1;
}

module.exports = { faults };
