'use strict';

/** The record of one script on one implementation: lines of text, in the order in which things happened. */

const { format } = require('../format');

/** Event fields that the reference has; additions of ours to an event, which no listing shows, are not compared. */
const FIELDS = ['data', 'code', 'reason', 'message'];

/** The names that a WebSocket or an EventSource emits. */
const EMITTED = ['open', 'data', 'message', 'error', 'drain', 'end', 'close'];

/** Prints the state that a handler could see at this moment. */
function describeState(target) {
  const parts = [`state ${target.readyState}`];
  if ('protocol' in target) parts.push(`protocol ${format(target.protocol)}`);
  const able = (target.readable ? 'r' : '-') + (target.writable ? 'w' : '-');
  parts.push(able);
  if (target.statusCode !== undefined) parts.push(`status ${target.statusCode}`);
  return parts.join(', ');
}

/** Prints an event object: its own fields, and any deviation from what all events have in common. */
function describeEvent(event, target, name) {
  if (event === null || typeof event !== 'object' || Buffer.isBuffer(event)) return format(event);
  const shown = (field) => Object.prototype.propertyIsEnumerable.call(event, field);
  const fields = FIELDS.filter(shown).map((field) => `${field}: ${format(event[field])}`);
  const expected = {
    type: name,
    target,
    currentTarget: target,
    eventPhase: 2,
    bubbles: false,
    cancelable: false
  };
  const odd = Object.keys(expected).filter((field) => event[field] !== expected[field]);
  for (const field of odd) fields.push(`${field} is ${event[field] === undefined ? 'missing' : 'other'}`);
  for (const method of ['initEvent', 'preventDefault', 'stopPropagation']) {
    if (typeof event[method] !== 'function') fields.push(`no ${method}()`);
  }
  return `{${fields.join(', ')}}`;
}

class Trace {
  /** `edit` is applied to each line, for what differs from run to run. */
  constructor(edit = (line) => line) {
    this.edit = edit;
    this.lines = [];
    this.activity = 0;
    this.closed = false;
  }

  /** Ends the record; what still happens while a script is cleared away is only activity. */
  close() {
    this.closed = true;
  }

  /** Adds one line. */
  say(line) {
    if (!this.closed) this.lines.push(this.edit(line));
    this.activity += 1;
  }

  /** Notes that something happened which has no line yet. */
  touch() {
    this.activity += 1;
  }

  /** Records every event of `target`, by listeners or by a wrapped `emit`. */
  watch(target, name, how = 'listeners') {
    const record = (type, args) => {
      const event = args.length > 0 ? ` ${describeEvent(args[0], target, type)}` : '';
      this.say(`${name} emits ${type}${event} (${describeState(target)})`);
    };
    if (how === 'emit') {
      const emit = target.emit;
      target.emit = function (type, ...args) {
        if (type !== 'newListener' && type !== 'removeListener') record(type, args);
        return emit.call(this, type, ...args);
      };
    } else if (how === 'handlers') {
      for (const type of ['open', 'message', 'error', 'close']) {
        target[`on${type}`] = function (...args) {
          record(type, args);
        };
      }
    } else if (how === 'listeners') {
      for (const type of EMITTED) target.on(type, (...args) => record(type, args));
    }
  }
}

module.exports = { Trace, describeState };
