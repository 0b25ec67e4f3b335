'use strict';

/** Finding a function in JavaScript by its name, and the statements in it that call something. */

const { parse } = require('acorn');

/**
 * @param {string} text
 * @param {string} name of a function, method or property that is one; `Class.name` for a method of that class
 * @returns {{start: number, end: number}} its body, without the braces
 * @throws {Error} if there is none
 */
function bodyOf(text, name) {
  const [outer, inner] = name.includes('.') ? name.split('.') : [null, name];
  let root = parse(text, { ecmaVersion: 'latest', sourceType: 'commonjs' });
  if (outer !== null) root = find(root, (node) => node.type === 'ClassDeclaration' && node.id.name === outer);
  const found = root && find(root, (node) => nameOf(node) === inner && functionIn(node) !== null);
  if (!found) throw new Error(`there is no function ${name}`);
  const { body } = functionIn(found);
  return { start: body.start + 1, end: body.end - 1 };
}

/** What a declaration, a method, a property or an assignment names. */
function nameOf(node) {
  if (node.type === 'FunctionDeclaration') return node.id.name;
  if (node.type === 'MethodDefinition' || node.type === 'Property') return node.key.name;
  if (node.type === 'AssignmentExpression' && node.left.type === 'MemberExpression')
    return node.left.property.name;
  return undefined;
}

/** The function, with a block for a body, that a node declares or assigns; null if it does neither. */
function functionIn(node) {
  const value = node.type === 'FunctionDeclaration' ? node : node.value || node.right;
  return value && value.body && value.body.type === 'BlockStatement' ? value : null;
}

/**
 * The statements that call something, each by where it stands; the innermost ones.
 *
 * @param {string} text
 * @param {{start: number, end: number}} body
 * @param {RegExp} call finds calls, with the flag g
 * @returns {{start: number, end: number}[]}
 */
function statementsWith(text, body, call) {
  const root = parse(text, { ecmaVersion: 'latest', sourceType: 'commonjs' });
  const statements = [];
  for (const { index } of text.slice(body.start, body.end).matchAll(call)) {
    const at = body.start + index;
    let innermost = null;
    visit(root, (node) => {
      if (node.start <= at && at < node.end && /Statement$|VariableDeclaration$/.test(node.type))
        innermost = node;
    });
    statements.push({ start: innermost.start, end: innermost.end });
  }
  return statements;
}

/** The first node, from the outside, of which `test` is true. */
function find(root, test) {
  let found = null;
  visit(root, (node) => {
    if (found === null && test(node)) found = node;
  });
  return found;
}

/** Calls `visitor` for a node and then for those in it. */
function visit(node, visitor) {
  visitor(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') visit(child, visitor);
    }
  }
}

module.exports = { bodyOf, statementsWith };
