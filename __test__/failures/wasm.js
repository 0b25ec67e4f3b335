'use strict';

/**
 * Failures of the WebAssembly engine: a call that was armed does its work and then does not return, as if it had
 * panicked with all of it half done.
 */

const instances = require('../../lib/wasm/instances');

/** What the module says that stopped it: a panic. */
const PANIC = 1;

/** The functions of the module that fail, by the places that `src/binding/injected.rs` knows. */
const CALLS = {
  receive: ['receive'],
  progress: ['receive'],
  accept: ['accept', 'draft_accept'],
  draft: ['draft_receive'],
  pack: ['pack'],
  codecRun: ['codec_run'],
  inflate: ['run'],
  deflate: ['run'],
  codec: ['run'],
  frame: ['frame', 'frame_begin', 'close', 'packed']
};

/** How often each place is still to fail. */
const counts = new Map();
const armed = new WeakSet();

/** Counts a place down; whether it is to fail now. */
function spend(place) {
  const count = counts.get(place) || 0;
  if (count > 0) counts.set(place, count - 1);
  return count > 0;
}

/** Wraps the functions of an instance. */
function arm(instance) {
  if (armed.has(instance)) return;
  armed.add(instance);
  const { calls } = instance;
  const { stopped_by: reason } = calls;
  let stopped = 0;
  calls.stopped_by = () => {
    const answer = stopped || reason();
    stopped = 0;
    return answer;
  };
  for (const [place, names] of Object.entries(CALLS)) {
    for (const name of names) {
      const call = calls[name];
      calls[name] = (...args) => {
        if (place === 'progress' && spend(place)) {
          instance.numbers[instance.head] = 0;
          return 0;
        }
        const fails = place !== 'progress' && spend(place);
        const result = call(...args);
        if (!fails) return result;
        stopped = PANIC;
        throw new WebAssembly.RuntimeError('unreachable');
      };
    }
  }
}

/**
 * Has a place fail so many times.
 *
 * @param {string} place
 * @param {number} count
 */
function inject(place, count) {
  for (const instance of [...instances.all(), instances.forNew()]) arm(instance);
  counts.set(place, count);
}

module.exports = { inject };
