'use strict';

/** Finding a function in Rust by its name, and the statements in it that call something. */

/** What is no code: comments, strings, and characters, which a lifetime does not look like. */
const NO_CODE = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\[^\n]{1,8}?|[^'\\\n])'/g;

/** A text in which everything that is no code is blank, so that places in one are places in the other. */
function codeOf(text) {
  return text.replace(NO_CODE, (found) => found.replace(/[^\n]/g, ' '));
}

/**
 * @param {string} text
 * @param {string} name of a function; `Type.name` for one of an `impl` for the type
 * @returns {{start: number, end: number}} its body, without the braces
 * @throws {Error} if there is none
 */
function bodyOf(text, name) {
  const code = codeOf(text);
  const [type, method] = name.includes('.') ? name.split('.') : [null, name];
  const impl = new RegExp(`\\bimpl\\b[^{;]*\\b${type}\\b[^{;]*\\{`);
  const from = type === null ? 0 : code.search(impl);
  const head = new RegExp(`\\bfn ${method}\\b`, 'g');
  head.lastIndex = Math.max(from, 0);
  const found = from < 0 ? null : head.exec(code);
  if (found === null) throw new Error(`there is no function ${name}`);
  const open = code.indexOf('{', head.lastIndex);
  return { start: open + 1, end: closing(code, open) };
}

/** The brace that closes the one at `open`. */
function closing(code, open) {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '{') depth++;
    else if (code[at] === '}' && --depth === 0) return at;
  }
  throw new Error('a brace is never closed');
}

/**
 * The statements that call something, each from behind the semicolon or brace before it to the semicolon or the end of
 * the block behind it.
 *
 * @param {string} text
 * @param {{start: number, end: number}} body
 * @param {RegExp} call finds calls, with the flag g
 * @returns {{start: number, end: number}[]}
 */
function statementsWith(text, body, call) {
  const code = codeOf(text);
  return [...code.slice(body.start, body.end).matchAll(call)].map(({ index }) =>
    statementAt(code, body, body.start + index)
  );
}

function statementAt(code, body, at) {
  let start = at;
  for (let depth = 0; start > body.start; start--) {
    const c = code[start - 1];
    if (c === ')' || c === ']') depth++;
    else if (c === '(' || c === '[') depth--;
    else if (depth <= 0 && ';{}'.includes(c)) break;
  }
  let end = at;
  for (let depth = 0; end < body.end; end++) {
    const c = code[end];
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && depth-- === 0) break;
    else if (depth === 0 && c === ';') return { start, end: end + 1 };
  }
  return { start, end };
}

module.exports = { bodyOf, statementsWith };
