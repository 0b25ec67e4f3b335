'use strict';

/** Taking over a request: what the server answers and when it is open (RFC 6455 section 4.2). */

const { text, close } = require('../../testing/wire');

module.exports = {
  async 'answers 101 and opens, without protocol or extension'(t) {
    const c = await t.open();
    c.state();
    t.value('url', c.ws.url);
    t.value('version', c.ws.version);
  },

  async 'is connecting, silent and readable in the tick of its making'(t) {
    const c = await t.open({
      setup(ws, connection) {
        connection.state();
        t.value('url', ws.url);
        t.value('version', ws.version);
        t.value('the stream', ws._stream === connection.socket);
        process.nextTick(() => connection.state('a tick later ws'));
      }
    });
    c.state();
  },

  async 'takes the path with its query for the url'(t) {
    const c = await t.open({ path: '/a%20b/c?d=e&f=%2F' });
    t.value('url', c.ws.url);
  },

  async 'uses wss in the url when a proxy in front says https'(t) {
    for (const headers of [
      { 'X-Forwarded-Proto': 'https' },
      { 'X-Forwarded-Scheme': 'https' },
      { 'X-Forwarded-Ssl': 'on' },
      { Https: 'on' },
      { 'X-Forwarded-Proto': 'http' },
      { 'X-Forwarded-Proto': 'HTTPS' }
    ]) {
      const c = await t.open({ headers });
      t.value('url', c.ws.url);
    }
  },

  async 'writes undefined into the url when there is no Host'(t) {
    const c = await t.open({
      accept(_, request, socket, head) {
        delete request.headers.host;
        return new t.WebSocket(request, socket, head);
      }
    });
    t.value('url', c.ws.url);
  },

  async 'accepts Upgrade and Connection in any case and in a list'(t) {
    for (const headers of [
      { Upgrade: 'WebSocket', Connection: 'upgrade' },
      { Upgrade: 'WEBSOCKET', Connection: 'keep-alive, Upgrade' },
      { Connection: 'UPGRADE,keep-alive' },
      { Connection: 'a , upgrade , b' }
    ]) {
      const c = await t.open({ headers });
      c.state();
    }
  },

  async 'sends its own headers after checking in the order of the options'(t) {
    await t.open({ options: { headers: { 'X-First': 'one', 'Set-Cookie': 'a=b', 'x-last': 'three' } } });
  },

  async 'strips blanks around names and values of its own headers'(t) {
    await t.open({ options: { headers: { ' X-Name ': '  value  ' } } });
  },

  async 'writes numbers, booleans and arrays of its own headers as strings'(t) {
    await t.open({ options: { headers: { 'X-Number': 17, 'X-Flag': false, 'X-List': ['a', 'b'] } } });
  },

  async 'leaves out own headers that are undefined'(t) {
    await t.open({ options: { headers: { 'X-Gone': undefined, 'X-Here': '' } } });
  },

  async 'throws for an own header that is null'(t) {
    await t.open({ options: { headers: { 'X-Null': null } } });
  },

  async 'keeps the first of two own headers that differ only in case'(t) {
    await t.open({ options: { headers: { 'X-Twice': 'one', 'x-twice': 'two' } } });
  },

  async 'sends each of two cookies that differ in the case of their names'(t) {
    await t.open({ options: { headers: { 'Set-Cookie': 'a=1', 'set-cookie': 'b=2' } } });
  },

  async 'lets own headers come before those of the handshake and win over them'(t) {
    await t.open({ options: { headers: { Upgrade: 'other', 'Sec-WebSocket-Protocol': 'mine' } } });
  },

  async 'sends inherited own headers too'(t) {
    const headers = Object.create({ 'X-Inherited': 'yes' });
    headers['X-Own'] = 'yes';
    await t.open({ options: { headers } });
  },

  async 'throws for an option that it does not know'(t) {
    await t.open({ options: { extra: 1 } });
  },

  async 'throws for the first of several options that it does not know'(t) {
    await t.open({ options: { headers: {}, zebra: 1, aardvark: 2 } });
  },

  async 'accepts every option that is known'(t) {
    const options = { headers: {}, extensions: [], maxLength: 100, ping: 0, proxy: {}, tls: {}, ca: [] };
    const c = await t.open({ options });
    c.state();
  },

  async 'accepts null and undefined for protocols and options'(t) {
    for (const [protocols, options] of [
      [null, null],
      [undefined, undefined],
      [[], {}],
      ['', {}]
    ]) {
      const c = await t.open({
        accept: (_, request, socket, head) => new t.WebSocket(request, socket, head, protocols, options)
      });
      c.state();
    }
  },

  async 'works without a head'(t) {
    for (const head of [undefined, null, Buffer.alloc(0)]) {
      const c = await t.open({
        label: `a client connects, head is ${head}`,
        accept: (_, request, socket) => new t.WebSocket(request, socket, head)
      });
      c.state();
      await c.peerSends(text('after'));
    }
  },

  async 'reads a message that came in the packet of the request'(t) {
    await t.open({ early: text('early') });
  },

  async 'reads many messages that came in the packet of the request, in order'(t) {
    const c = await t.open({ early: Buffer.concat([text('one'), text('two'), text('three')]) });
    await c.peerSends(text('four'));
  },

  async 'joins the halves of a frame from the packet of the request and the next'(t) {
    const bytes = text('torn');
    const c = await t.open({ early: bytes.subarray(0, 5) });
    await c.peerSends(bytes.subarray(5));
  },

  async 'answers messages of the packet of the request after the handshake'(t) {
    await t.open({
      early: text('early'),
      setup: (ws) => ws.on('message', (event) => ws.send(`re: ${event.data}`))
    });
  },

  async 'closes for a close frame in the packet of the request'(t) {
    await t.open({ early: close(1000, 'bye') });
  },

  async 'sends what was queued before it opened, after the handshake, in order'(t) {
    await t.open({
      setup(ws, connection) {
        connection.call('send', 'one');
        connection.call('send', Buffer.from([1, 2, 3]));
        connection.call('write', 'two');
        connection.call('ping', 'now');
      }
    });
  },

  async 'reads bytes that arrive between the upgrade and a late making'(t) {
    const c = await t.open({
      accept(connection, request, socket, head) {
        connection.late = () => connection.adopt(new t.WebSocket(request, socket, head));
        return null;
      }
    });
    await c.peerSends(text('meanwhile'));
    await t.step('the server makes its WebSocket', () => c.late());
    await c.peerSends(text('later'));
  },

  async 'reads bytes that were put back into the stream'(t) {
    await t.open({
      accept(_, request, socket, head) {
        socket.unshift(text('put back'));
        return new t.WebSocket(request, socket, head);
      }
    });
  },

  async 'ignores the body when the stream brings the same bytes later'(t) {
    const c = await t.open({
      accept: (_, request, socket) => new t.WebSocket(request, socket, text('as body'))
    });
    await c.peerSends(text('from the stream'));
  },

  async 'meets close in the tick of its making'(t) {
    const c = await t.open({ setup: (ws, connection) => connection.call('close') });
    c.state();
    await t.tick(30000);
  },

  async 'meets close with a code in the tick of its making'(t) {
    const c = await t.open({ setup: (ws, connection) => connection.call('close', 3001, 'not today') });
    c.state();
  },

  async 'serves two WebSockets in one process at once'(t) {
    const a = await t.open({ setup: (ws) => ws.on('message', (event) => ws.send(`a:${event.data}`)) });
    const b = await t.open({ setup: (ws) => ws.on('message', (event) => ws.send(`b:${event.data}`)) });
    await t.step('both peers send', () => {
      a.peer.write(text('x'));
      b.peer.write(text('y'));
    });
    await a.peerEnds();
    await b.peerSends(text('z'));
  },

  async 'works when called without new on an object that inherits from it'(t) {
    const { inherits } = require('util');
    function Mine(...args) {
      t.WebSocket.apply(this, args);
      this.mine = true;
    }
    inherits(Mine, t.WebSocket);
    Mine.prototype.shout = function (data) {
      return this.send(data.toUpperCase());
    };
    const c = await t.open({ accept: (_, request, socket, head) => new Mine(request, socket, head) });
    t.value('instanceof Mine', c.ws instanceof Mine);
    t.value('instanceof WebSocket', c.ws instanceof t.WebSocket);
    t.value('mine', c.ws.mine);
    await c.calls('shout', 'hello');
  },

  async 'works as the base of a class'(t) {
    class Mine extends t.WebSocket {
      constructor(...args) {
        super(...args);
        this.mine = true;
      }

      send(data) {
        return super.send(`mine: ${data}`);
      }
    }
    const c = await t.open({ accept: (_, request, socket, head) => new Mine(request, socket, head) });
    t.value('instanceof Mine', c.ws instanceof Mine);
    t.value('mine', c.ws.mine);
    await c.calls('send', 'hello');
    await c.calls('write', 'through write');
    await c.calls('end', 'through end');
  }
};
