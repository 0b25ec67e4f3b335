'use strict';

// What an EventSource is made with, and the head of its response: headers that were set before, HTTP/2, numbers, and what
// stands in the wrong place.

const assert = require('node:assert');
const { once } = require('node:events');
const http = require('node:http');
const http2 = require('node:http2');
const { describe, test } = require('node:test');
const { setImmediate: turn } = require('node:timers/promises');

const { EventSource } = require('..');
const { makeCertificate } = require('../testing/certificate');

/** Starts a server that calls `serve` for its next request; what answers a GET there. */
async function listen(t, serve) {
  const server = http.createServer(serve);
  t.after(() => {
    server.close();
    if (server.closeAllConnections) server.closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return async () => {
    const request = http.get({ port: server.address().port, host: '127.0.0.1', agent: false });
    t.after(() => request.destroy());
    request.on('error', () => {});
    const [response] = await once(request, 'response');
    return response.setEncoding('utf8');
  };
}

/** The text of a response, once it has so much of it. */
async function textOf(response, end) {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.includes(end)) break;
  }
  return text;
}

describe('headers that were set before', () => {
  for (const [how, prepare] of [
    [
      'by setHeader',
      (response) => {
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.setHeader('X-Number', 7);
        response.setHeader('Set-Cookie', ['a=b', 'c=d']);
        response.setHeader('Content-Length', 3);
        response.setHeader('Content-Type', 'text/html');
      }
    ],
    [
      'by writeHead',
      (response) =>
        response.writeHead(200, {
          'Access-Control-Allow-Origin': '*',
          'X-Number': 7,
          'Set-Cookie': ['a=b', 'c=d'],
          'Content-Type': 'text/html'
        })
    ],
    [
      'by both',
      (response) => {
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.writeHead(200, { 'X-Number': 7, 'Set-Cookie': ['a=b', 'c=d'] });
      }
    ]
  ]) {
    test(`${how} are sent, and those of a stream of events stay its own`, async (t) => {
      const get = await listen(t, (request, response) => {
        prepare(response);
        new EventSource(request, response, { headers: { 'X-Own': '1' } }).send('hello');
      });
      const response = await get();
      const { headers } = response;
      assert.strictEqual(headers['access-control-allow-origin'], '*');
      assert.strictEqual(headers['x-number'], '7');
      assert.deepStrictEqual(headers['set-cookie'], ['a=b', 'c=d']);
      assert.strictEqual(headers['x-own'], '1');
      assert.strictEqual(headers['content-type'], 'text/event-stream');
      assert.strictEqual(headers['cache-control'], 'no-cache, no-store');
      assert.strictEqual(headers.connection, 'close');
      assert.strictEqual(headers['content-length'], undefined);
      assert.strictEqual(headers['transfer-encoding'], undefined);
      assert.match(await textOf(response, 'hello'), /^retry: 5000\r\n\r\ndata: hello\r\n\r\n$/);
    });
  }

  test('give way to those of the options', async (t) => {
    const get = await listen(t, (request, response) => {
      response.setHeader('X-A', 'before');
      response.setHeader('Warning', 'before');
      new EventSource(request, response, { headers: { 'x-a': 'option', warning: 'option' } });
    });
    const { rawHeaders } = await get();
    const lines = rawHeaders.map((text) => text.toLowerCase());
    assert.deepStrictEqual(
      lines.filter((_, i) => i % 2 === 1 && /^(x-a|warning)$/.test(lines[i - 1])),
      ['option', 'option', 'before']
    );
  });

  test('keep the case of their names', async (t) => {
    const get = await listen(t, (request, response) => {
      response.setHeader('X-MiXeD', 'a');
      new EventSource(request, response);
    });
    const { rawHeaders } = await get();
    assert.ok(rawHeaders.includes(keepsCase() ? 'X-MiXeD' : 'x-mixed'));
  });

  test('and sent already are an error, and the response stays as it is', async (t) => {
    let thrown;
    const get = await listen(t, (request, response) => {
      response.write('begun');
      try {
        new EventSource(request, response);
      } catch (error) {
        thrown = error;
      }
      response.end(' and ended');
    });
    const response = await get();
    assert.strictEqual(await textOf(response, 'ended'), 'begun and ended');
    assert.strictEqual(thrown.code, 'ERR_HTTP_HEADERS_SENT');
    assert.match(thrown.message, /make the EventSource before anything is written to the response/);
  });
});

