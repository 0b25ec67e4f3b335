'use strict';

/** EventSource: the response, the messages, the pings and the end (WHATWG HTML section 9.2). */

/** Opens an EventSource and sends each of `messages`, each with its options. */
const sends =
  (...messages) =>
  async (t) => {
    const c = await t.openEvents();
    for (const message of messages) await c.calls('send', ...message);
  };

const requestOf = (headers, rest) => ({ method: 'GET', url: '/', headers, ...rest });

module.exports = {
  async 'recognises requests that accept event streams'(t) {
    const { isEventSource } = t.EventSource;
    for (const accept of [
      'text/event-stream',
      'text/html, text/event-stream',
      'text/html,text/event-stream',
      'text/html ,\t text/event-stream',
      'text/event-stream;q=0.9',
      'TEXT/EVENT-STREAM',
      ' text/event-stream',
      '*/*',
      ''
    ]) {
      t.value(`accept ${accept}`, isEventSource(requestOf({ accept })));
    }
    t.value('no accept', isEventSource(requestOf({})));
    t.value('POST', isEventSource(requestOf({ accept: 'text/event-stream' }, { method: 'POST' })));
    t.value('HEAD', isEventSource(requestOf({ accept: 'text/event-stream' }, { method: 'HEAD' })));
  },

  async 'answers with its head and the retry time, and opens'(t) {
    const c = await t.openEvents();
    c.state();
    t.value('url', c.ws.url);
    t.value('lastEventId', c.ws.lastEventId);
  },

  async 'is connecting in the tick of its making and open in the next'(t) {
    await t.openEvents({
      setup(es, connection) {
        connection.state();
        process.nextTick(() => connection.state('a tick later es'));
      }
    });
  },

  async 'writes its head in the tick of its making'(t) {
    await t.openEvents({
      setup(es, connection) {
        t.value('bytes written', connection.socket.bytesWritten > 100);
        connection.call('send', 'before open');
        connection.call('ping');
      }
    });
  },

  async 'takes lastEventId from the request'(t) {
    const c = await t.openEvents({ headers: { 'Last-Event-ID': 'message 17' } });
    t.value('lastEventId', c.ws.lastEventId);
  },

  async 'has an https url behind a proxy that says so'(t) {
    for (const headers of [
      { 'X-Forwarded-Proto': 'https' },
      { 'X-Forwarded-Ssl': 'on' },
      { 'X-Forwarded-Scheme': 'https' }
    ]) {
      const c = await t.openEvents({ headers, path: '/es?a=b' });
      t.value('url', c.ws.url);
    }
  },

  async 'takes the retry time in seconds'(t) {
    for (const retry of [1, 0.5, 0.0004, 10, 0, null, undefined, '3']) {
      await t.openEvents({ options: { retry }, label: `a client connects, retry ${retry}` });
    }
  },

  async 'sends its own headers behind those of the response'(t) {
    await t.openEvents({ options: { headers: { 'Access-Control-Allow-Origin': '*', 'X-Number': 17 } } });
  },

  async 'lets an own header repeat one of the response'(t) {
    await t.openEvents({ options: { headers: { 'Cache-Control': 'public', 'x-a': '1', 'X-A': '2' } } });
  },

  async 'strips blanks around own headers and leaves out undefined ones'(t) {
    await t.openEvents({ options: { headers: { ' X-A ': ' b ', 'X-Gone': undefined } } });
  },

  async 'ignores options that it does not know'(t) {
    await t.openEvents({ options: { extra: 1 } });
  },

  async 'works without options and with null'(t) {
    for (const options of [undefined, null]) {
      await t.openEvents({ accept: (_, request, response) => new t.EventSource(request, response, options) });
    }
  },

  'sends a line of text': sends(['hello'], ['']),
  'sends each line with its own prefix': sends(['a\nb'], ['a\r\nb'], ['a\rb'], ['a\n\nb'], ['\n'], ['a\n']),
  'sends text outside ASCII as UTF-8': sends(['h\u00e9 水 \u{1f600}']),
  'sends other values as their strings': sends([17], [false], [null], [undefined], [[1, 2]], [{}]),
  'sends Buffers as their strings': sends([Buffer.from('hello')]),
  'sends event names': sends(['x', { event: 'update' }], ['x', { event: '' }], ['x', { event: null }]),
  'sends ids': sends(['x', { id: '17' }], ['x', { id: 17 }], ['x', { id: 0 }], ['x', { id: '' }]),
  'sends event name before id': sends(['x', { id: 'i', event: 'e' }], ['x', { event: 'e', id: 'i' }]),
  'ignores other options of a message': sends(['x', { retry: 5, data: 'y' }], ['x', null], ['x', {}]),

  async 'writes with write as with send, without options'(t) {
    const c = await t.openEvents();
    await c.calls('write', 'hello\nworld');
    await c.calls('write', 'x', { event: 'ignored' });
  },

  async 'sends comments as pings'(t) {
    const c = await t.openEvents();
    await c.calls('ping');
    await c.calls('ping', 'arguments are ignored');
  },

  async 'pings every ten seconds'(t) {
    await t.openEvents();
    await t.tick(9999);
    await t.tick(1);
    await t.tick(20000);
  },

  async 'pings at the interval of the option'(t) {
    await t.openEvents({ options: { ping: 2.5 } });
    await t.tick(2500);
    await t.tick(5000);
  },

  async 'pings at the default interval for an interval of zero'(t) {
    await t.openEvents({ options: { ping: 0 } });
    await t.tick(10000);
  },

  async 'has its defaults on the prototype'(t) {
    t.value('DEFAULT_PING', t.EventSource.prototype.DEFAULT_PING);
    t.value('DEFAULT_RETRY', t.EventSource.prototype.DEFAULT_RETRY);
  },

  async 'closes, and returns true the first time'(t) {
    const c = await t.openEvents();
    await c.calls('close');
    c.state();
    await c.calls('close');
    t.value('timers', t.world.clock.pending());
  },

  async 'sends nothing after the close'(t) {
    const c = await t.openEvents();
    await c.calls('close');
    c.call('send', 'x');
    c.call('write', 'x');
    c.call('ping');
    c.call('end', 'x');
    await t.tick(20000);
  },

  async 'sends what was sent before the close'(t) {
    const c = await t.openEvents();
    await t.step('sends and closes', () => {
      c.call('send', 'one');
      c.call('send', 'two');
      c.call('close');
    });
  },

  async 'sends the argument of end before closing'(t) {
    for (const message of ['last', '', null, undefined]) {
      const c = await t.openEvents();
      await c.calls('end', message);
    }
  },

  async 'closes in the tick of its making'(t) {
    await t.openEvents({ setup: (es, connection) => connection.call('close') });
  },

  async 'closes from onopen'(t) {
    await t.openEvents({ setup: (es) => (es.onopen = () => es.close()) });
  },

  async 'may be told to close from inside onclose'(t) {
    const c = await t.openEvents({
      setup: (es, connection) => (es.onclose = () => connection.call('close'))
    });
    await c.calls('close');
  },

  async 'closes when the peer ends'(t) {
    const c = await t.openEvents();
    await c.peerEnds();
    c.state();
    await t.tick(20000);
  },

  async 'closes when the peer ends its half only'(t) {
    const c = await t.openEvents({ allowHalfOpen: true });
    await c.peerEnds();
    c.state();
  },

  async 'closes when the peer resets'(t) {
    const c = await t.openEvents();
    await c.peerResets();
    c.state();
    t.value('timers', t.world.clock.pending());
  },

  async 'closes when an error is emitted on the stream'(t) {
    const c = await t.openEvents();
    await t.step('an error', () => c.socket.emit('error', new Error('made up')));
    c.state();
  },

  async 'hears nothing when the owner destroys the stream'(t) {
    const c = await t.openEvents();
    await t.step('the owner destroys the stream', () => c.socket.destroy());
    c.state();
    c.call('send', 'into the void');
    c.call('close');
    await t.settle();
  },

  async 'calls handlers and listeners'(t) {
    const c = await t.openEvents({ watch: 'handlers' });
    c.ws.on('close', () => t.say('listener of close'));
    c.ws.addEventListener('close', () => t.say('second listener of close'));
    await c.calls('close');
  },

  async 'emits, in order, all names of its life'(t) {
    const c = await t.openEvents({ watch: 'emit' });
    await c.calls('send', 'x');
    await c.calls('close');
  },

  async 'has null handlers and no listeners'(t) {
    const c = await t.openEvents({ watch: 'none' });
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) t.value(name, c.ws[name]);
    for (const name of ['open', 'close', 'error', 'drain']) t.value(name, c.ws.listenerCount(name));
    t.value('Stream', c.ws instanceof require('stream').Stream);
  },

  async 'returns false from send when the stream is backed up, and drains'(t) {
    const c = await t.openEvents();
    c.peer.socket.pause();
    const large = 'x'.repeat(16 * 1048576);
    t.value('a large send', c.ws.send(large));
    t.value('a send behind it', c.ws.send('y'));
    const before = c.peer.received;
    c.peer.socket.resume();
    await t.until(() => c.peer.received >= before + large.length + 21);
  },

  async 'sends what a stream that is piped into it brings'(t) {
    const { PassThrough } = require('stream');
    const source = new PassThrough();
    const c = await t.openEvents();
    source.pipe(c.ws);
    await t.step('the source writes', () => source.write('a\nb'));
    await t.step('the source ends', () => source.end());
  },

  async 'meets a stream that is gone'(t) {
    const c = await t.openEvents({
      accept(_, request, response) {
        request.socket.destroy();
        return new t.EventSource(request, response);
      }
    });
    c.state();
    c.call('send', 'x');
    c.call('ping');
    t.value('timers', t.world.clock.pending());
    c.call('close');
    await t.settle();
  },

  async 'may be inherited from'(t) {
    class Mine extends t.EventSource {
      send(message) {
        return super.send(`mine: ${message}`);
      }
    }
    const c = await t.openEvents({ accept: (_, request, response) => new Mine(request, response) });
    await c.calls('send', 'x');
    await c.calls('write', 'y');
  },

  async 'sends line breaks in event names and ids'(t) {
    const c = await t.openEvents();
    await c.calls('send', 'x', { event: 'a\ndata: forged' });
    await c.calls('send', 'x', { id: 'a\r\n\r\ndata: forged' });
    await c.calls('send', 'fine');
  },

  async 'sends line breaks in own headers'(t) {
    await t.openEvents({ options: { headers: { 'X-A': 'b\r\nX-Forged: yes' } } });
  },

  async 'meets headers that were set on the response before'(t) {
    await t.openEvents({
      accept(_, request, response) {
        response.setHeader('X-Before', 'a');
        return new t.EventSource(request, response, { headers: { 'X-Own': 'b' } });
      }
    });
  },

  async 'meets headers that were written on the response before'(t) {
    await t.openEvents({
      accept(_, request, response) {
        response.writeHead(200, { 'X-Before': 'a', 'Content-Type': 'text/event-stream' });
        return new t.EventSource(request, response);
      }
    });
  },

  async 'meets numbers that are none'(t) {
    const response = { socket: null };
    const request = requestOf({ host: 'example.com' });
    for (const options of [{ ping: '30s' }, { retry: -1 }, { retry: '30s' }])
      t.attempt(t.format(options), () => new t.EventSource(request, response, options).readyState);
  },

  async 'meets names that are nearly options'(t) {
    const response = { socket: null };
    const request = requestOf({ host: 'example.com' });
    for (const options of [{ pings: 1 }, { retyr: 1 }, { header: {} }, { id: 1 }, { app: 1 }])
      t.attempt(t.format(options), () => new t.EventSource(request, response, options).readyState);
  },

  async 'takes a retry in a string'(t) {
    await t.openEvents({ options: { retry: '2' } });
  }
};
