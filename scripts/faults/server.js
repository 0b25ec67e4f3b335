'use strict';

/** Faults in what a connection does with its owner: opening, events, sending, closing. */

const { fault } = require('./edit');

const SERVER = 'lib/faye/websocket.js';
const API = 'lib/faye/websocket/api.js';
const RECEIVED = 'lib/faye/websocket/api/received.js';
const TARGET = 'lib/faye/websocket/api/event_target.js';
const BINARY = 'lib/faye/websocket/api/binary.js';
const ADDRESS = 'lib/address.js';
const OPTIONS = 'lib/options.js';
const DRAFTS = 'lib/drafts.js';

module.exports = [
  fault(
    'bytes that came with the request are dropped',
    ['server_takeover'],
    [SERVER, '    if (body && body.length > 0) this._early.unshift(Buffer.from(body));\n', '']
  ),
  fault(
    'bytes that come before the handshake is answered are dropped',
    ['server_takeover'],
    [API, 'for (const chunk of chunks) this._receive(chunk);', 'void chunks;']
  ),
  fault(
    'a connection that was closed before it was open opens',
    ['parity: closes before opening', 'parity: does not refuse when close comes before'],
    [SERVER, '    if (this.readyState !== CONNECTING) return;\n    if (body', '    if (body'],
    [
      API,
      '  if (this.readyState !== CONNECTING) return;\n  this.readyState = OPEN;',
      '  this.readyState = OPEN;'
    ]
  ),
  fault(
    'what was sent before the connection opened is lost',
    ['server_flow', 'parity: sends what was queued'],
    [API, 'for (const { replay } of queue) replay();', 'void queue;']
  ),
  fault(
    'what was sent before the connection opened leaves in reverse',
    ['parity: sends what was queued'],
    [API, 'for (const { replay } of queue) replay();', 'for (const { replay } of queue.reverse()) replay();']
  ),
  fault(
    'removeEventListener does nothing',
    ['server_events'],
    [TARGET, 'this.removeListener(eventType, listener);', '']
  ),
  fault(
    'addEventListener listens once',
    ['server_events'],
    [TARGET, 'this.on(eventType, listener);', 'this.once(eventType, listener);']
  ),
  fault(
    'dispatchEvent forgets the handler',
    ['server_events'],
    [TARGET, 'if (this[handler]) this[handler](event);', '']
  ),
  fault(
    'onmessage is skipped',
    ['server_events'],
    [RECEIVED, '    if (this.onmessage) this.onmessage(event);\n', '']
  ),
  fault(
    'onmessage comes behind the listeners',
    ['parity: server-events'],
    [RECEIVED, '    if (this.onmessage) this.onmessage(event);\n', ''],
    [
      RECEIVED,
      "    else if (listener !== undefined) this.emit('message', event);\n",
      "    else if (listener !== undefined) this.emit('message', event);\n    if (this.onmessage) this.onmessage(event);\n"
    ]
  ),
  fault(
    'only the first listener of message is called',
    ['server_events'],
    [
      RECEIVED,
      "else if (listener !== undefined) this.emit('message', event);",
      'else if (listener !== undefined) listener[0].call(this, event);'
    ]
  ),
  fault(
    'data is not emitted',
    ['parity: server-streams: echoes'],
    [RECEIVED, "if (this.readable && this._events.data !== undefined) this.emit('data', data);", '']
  ),
  fault('end is not emitted', ['parity: server-streams'], [API, "if (this.readable) this.emit('end');", '']),
  fault('drain is never emitted', ['server_flow'], [RECEIVED, "    this.emit('drain');\n", '']),
  fault(
    'pause does not hold the peer up',
    ['parity: server-streams: holds', 'parity: paused'],
    [API, 'this._paused = true;', '']
  ),
  fault(
    'the timer of pings is never cleared',
    ['parity: ping', 'server_events'],
    [API, '  clearInterval(this._pingTimer);\n', '']
  ),
  fault(
    'the timer of the closing handshake is never cleared',
    ['parity: server-close', 'client_churn'],
    [API, '  clearTimeout(this._closeTimer);\n', '']
  ),
  fault(
    'a silent peer is given 20 seconds instead of 30',
    ['parity: gives up'],
    [API, 'API.CLOSE_TIMEOUT = 30000;', 'API.CLOSE_TIMEOUT = 20000;']
  ),
  fault(
    'the reason of a close frame that came is lost',
    ['parity: server-close'],
    [
      RECEIVED,
      'this._settle(() => this._beginClose(code, reason, true));',
      "this._settle(() => this._beginClose(code, '', true));"
    ]
  ),
  fault(
    'the reason of a close frame that leaves is lost',
    ['parity: server-close'],
    [API, '    this._sendClose(code, reason);\n  }\n};', "    this._sendClose(code, '');\n  }\n};"]
  ),
  fault(
    'a close frame is not answered',
    ['parity: server-close'],
    [RECEIVED, 'if (this.readyState === OPEN) this._sendClose(code, reason);', '']
  ),
  fault(
    'a close frame without a code is reported as 1005',
    ['parity: server-close'],
    [RECEIVED, 'if (code === 0) code = 1000;', 'if (code === 0) code = 1005;']
  ),
  fault(
    'close throws for no bad code',
    ['server_misuse'],
    [API, 'if (code !== 1000 && !(code >= 3000 && code <= 4999)) {', 'if (code < 0) {']
  ),
  fault(
    'close is emitted twice',
    ['parity: server-close'],
    [
      API,
      'API.prototype._finalizeClose = function () {\n  if (this.readyState === CLOSED) return;\n',
      'API.prototype._finalizeClose = function () {\n'
    ]
  ),
  fault(
    'a lost connection is reported as 1000',
    ['parity: server-close'],
    [API, "this._closeParams || [1006, ''];", "this._closeParams || [1000, ''];"]
  ),
  fault(
    'something leaves behind the close frame of a violation',
    ['server_send'],
    [API, 'return this._closeSent ? false : this._send(data);', 'return this._send(data);']
  ),
  fault(
    'a violation is answered by no close frame',
    ['parity: server-violations: refuses reserved bit 1'],
    [RECEIVED, 'if (this.readyState === OPEN) this._sendClose(code, text);', '']
  ),
  fault(
    'a violation is no error',
    ['parity: server-violations: refuses reserved bit 1'],
    [
      RECEIVED,
      "this._fail(text, { code: 'ERR_WEBSOCKET_VIOLATION', closeCode: code }, code, text);",
      'this._beginClose(code, text);'
    ]
  ),
  fault(
    'an error is emitted while closing',
    ['parity: once closing'],
    [
      RECEIVED,
      '    if (this.readyState >= CLOSING) return;\n    this._dispatch(new ErrorEvent',
      '    this._dispatch(new ErrorEvent'
    ]
  ),
  fault('an error without a listener throws', ['client_throws'], [API, "  this.on('error', ignore);\n", '']),
  fault(
    'a ping is not answered',
    ['parity: server-frames: answers a ping'],
    [RECEIVED, 'this._transport.sendBytes(this, PONG, payload);', '']
  ),
  fault(
    'the callback of a ping is called for every pong',
    ['server_events'],
    [RECEIVED, '    this._pingCallbacks.delete(message);\n', '']
  ),
  fault(
    'pings of the option have one number',
    ['server_events', 'parity: numbered'],
    [API, 'this.ping(String(++id))', 'this.ping(String(1 + 0 * ++id))']
  ),
  fault(
    'bufferedAmount is always 0',
    ['server_flow'],
    [API, 'return queued + this._transport.pending(this);', 'return 0;']
  ),
  fault(
    'a typed array leaves as text',
    ['server_send'],
    [BINARY, 'return ArrayBuffer.isView(data) ||', 'return Buffer.isBuffer(data) ||']
  ),
  fault(
    'a view of a part of memory leaves with all of it',
    ['server_send'],
    [
      BINARY,
      'return Buffer.from(data.buffer, data.byteOffset, data.byteLength);',
      'return Buffer.from(data.buffer);'
    ]
  ),
  fault(
    'the timeout of the socket is left on',
    ['parity: gives the stream its own settings'],
    [API, 'if (stream.setTimeout) stream.setTimeout(0);', '']
  ),
  fault(
    'the delay of small packets is left on',
    ['parity: gives the stream its own settings'],
    [API, 'if (stream.setNoDelay) stream.setNoDelay(true);', '']
  ),
  fault(
    'chunks that others read too are unmasked in place',
    ['server_takeover'],
    [
      API,
      "socket && stream.listenerCount('data') === 1 && Buffer.isBuffer(chunk);",
      'Buffer.isBuffer(chunk);'
    ]
  ),
  fault(
    'our half of a connection stays open when the peer has ended its own',
    ['parity: server-close', 'threats_handlers'],
    [RECEIVED, 'if (stream.writable) stream.end();', 'void stream;']
  ),
  fault(
    'an unknown option is ignored',
    ['parity: throws for an option'],
    [OPTIONS, "if (validKeys.indexOf(key) < 0) throw new Error('Unrecognized option: ' + key);", '']
  ),
  fault(
    'maxLength is ignored',
    ['parity: over maxLength'],
    [
      OPTIONS,
      '  return number;\n}\n\n/**\n * Subprotocols',
      '  return DEFAULT_MAX_LENGTH;\n}\n\n/**\n * Subprotocols'
    ]
  ),
  fault(
    'protocols of a string with commas are one',
    ['parity: string with commas'],
    [
      OPTIONS,
      "typeof protocols === 'string' ? protocols.split(',')",
      "typeof protocols === 'string' ? [protocols]"
    ]
  ),
  fault(
    'an own header without a value is sent',
    ['parity: strips and skips'],
    [OPTIONS, '    if (value === undefined) continue;\n', '']
  ),
  fault(
    'the url is ws behind a proxy that says https',
    ['parity: uses wss in the url'],
    [ADDRESS, "headers['x-forwarded-proto'] === 'https'", 'false']
  ),
  fault(
    'a session is not released when its connection ends',
    ['server_crowd'],
    [API, '    native.release(this._slot);\n    this._slot = -1;', '    this._slot = -1;']
  ),
  fault(
    'a draft answers pings of its owner with true',
    ['server_drafts'],
    [API, ' || this._draft !== null) return false;', ') return false;']
  ),
  fault(
    'a draft opens before its challenge has come',
    ['server_drafts'],
    [SERVER, "if (session.isOpen) this._open('');", "this._open('');"]
  ),
  fault(
    'a draft is served although allowDrafts is false',
    ['server_drafts', 'server_misuse'],
    [SERVER, 'options.allowDrafts === false ? undefined : drafts.draftOf(headers)', 'drafts.draftOf(headers)']
  ),
  fault(
    'what stands behind a message of a draft whose handler throws is lost',
    ['parity: behind a throwing listener'],
    [DRAFTS, 'thrown.push(error);', 'throw error;']
  )
];