for (const secure of [false, true]) {
  describe(`over HTTP/2 (${secure ? 'TLS' : 'plain'})`, () => {
    /** Starts a server that calls `serve` for each request; a client's session. */
    async function connect(t, serve) {
      const certificate = makeCertificate({ names: ['localhost'] });
      const server = secure ? http2.createSecureServer(certificate, serve) : http2.createServer(serve);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const url = `${secure ? 'https' : 'http'}://localhost:${server.address().port}`;
      const options = {
        rejectUnauthorized: false,
        lookup: (host, given, done) =>
          done(null, given.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
      };
      const session = http2.connect(url, options);
      session.on('error', () => {});
      t.after(() => {
        session.destroy();
        server.close();
      });
      return { session, url };
    }

    /** A request for a stream of events, and its response's head. */
    async function ask(session, headers = {}) {
      const stream = session.request({ ':path': '/feed?x', accept: 'text/event-stream', ...headers });
      stream.setEncoding('utf8');
      const [head] = await once(stream, 'response');
      return { stream, head };
    }

    test('sends its head, its events and its end', async (t) => {
      let source;
      const { session, url } = await connect(t, (request, response) => {
        response.setHeader('X-Before', 'a');
        const headers = { 'X-Own': 'b', 'Set-Cookie': 'c=d', 'set-cookie': 'e=f', Connection: 'close' };
        source = new EventSource(request, response, { headers, retry: 2 });
        source.send('early');
      });
      const { stream, head } = await ask(session, { 'last-event-id': '7' });
      assert.strictEqual(head[':status'], 200);
      assert.strictEqual(head['content-type'], 'text/event-stream');
      assert.strictEqual(head['cache-control'], 'no-cache, no-store');
      assert.deepStrictEqual(
        [head['x-before'], head['x-own'], head['set-cookie']],
        ['a', 'b', ['c=d', 'e=f']]
      );
      assert.strictEqual(head.connection, undefined);
      assert.deepStrictEqual([source.url, source.lastEventId], [`${url}/feed?x`, '7']);
      if (source.readyState === 0) await once(source, 'open');
      assert.strictEqual(source.readyState, 1);
      assert.strictEqual(source.send('two\nlines', { event: 'e', id: 1 }), true);
      assert.strictEqual(source.ping(), true);
      const closed = once(source, 'close');
      source.end('last');
      await closed;
      let text = '';
      for await (const chunk of stream) text += chunk;
      assert.strictEqual(
        text,
        'retry: 2000\r\n\r\ndata: early\r\n\r\nevent: e\r\nid: 1\r\ndata: two\ndata: lines\r\n\r\n:\r\n\r\ndata: last\r\n\r\n'
      );
    });

    test('closes when the client goes', async (t) => {
      let made;
      const source = new Promise((resolve) => (made = resolve));
      const { session } = await connect(t, (request, response) => made(new EventSource(request, response)));
      const { stream } = await ask(session);
      const mine = await source;
      const closed = once(mine, 'close');
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await closed;
      assert.deepStrictEqual([mine.readyState, mine.send('x')], [3, false]);
    });

    test('holds a sender back, and tells it to go on', async (t) => {
      let made;
      const source = new Promise((resolve) => (made = resolve));
      const { session } = await connect(t, (request, response) => made(new EventSource(request, response)));
      const { stream } = await ask(session);
      const mine = await source;
      const large = 'x'.repeat(100_000);
      let sent = 0;
      do sent += large.length;
      while (mine.send(large));
      const drained = once(mine, 'drain');
      stream.resume();
      await drained;
      assert.ok(sent > 0);
      stream.close();
    });

    test('refuses a second one, and a head that was sent', async (t) => {
      const codes = [];
      const attempt = (request, response) => {
        try {
          new EventSource(request, response);
        } catch ({ code }) {
          codes.push(code);
        }
      };
      const { session } = await connect(t, (request, response) => {
        if (request.url === '/sent') {
          response.write('begun');
          attempt(request, response);
          response.end();
        } else {
          const first = new EventSource(request, response);
          attempt(request, response);
          first.end('fine');
        }
      });
      const { stream } = await ask(session);
      let text = '';
      for await (const chunk of stream) text += chunk;
      assert.match(text, /^retry: 5000\r\n\r\ndata: fine\r\n\r\n$/);
      const second = await ask(session, { ':path': '/sent' });
      let plain = '';
      for await (const chunk of second.stream) plain += chunk;
      assert.strictEqual(plain, 'begun');
      assert.deepStrictEqual(codes, ['ERR_WEBSOCKET_SOCKET_TAKEN', 'ERR_HTTP_HEADERS_SENT']);
    });

    test('says so where the stream has gone before', async (t) => {
      let made;
      const source = new Promise((resolve) => (made = resolve));
      const { session } = await connect(t, async (request, response) => {
        response.stream.on('error', () => {});
        const gone = once(response, 'close');
        stream.close(http2.constants.NGHTTP2_CANCEL);
        await gone;
        made(new EventSource(request, response));
      });
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => {});
      const mine = await source;
      assert.strictEqual(mine.readyState, 3);
      const [event] = await once(mine, 'close');
      assert.strictEqual(event.target, mine);
    });
  });
}

