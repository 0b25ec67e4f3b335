'use strict';

/** What a server may answer, and which faults end the handshake (RFC 6455 section 4.1). */

const { fromServer } = require('../../testing/wire');

const { text, binary, ping, close } = fromServer;

/** A script in which the origin answers with `answer`; `how` is for the client. */
const answers = (answer, how) => async (t) => {
  const c = await t.connect(how);
  await c.answers(answer);
  c.state();
  t.value('protocol', c.ws.protocol);
  t.value('statusCode', c.ws.statusCode);
  if (c.ws.headers) t.value('names of headers', Object.keys(c.ws.headers));
};

const raw = (...lines) => answers({ raw: lines.join('\r\n') });

const scripts = {
  'opens for the right answer': answers(),
  'opens for the right answer without a protocol to a client that offered some': answers(
    {},
    { protocols: ['a', 'b'] }
  ),
  'opens with the protocol that the server picked': answers(
    { headers: { 'Sec-WebSocket-Protocol': 'b' } },
    { protocols: ['a', 'b'] }
  ),
  'refuses a protocol that was not offered': answers(
    { headers: { 'Sec-WebSocket-Protocol': 'c' } },
    { protocols: ['a', 'b'] }
  ),
  'refuses a protocol when none was offered': answers({ headers: { 'Sec-WebSocket-Protocol': 'c' } }),
  'refuses a protocol in another case': answers(
    { headers: { 'Sec-WebSocket-Protocol': 'A' } },
    { protocols: ['a'] }
  ),
  'refuses two protocols': answers(
    { headers: { 'Sec-WebSocket-Protocol': 'a, b' } },
    { protocols: ['a', 'b'] }
  ),
  'ignores an empty protocol': answers({ headers: { 'Sec-WebSocket-Protocol': '' } }, { protocols: ['a'] }),

  'accepts Upgrade and Connection in any case': answers({
    headers: { Upgrade: 'WebSocket', Connection: 'UPGRADE' }
  }),
  'accepts names of headers in any case': answers({
    headers: {
      Upgrade: null,
      Connection: null,
      UPGRADE: 'websocket',
      connection: 'Upgrade'
    }
  }),
  'refuses an answer without Upgrade': answers({ headers: { Upgrade: null } }),
  'refuses an empty Upgrade': answers({ headers: { Upgrade: '' } }),
  'refuses another Upgrade': answers({ headers: { Upgrade: 'h2c' } }),
  'refuses two Upgrades': answers({ headers: { Upgrade: ['websocket', 'websocket'] } }),
  'refuses an answer without Connection': answers({ headers: { Connection: null } }),
  'refuses another Connection': answers({ headers: { Connection: 'close' } }),
  'meets a list in Connection': answers({ headers: { Connection: 'keep-alive, Upgrade' } }),
  'refuses an answer without Sec-WebSocket-Accept': answers({ headers: { 'Sec-WebSocket-Accept': null } }),
  'refuses another Sec-WebSocket-Accept': answers({
    headers: { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }
  }),
  'refuses an empty Sec-WebSocket-Accept': answers({ headers: { 'Sec-WebSocket-Accept': '' } }),
  'refuses Upgrade before Connection before accept': answers({
    headers: { Upgrade: null, Connection: null, 'Sec-WebSocket-Accept': null }
  }),
  'refuses an extension that was not offered': answers({
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
  }),
  'refuses a malformed extension header': answers({ headers: { 'Sec-WebSocket-Extensions': 'a; =b' } }),
  'ignores an empty extension header': answers({ headers: { 'Sec-WebSocket-Extensions': '' } }),

  'joins repeated headers': answers({ headers: { 'X-A': ['one', 'two'], 'Set-Cookie': ['a=b', 'c=d'] } }),
  'accepts headers that it does not know': answers({ headers: { Date: 'now', Server: 'x', 'X-Empty': '' } }),
  'accepts another reason phrase': answers({ status: '101 Welcome' }),
  'accepts an empty reason phrase': answers({ status: '101 ' }),

  'receives messages that ride with the answer': answers({
    early: Buffer.concat([text('one'), binary('two')])
  }),
  'answers a ping that rides with the answer': answers({ early: ping('p') }),
  'closes for a close frame that rides with the answer': answers({ early: close(3000, 'bye') }),
  'closes for a violation that rides with the answer': answers({ early: text('x', { rsv: 1 }) }),

  'refuses an answer that is not HTTP': raw('HELLO', '', ''),
  'refuses an answer that is binary': answers({ raw: Buffer.from([0, 1, 2, 3, 13, 10, 13, 10]) }),
  'refuses an answer of another version of HTTP': raw('HTTP/2.0 101 Switching Protocols', '', ''),
  'refuses an answer without a status': raw('HTTP/1.1 ', '', ''),
  'refuses an answer with a status of letters': raw('HTTP/1.1 abc Switching', '', ''),
  'refuses a header without a colon': raw('HTTP/1.1 101 Switching Protocols', 'Upgrade websocket', '', ''),
  'refuses a head that ends at once': raw('HTTP/1.1 101 Switching Protocols', '', ''),

  async 'refuses a Sec-WebSocket-Accept that differs in its case or its end'(t) {
    for (const change of [(key) => key.toUpperCase(), (key) => key.slice(0, -1), (key) => `${key}=`]) {
      const c = await t.connect();
      const raw = c
        .goodAnswer()
        .toString()
        .replace(/(?<=Accept: ).*/, change);
      await c.answers({ raw });
      c.state();
    }
  },

  async 'reads an answer whose lines end in LF alone'(t) {
    const c = await t.connect();
    await c.answers({ raw: c.goodAnswer().toString().replace(/\r/g, '') });
    c.state();
  },

  async 'reads an answer with blanks around values'(t) {
    const c = await t.connect();
    await c.answers({
      raw: c
        .goodAnswer()
        .toString()
        .replace(/: (.*)\r/g, ':   $1  \r')
    });
    c.state();
  },

  async 'reads an answer without blanks before values'(t) {
    const c = await t.connect();
    await c.answers({ raw: c.goodAnswer().toString().replace(/: /g, ':') });
    c.state();
  },

  async 'keeps headers and statusCode undefined until the answer'(t) {
    const c = await t.connect({ watch: 'none' });
    t.value('headers', c.ws.headers);
    t.value('statusCode', c.ws.statusCode);
    await c.answers({ headers: { 'X-A': 'b' } });
    t.value('X-A', c.ws.headers['x-a']);
    t.value('upgrade', c.ws.headers.upgrade);
    t.value('statusCode', c.ws.statusCode);
  },

  async 'has headers and statusCode in onerror'(t) {
    const c = await t.connect({
      setup(ws) {
        ws.onerror = () => {
          t.value('statusCode', ws.statusCode);
          t.value('www-authenticate', ws.headers['www-authenticate']);
        };
      }
    });
    await c.answers({ status: '401 Unauthorized', headers: { 'WWW-Authenticate': 'Basic realm="x"' } });
  },

  async 'reads an answer and two messages that are cut anywhere'(t) {
    const length = 129 + 12;
    const cuts = [...Array(length).keys()].slice(1);
    await t.each(cuts, async (inner, cut) => {
      const c = await inner.connect();
      const bytes = Buffer.concat([c.goodAnswer(), text('one!'), text('two!')]);
      inner.value('length', bytes.length);
      c.peer.write(bytes.subarray(0, cut));
      await t.world.quiet.turn();
      c.peer.write(bytes.subarray(cut));
      await inner.settle();
    });
  },

  async 'reads an answer and a message that come byte by byte'(t) {
    const c = await t.connect();
    await t.step('the origin answers byte by byte', async () => {
      for (const byte of Buffer.concat([c.goodAnswer(), text('one'), close(1000)])) {
        c.peer.write(Buffer.from([byte]));
        await t.world.quiet.turn();
      }
    });
  },

  async 'closes when the origin ends without an answer'(t) {
    const c = await t.connect();
    await c.peerEnds();
    c.state();
  },

  async 'closes when the origin ends in the middle of its answer'(t) {
    const c = await t.connect();
    await t.step('half an answer and the end', () =>
      c.peer.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgr')
    );
    c.state();
  },

  async 'reports a reset in the place of an answer'(t) {
    const c = await t.connect();
    await c.peerResets();
    c.state();
  },

  async 'waits for an origin that never answers, until it is told to close'(t) {
    const c = await t.connect();
    await t.tick(600000);
    c.state();
    await c.calls('close');
    c.state();
    t.value('timers', t.world.clock.pending());
  },

  async 'sends its pings of the option only once open'(t) {
    const c = await t.connect({ options: { ping: 1 } });
    await t.tick(2500);
    await c.answers();
    await t.tick(1000);
  },

  async 'hears no answer that comes after its close'(t) {
    const c = await t.connect();
    c.call('close');
    await c.answers({ early: text('never') });
  }
};

for (const status of [
  '200 OK',
  '204 No Content',
  '301 Moved',
  '400 Bad Request',
  '401 Unauthorized',
  '500 Oh'
]) {
  scripts[`refuses ${status}`] = answers({ status, headers: { 'Content-Length': '0' } });
}
scripts['refuses 200 with a body'] = answers({
  status: '200 OK',
  headers: { 'Content-Length': '5' },
  early: 'hello'
});
scripts['refuses 302 with a place to go'] = answers({
  status: '302 Found',
  headers: { Location: 'ws://127.0.0.1/' }
});
scripts['refuses 100 before the answer'] = answers({ status: '100 Continue' });
scripts['refuses 1010'] = answers({ status: '1010 Oh' });

module.exports = scripts;
