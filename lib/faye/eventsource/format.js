'use strict';

/** Events in the format `text/event-stream` (WHATWG HTML, section 9.2.5). */

const LINE_BREAK_OR_NUL = /[\r\n\0]/;

const LINE_BREAK = /\r\n|\r|\n/g;

/**
 * Formats an event. The lines of the message, however they end, are one `data` field each.
 *
 * @param {*} message turned into a string
 * @param {object} [options]
 * @param {string|number} [options.event] the type of event that the client dispatches
 * @param {string|number} [options.id] what the client remembers as its last event ID
 * @returns {string}
 * @throws {TypeError} for CR, LF or NUL in `event` or `id`
 */
function frame(message, options) {
  const { event, id } = options || {};
  let text = '';
  if (event || event === 0) text += field('event', event);
  if (id || id === 0) text += field('id', id);
  return text + 'data: ' + String(message).replace(LINE_BREAK, '$&data: ') + '\r\n\r\n';
}

/**
 * Formats one field of an event.
 *
 * @param {string} name
 * @param {*} value
 * @returns {string}
 */
function field(name, value) {
  const line = name + ': ' + value;
  if (LINE_BREAK_OR_NUL.test(line)) {
    throw new TypeError(`The ${name} of an EventSource message must not contain CR, LF or NUL`);
  }
  return line + '\r\n';
}

module.exports = { LINE_BREAK_OR_NUL, field, frame };
