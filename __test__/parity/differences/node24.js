'use strict';

/** Known differences from Node 24 on; `../differences.js` says what an entry holds. */

const SWALLOWED =
  'From Node 24 on, the pipe through which the reference reads swallows exceptions, and the connection hears nothing more.';

/** What ours tells where the reference has gone deaf. */
const told = (...texts) =>
  texts.flatMap((text) => [
    `ws emits data "${text}" (state 1, protocol "", rw)`,
    `ws emits message {data: "${text}"} (state 1, protocol "", rw)`
  ]);

module.exports = [
  {
    script: 'server-api: survives a callback of a ping that throws',
    reference: [],
    native: ['uncaught Error("from the callback")', ...told('later')]
  },
  {
    script: 'server-events: throws out of dispatch for a handler that is not a function',
    reference: ['lines so far is 0'],
    native: ['uncaught TypeError', 'lines so far is 1']
  },
  {
    script: 'server-events: throws for an error once all its listeners are removed',
    reference: [],
    native: ['peer has ended']
  },
  {
    script: 'server-events: tells messages behind a throwing listener all the same',
    reference: [],
    native: ['uncaught Error("from the listener")', ...told('later')]
  },
  {
    script: 'server-events: tells messages of the same packet behind a throwing listener',
    reference: [],
    native: ['uncaught Error("from the listener")', ...told('behind', 'later')]
  },
  {
    script: 'server-events: closes once for a listener of close that throws',
    reference: [],
    native: ['uncaught Error("from onclose")']
  },
  {
    script: 'server-handshake: reads bytes that arrive between the upgrade and a late making',
    reference: [],
    native: told('meanwhile', 'later')
  },
  {
    script: 'server-handshake: reads bytes that were put back into the stream',
    reference: [],
    native: told('put back')
  },
  {
    script: 'server-plugins: throws what an extension throws when it is closed',
    reference: ['ws has state 1, protocol "", rw'],
    native: [
      'ws emits end (state 3, protocol "", rw)',
      'ws emits close {code: 1000, reason: ""} (state 3, protocol "", --)',
      'uncaught Error("thrown at the end")',
      'peer gets close 8802 1000 ""',
      'peer has ended',
      'ws has state 3, protocol "", --'
    ]
  },
  ...['hixie-75', 'hixie-76'].map((draft) => ({
    script: `server-drafts-both: ${draft}: tells messages of the same packet behind a throwing listener`,
    reference: [],
    native: ['uncaught Error("from the listener")', ...told('behind')]
  }))
].map((entry) => ({ ...entry, reason: SWALLOWED, since: 24 }));
