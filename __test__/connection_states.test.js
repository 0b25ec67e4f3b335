'use strict';

// The life of a connection as a full matrix: in each state, each event, what state that leads to, what goes to the peer and
// what the face is told.

const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const { describe, test } = require('node:test');

const { Connection } = require('../lib/connection/connection');
const states = require('../lib/connection/states');

const EVENTS = ['open', 'end', 'close', 'peerEnds', 'over', 'gone'];

/**
 * What comes of each event, in the order of EVENTS: the state that follows, then what leaves and what is told. A dot says
 * that nothing changes and nothing happens.
 */
const MATRIX = {
  CONNECTING: [
    'OPEN, sends text, opened',
    'CONNECTING_ENDED',
    'FAREWELL',
    '.',
    'ENDING',
    'CLOSED, closed 1006'
  ],
  OPEN: ['.', '.', 'CLOSE_SENT, sends 3001', 'ANSWERED, sends 1000', 'ENDING', 'CLOSED, closed 1006'],
  CONNECTING_ENDED: [
    'CLOSE_SENT, sends text, opened, sends 1000',
    '.',
    'FAREWELL',
    '.',
    'ENDING',
    'CLOSED, closed 1006'
  ],
  OPEN_ENDED: ['.', '.', 'CLOSE_SENT, sends 3001', 'ANSWERED, sends 1000', 'ENDING', 'CLOSED, closed 1006'],
  ANSWERED: ['.', '.', 'CLOSE_SENT', '.', 'ENDING', 'CLOSED, closed 1006'],
  FAREWELL: ['CLOSE_SENT, sends 3001', '.', '.', '.', 'ENDING', 'CLOSED, closed 1006'],
  CLOSE_SENT: ['.', '.', '.', '.', 'ENDING', 'CLOSED, closed 1006'],
  ENDING: ['.', '.', '.', '.', '.', 'CLOSED, closed 1006'],
  CLOSED: ['.', '.', '.', '.', '.', '.']
};

/** What the application sees in each state, and whether a message may be sent. */
const SEEN = {
  CONNECTING: [0, true],
  OPEN: [1, true],
  CONNECTING_ENDED: [0, false],
  OPEN_ENDED: [1, false],
  ANSWERED: [1, false],
  FAREWELL: [2, false],
  CLOSE_SENT: [2, false],
  ENDING: [2, false],
  CLOSED: [3, false]
};

/** A connection over a stream that never goes by itself, and a log of what leaves and is told. */
function connection(changes = {}) {
  const log = [];
  const target = { readyState: 0 };
  const face = {
    closeTimeout: () => 30_000,
    changed: (to, readyState) => (to.readyState = readyState),
    opened: () => log.push('opened'),
    ended() {},
    closed: (to, code) => log.push(`closed ${code}`),
    ...changes
  };
  const stream = Object.assign(new EventEmitter(), { readable: true, destroy() {} });
  const settings = { url: 'ws://localhost/', version: 'hybi-13', transport: 'stream', limits: null, ping: 0 };
  const ws = new Connection(face, target, stream, settings);
  ws._transport = {
    sendText: () => log.push('sends text') > 0,
    sendClose: (_, code) => log.push(`sends ${code}`),
    pending: () => 0,
    flush() {}
  };
  return { ws, target, log };
}

/** Has an event happen. */
const happen = {
  open: (ws) => ws._open(''),
  end: (ws) => ws.endsOnceOpen(),
  close: (ws) => ws.close(3001, ''),
  peerEnds: (ws) => ws._answerEnd(1000, ''),
  over: (ws) => ws._beginClose(1006, ''),
  gone: (ws) => ws._finalizeClose()
};

/** How a connection gets into each state; `then` is called once it is there. */
const reach = {
  CONNECTING: (then) => then(waiting()),
  OPEN: (then) => then(after(connection(), ['open'])),
  CONNECTING_ENDED: (then) => then(ended()),
  OPEN_ENDED(then) {
    // It is only so while handlers of `open` run.
    const made = ended({ opened: () => then(made) });
    happen.open(made.ws);
  },
  ANSWERED: (then) => then(after(connection(), ['open', 'peerEnds'])),
  FAREWELL: (then) => then(after(connection(), ['close'])),
  CLOSE_SENT: (then) => then(after(connection(), ['open', 'close'])),
  ENDING: (then) => then(after(connection(), ['over'])),
  CLOSED: (then) => then(after(connection(), ['gone']))
};

/** A connection that is to send something once it is open. */
function waiting(changes) {
  const made = connection(changes);
  made.ws.send('text');
  return made;
}

/** The same, which its owner has ended. */
const ended = (changes) => after(waiting(changes), ['end']);

function after(made, events) {
  for (const event of events) happen[event](made.ws);
  return made;
}

const nameOf = (state) => Object.keys(MATRIX).find((name) => states[name] === state);

describe('the life of a connection', () => {
  for (const [state, row] of Object.entries(MATRIX)) {
    for (const [i, event] of EVENTS.entries()) {
      test(`${event} in ${state}: ${row[i] === '.' ? 'nothing changes' : row[i]}`, () => {
        let looked = 0;
        reach[state](({ ws, target, log }) => {
          looked++;
          assert.strictEqual(nameOf(ws._state), state);
          log.length = 0;
          happen[event](ws);
          const next = nameOf(ws._state);
          assert.strictEqual([next, ...log].join(', '), row[i] === '.' ? state : row[i]);
          assert.strictEqual(ws.readyState, SEEN[next][0]);
          assert.strictEqual(target.readyState, SEEN[next][0], 'the face shows another state');
          clearTimer(ws);
        });
        assert.strictEqual(looked, 1);
      });
    }

    test(`a message is ${SEEN[state][1] ? 'taken' : 'not taken'} in ${state}`, () => {
      reach[state](({ ws, log }) => {
        log.length = 0;
        assert.strictEqual(ws.send('text'), SEEN[state][1]);
        assert.deepStrictEqual(log, state === 'OPEN' ? ['sends text'] : []);
        clearTimer(ws);
      });
    });
  }

  test('the table has no state and no event that the matrix does not have', () => {
    assert.deepStrictEqual(Object.keys(states.EVENTS), EVENTS);
    assert.strictEqual(states.READY_STATES.length, Object.keys(MATRIX).length);
  });

  test('a client and a draft that are closed while connecting end at once', () => {
    for (const field of ['_masks', '_draft']) {
      const { ws } = connection();
      ws[field] = {};
      ws.close(3001, 'early');
      assert.strictEqual(nameOf(ws._state), 'ENDING');
      assert.deepStrictEqual(ws.closeParams, field === '_masks' ? [3001, 'early'] : [null, null]);
    }
  });
});

/** The process does not wait for a peer that there is not. */
function clearTimer(ws) {
  ws.stopCloseTimer();
}
