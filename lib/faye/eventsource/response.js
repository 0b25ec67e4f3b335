'use strict';

/**
 * The response of an event stream: its head, and the stream that its events are written to.
 *
 * Over HTTP/1 both go to the socket, past the response. Over HTTP/2 a response has no socket of its own: it
 * sends the head itself, and events go to its stream. Headers that were set on the response before are part of the head
 * either way.
 */

const { LINE_BREAK_OR_NUL } = require('./format');
const { headerList, stripSpaces } = require('../../opening/header_list');

/** Headers that may stand more than once; of any other, the first counts. */
const REPEATABLE = new Set(['set-cookie', 'set-cookie2', 'warning', 'www-authenticate']);

/** Headers of the response that are about something else than an event stream, which has its own of them. */
const REPLACED = new Set(['content-type', 'cache-control', 'content-length', 'date']);

/** Headers that are about the connection (RFC 9113, section 8.2.2), which an event stream has its own of. */
const CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]);

/** A header's name: a token, RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const FIELD_LINE = /^([^:\r\n]+): *([^\r\n]*)\r$/gm;

/**
 * Headers that the caller adds, each name once unless it may repeat.
 *
 * @param {any} [headers]
 * @param {(name: string, value: unknown) => unknown[]} [valuesOf] as for `headerList`
 * @returns {string[][]} pairs of a name and a value
 * @throws {TypeError} for a header with a bad name, or with CR, LF or NUL in its value
 */
function headerPairs(headers, valuesOf) {
  const list = headerList(headers, valuesOf) || [];
  /** @type {string[][]} */
  const pairs = [];
  for (let i = 0; i < list.length; i += 2) {
    const name = stripSpaces(list[i]);
    if (!TOKEN.test(name)) {
      throw new TypeError('Header name must be a token, as in RFC 9110: ' + JSON.stringify(name));
    }
    if (LINE_BREAK_OR_NUL.test(list[i + 1])) {
      throw new TypeError('Header must not contain CR, LF or NUL: ' + name);
    }
    add(pairs, name, list[i + 1]);
  }
  return pairs;
}

/**
 * What an array stands for, as in Node's own responses: a header for each item, or one list of them where a header may not
 * stand more than once.
 *
 * @param {string} name
 * @param {unknown} value
 * @returns {unknown[]}
 */
function itemsOf(name, value) {
  if (!Array.isArray(value)) return [value];
  return REPEATABLE.has(stripSpaces(name).toLowerCase()) ? value : [value.join(', ')];
}

/** @param {string[][]} pairs @param {string} name @param {string} value */
function add(pairs, name, value) {
  const key = name.toLowerCase();
  const known = pairs.some(([other]) => other.toLowerCase() === key);
  if (!known || REPEATABLE.has(key)) pairs.push([name, value]);
}

/** The HTTP/2 stream of a response; undefined over HTTP/1. @param {any} response @returns {any} */
function http2Stream({ stream }) {
  return stream && typeof stream.respond === 'function' ? stream : undefined;
}

/**
 * Where the events of a response are written to; nothing if the response has no way any more.
 *
 * @param {import('http').ServerResponse|import('http2').Http2ServerResponse} response
 * @returns {import('stream').Duplex|null|undefined}
 */
function streamOf(response) {
  return http2Stream(response) || response.socket;
}

/**
 * Writes the head.
 *
 * @param {any} request
 * @param {any} response
 * @param {string[][]} pairs of {@link headerPairs}
 * @param {(head: string) => void} write to the stream
 * @returns {[emitter: any, event: string][]} what tells that the response is over, whoever has ended it
 * @throws {Error} if the response has sent a head before
 */
function writeHead(request, response, pairs, write) {
  const stream = http2Stream(response);
  if (stream) {
    refuseSent(response.headersSent);
    /** @type {Record<string, any>} */
    const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-store' };
    for (const [name, value] of pairs) {
      const key = name.toLowerCase();
      if (!CONNECTION.has(key))
        head[key] = key in head && REPEATABLE.has(key) ? [head[key], value].flat() : value;
    }
    response.writeHead(200, head);
    // There is no body of the request to wait for: the end of that is not the end of the stream. A request that its owner
    // destroys leaves the stream as it is.
    return [...emitted(stream, 'error', 'close', 'finish'), ...emitted(request, 'close')];
  }
  const all = [...pairs];
  for (const [name, value] of presetPairs(response)) {
    const key = name.toLowerCase();
    if (!REPLACED.has(key) && !CONNECTION.has(key)) add(all, name, value);
  }
  write(
    'HTTP/1.1 200 OK\r\n' +
      'Content-Type: text/event-stream\r\n' +
      'Cache-Control: no-cache, no-store\r\n' +
      'Connection: close\r\n' +
      all.map(([name, value]) => `${name}: ${value}\r\n`).join('') +
      '\r\n'
  );
  // An owner who ends the response has written an answer of its own behind our events, and the server takes the next request.
  return [...emitted(response.socket, 'error', 'end', 'close', 'finish'), ...emitted(response, 'finish')];
}

/**
 * Events with who emits them; none of what emits nothing.
 *
 * @param {any} emitter
 * @param {...string} events
 * @returns {[emitter: any, event: string][]}
 */
function emitted(emitter, ...events) {
  return typeof emitter.on === 'function' ? events.map((event) => [emitter, event]) : [];
}

/**
 * The headers that a response of HTTP/1 has been given, by `setHeader` or by `writeHead`.
 *
 * @param {any} response
 * @returns {string[][]}
 */
function presetPairs(response) {
  if (response.headersSent) {
    // A head that `writeHead` has made has not left before something is written, which may wait for the end of the tick.
    refuseSent(response._headerSent !== false || response.writableLength > 0);
    return [...String(response._header).matchAll(FIELD_LINE)].map(([, name, value]) => [name, value]);
  }
  if (typeof response.getHeaderNames !== 'function') return [];
  const names = response.getRawHeaderNames ? response.getRawHeaderNames() : response.getHeaderNames();
  return names.flatMap((/** @type {string} */ name) =>
    [response.getHeader(name)].flat().map((value) => [name, String(value)])
  );
}

/** @param {boolean} sent */
function refuseSent(sent) {
  if (!sent) return;
  const text =
    'The response has sent its head: make the EventSource before anything is written to the response';
  throw Object.assign(new Error(text), { code: 'ERR_HTTP_HEADERS_SENT' });
}

module.exports = { headerPairs, itemsOf, streamOf, writeHead };