describe('an argument', () => {
  const request = { method: 'GET', url: '/', headers: { host: 'localhost' } };

  for (const url of ['http://localhost/', new URL('http://localhost/')]) {
    test(`that is a URL is a TypeError that says what an EventSource is: ${typeof url}`, () => {
      const message =
        /^EventSource is the end of a server: write new EventSource\(request, response, options\)/;
      assert.throws(() => new EventSource(url), { name: 'TypeError', message });
    });
  }

  for (const args of [[], [request], [{}, {}], [null, {}], [request, null]]) {
    test(`that is missing is a TypeError that says what belongs there: ${JSON.stringify(args)}`, () => {
      const message =
        /write new EventSource\(request, response, options\), with the request and the response of/;
      assert.throws(() => new EventSource(...args), { name: 'TypeError', message });
    });
  }

  for (const [option, written] of [
    ['headers', ['header', 'Headers', 'heaers', 'haeders', 'headerz', 'headersToSend']],
    ['retry', ['retyr', 'retrys', 'retries', 'Retry', 'rety', 'retryInterval']],
    ['ping', ['pings', 'pong', 'pingInterval', 'PING', 'pnig', 'pin']]
  ]) {
    for (const name of written) {
      test(`whose name is nearly that of an option is a TypeError that says it: ${name}`, () => {
        const message = `Unrecognized option: ${name}: write ${option}`;
        const make = () => new EventSource(request, { socket: null }, { [name]: 1 });
        assert.throws(make, { name: 'TypeError', message });
      });
    }
  }

  for (const name of ['id', 'event']) {
    test(`that belongs to a message is a TypeError that says where it goes: ${name}`, () => {
      const message = `The option ${name} belongs to a message: write eventSource.send(message, { ${name} })`;
      const make = () => new EventSource(request, { socket: null }, { [name]: 'x' });
      assert.throws(make, { name: 'TypeError', message });
    });
  }

  for (const name of ['ping', 'retry']) {
    for (const value of ['30s', 'x', -1, NaN, Infinity, {}]) {
      test(`${name} is a RangeError if it is ${typeof value} ${String(value)}`, async (t) => {
        let thrown;
        const get = await listen(t, (incoming, response) => {
          try {
            new EventSource(incoming, response, { [name]: value });
          } catch (error) {
            thrown = error;
          }
          response.end('untouched');
        });
        assert.strictEqual(await textOf(await get(), 'untouched'), 'untouched');
        assert.strictEqual(thrown.name, 'RangeError');
        assert.strictEqual(thrown.message, `The option ${name} must be a number of seconds, 0 or more`);
      });
    }
  }

  for (const [retry, milliseconds] of [
    ['3', 3000],
    [0, 5000],
    [null, 5000],
    ['', 5000],
    [0.0015, 1]
  ]) {
    test(`retry of ${JSON.stringify(retry)} is ${milliseconds} ms`, async (t) => {
      const get = await listen(t, (incoming, response) =>
        new EventSource(incoming, response, { retry }).end()
      );
      assert.strictEqual(await textOf(await get(), '\r\n\r\n'), `retry: ${milliseconds}\r\n\r\n`);
    });
  }

  test('headers may be a Map or pairs', async (t) => {
    for (const headers of [new Map([['X-A', 1]]), [['X-A', 1]]]) {
      const get = await listen(t, (incoming, response) => new EventSource(incoming, response, { headers }));
      assert.strictEqual((await get()).headers['x-a'], '1');
    }
  });

  test('options may be null, and hold what nobody reads', async () => {
    for (const options of [null, undefined, {}, { app: 1, timeout: 2, a: 3, cors: true }]) {
      const source = new EventSource(request, { socket: null }, options);
      assert.strictEqual(source.readyState, 3);
      await turn();
    }
  });
});

/** Whether responses tell the names of their headers as they were given, which those of Node 18 and later do. */
function keepsCase() {
  return typeof http.OutgoingMessage.prototype.getRawHeaderNames === 'function';
}
