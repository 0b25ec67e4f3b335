'use strict';

/** Compares two traces, and judges a difference by the list of the known ones. */

/** The lengths of the longest common subsequences of all pairs of tails. */
function tails(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

/** Lines of two traces beside one another: `{ sign: ' ' | '-' | '+', line }`, `-` for the reference's own. */
function diff(reference, native) {
  const table = tails(reference, native);
  const rows = [];
  let i = 0;
  let j = 0;
  while (i < reference.length || j < native.length) {
    if (i < reference.length && j < native.length && reference[i] === native[j]) {
      rows.push({ sign: ' ', line: reference[i] });
      i++;
      j++;
    } else if (j >= native.length || (i < reference.length && table[i + 1][j] >= table[i][j + 1])) {
      rows.push({ sign: '-', line: reference[i++] });
    } else {
      rows.push({ sign: '+', line: native[j++] });
    }
  }
  return rows;
}

/** Whether the lines are the expected ones, each given as a string or as a regular expression. */
function matches(lines, expected) {
  if (lines.length !== expected.length) return false;
  return lines.every((line, i) =>
    expected[i] instanceof RegExp ? expected[i].test(line) : expected[i] === line
  );
}

/** A line that only a broken script, or an implementation that hangs or dies, can leave, which is a failure on either side. */
const BROKEN = /^the (script itself throws|script hangs|process broke)/;

/** Prints a diff for people. */
function render(rows) {
  return rows.map(({ sign, line }) => `${sign} ${line}`).join('\n');
}

/**
 * Judges one script: null if all is as it should be, or else the text of a failure.
 * `known` is the script's entry in the list of differences, if it has one.
 */
function judge(reference, native, known) {
  const rows = diff(reference, native);
  const removed = rows.filter(({ sign }) => sign === '-').map(({ line }) => line);
  const added = rows.filter(({ sign }) => sign === '+').map(({ line }) => line);
  const equal = removed.length === 0 && added.length === 0;
  if ([...reference, ...native].some((line) => BROKEN.test(line)))
    return `The script broke:\n${render(rows)}`;
  if (!known) return equal ? null : `The traces differ (- reference, + native):\n${render(rows)}`;
  if (equal) return `A listed difference has disappeared: ${known.reason}\n${render(rows)}`;
  if (matches(removed, known.reference) && matches(added, known.native)) return null;
  return `The traces differ in another way than the listed one (${known.reason}):\n${render(rows)}`;
}

module.exports = { diff, judge, render };
