'use strict';

/** Looks up the list of known differences, and checks that the list makes sense. */

const differences = require('../../__test__/parity/differences');
const { judge } = require('./compare');

const NODE = parseInt(process.versions.node, 10);

/**
 * Before Node 20 a stream said false to 16 KiB and more at once, and `drain` afterwards, although all of it had left in
 * the call. The reference passes that on, and so does our stream transport; the direct one says how it is.
 */
const OLD_STREAMS = NODE < 20;

/** Whether a line says that a stream was full, or has room again. */
const isDrain = (line) => / emits drain /.test(line);

/** A trace without what an old stream says of itself. */
function withoutOldStreams(lines) {
  return lines
    .filter((line) => !isDrain(line))
    .map((line) => line.replace(/ returns false$/, ' returns true'));
}

/** Judges the traces of a script; null, or the text of a failure. */
function judgeScript(name, target, reference, native) {
  const known = knownFor(name, target);
  const failure = judge(reference, native, known);
  if (failure === null || !OLD_STREAMS || target !== 'native') return failure;
  return judge(withoutOldStreams(reference), withoutOldStreams(native), known);
}

/** The entry for a script on a target (`native`, or `native-stream` with either engine), or undefined. */
function knownFor(name, target) {
  const wanted = target === 'native-wasm' ? 'native-stream' : target;
  return differences.find(
    ({ script, only, since }) => script === name && (!only || only === wanted) && (!since || NODE >= since)
  );
}

/** Faults of the list itself: scripts that do not exist or are listed twice, entries without a reason. */
function faultsOfList(names) {
  const faults = [];
  const seen = new Set();
  for (const { script, only, since, reason, reference, native } of differences) {
    const listed = since ? `${script} since Node ${since}` : script;
    if (!names.includes(script)) faults.push(`no script is named "${script}"`);
    if (seen.has(listed) || seen.has(`${listed} ${only}`)) faults.push(`"${script}" is listed twice`);
    if (!reason) faults.push(`"${script}" has no reason`);
    if (!Array.isArray(reference) || !Array.isArray(native))
      faults.push(`"${script}" does not say what differs`);
    seen.add(only ? `${listed} ${only}` : listed);
  }
  return faults;
}

module.exports = { OLD_STREAMS, faultsOfList, isDrain, judgeScript };
