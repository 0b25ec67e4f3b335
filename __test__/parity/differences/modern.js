'use strict';

/** Known differences of what a browser's WebSocket has besides; `../differences.js` says what an entry holds. */

module.exports = [
  {
    script: 'server-api: has the constants of its readyState',
    reason: 'The states have their names on the constructors, as in a browser.',
    reference: [
      'CONNECTING is undefined',
      'OPEN is undefined',
      'CLOSING is undefined',
      'CLOSED is undefined'
    ],
    native: ['CONNECTING is 0', 'OPEN is 1', 'CLOSING is 2', 'CLOSED is 3']
  },
  {
    script: 'server-events: removes with removeListener and off what was added with addEventListener',
    reason: 'addEventListener knows the option once; the reference ignores it.',
    reference: ['left'],
    native: []
  },
  {
    script: 'server-events: throws from addEventListener for what is no function',
    reason: 'A listener may be an object with a method handleEvent, as in a browser.',
    reference: [
      'ws.addEventListener("message", {handleEvent: [function]}) throws TypeError("The \\"listener\\" argument must be of type function. Received an instance of Object")'
    ],
    native: ['ws.addEventListener("message", {handleEvent: [function]}) returns undefined']
  }
];
