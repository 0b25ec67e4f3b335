'use strict';

/** Choosing a subprotocol (RFC 6455 section 4.2.2): the client's first that the server supports. */

/** A script that offers `offered` (a header value or several) to a server that supports `supported`. */
const negotiates = (offered, supported) => async (t) => {
  const c = await t.open({ headers: { 'Sec-WebSocket-Protocol': offered }, protocols: supported });
  t.value('protocol', c.ws.protocol);
};

module.exports = {
  'picks the only one': negotiates('chat', ['chat']),
  "picks the first of the client's offers": negotiates('one, two', ['two', 'one']),
  'skips offers that it does not support': negotiates('zero, one, two', ['two', 'one']),
  'picks none when none fits': negotiates('one', ['two']),
  'picks none when it supports none': negotiates('one', []),
  'picks none when protocols is null': negotiates('one', null),
  'picks none when nothing is offered': negotiates(null, ['one']),
  'reads a string with commas as a list': negotiates('b', 'a, b,c'),
  'reads a string with one name as a list of one': negotiates('chat', 'chat'),
  'tells names apart by case': negotiates('Chat', ['chat']),
  'reads offers without blanks': negotiates('x,y,z', ['z', 'y']),
  'reads offers with many blanks': negotiates('x   ,   y', ['y']),
  'reads offers from repeated headers': negotiates(['x', 'y'], ['y']),
  'meets a tab between offers': negotiates('x,\ty', ['y']),
  'ignores empty offers': negotiates(',,y', ['y']),

  async 'reads offers from an array'(t) {
    const c = await t.open({
      accept(_, request, socket, head) {
        request.headers['sec-websocket-protocol'] = ['x', 'y'];
        return new t.WebSocket(request, socket, head, ['y']);
      }
    });
    t.value('protocol', c.ws.protocol);
  },

  async 'keeps the protocol empty until open'(t) {
    await t.open({
      headers: { 'Sec-WebSocket-Protocol': 'chat' },
      protocols: ['chat'],
      setup(ws, connection) {
        connection.state();
      }
    });
  },

  async 'does not alter the list of the caller'(t) {
    const protocols = ['b', 'a'];
    await t.open({ headers: { 'Sec-WebSocket-Protocol': 'a, b' }, protocols });
    t.value('protocols', protocols);
  },

  async 'treats an own header as the answer, whatever was negotiated'(t) {
    const c = await t.open({
      headers: { 'Sec-WebSocket-Protocol': 'chat' },
      protocols: ['chat'],
      options: { headers: { 'Sec-WebSocket-Protocol': 'mine' } }
    });
    t.value('protocol', c.ws.protocol);
  }
};
