'use strict';

/**
 * Connections of hixie-75 and hixie-76. The keys are those of draft-hixie-thewebsocketprotocol-76, section 1.2.
 */

/** Without what makes a request one of RFC 6455. */
const BARE = { 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null, Upgrade: 'WebSocket' };
const HIXIE_75 = { ...BARE, Origin: 'http://example.com' };
const KEYS = {
  'Sec-WebSocket-Key1': '4 @1  46546xW%0l 1 5',
  'Sec-WebSocket-Key2': '12998 5 Y3 1  .P00'
};
const HIXIE_76 = { ...HIXIE_75, ...KEYS };
const CHALLENGE = '^n:ds[4U';

const bytes = (...values) => Buffer.from(values);

const GOODBYE = bytes(0xff, 0x00);

/** A text message of either draft. */
const text = (payload) => Buffer.concat([bytes(0), Buffer.from(payload), bytes(0xff)]);

const open75 = (t, how) => {
  t.allowDrafts();
  return t.open({ ...how, kind: 'bytes', headers: { ...HIXIE_75, ...(how && how.headers) } });
};

/** A connection of hixie-76 whose challenge comes with the request, unless `early` says otherwise. */
const open76 = (t, how) => {
  t.allowDrafts();
  return t.open({
    early: CHALLENGE,
    ...how,
    kind: 'bytes',
    headers: { ...HIXIE_76, ...(how && how.headers) }
  });
};

/** What opens a connection, by dialect. */
const DRAFTS = { 'hixie-75': open75, 'hixie-76': open76 };

module.exports = { CHALLENGE, DRAFTS, GOODBYE, HIXIE_75, HIXIE_76, KEYS, bytes, open75, open76, text };
