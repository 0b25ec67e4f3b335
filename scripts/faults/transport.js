'use strict';

/** Faults in how bytes and rows travel: dispatch, the two transports, and the owner's socket. */

const { fault } = require('./edit');

const DISPATCH = 'lib/dispatch.js';
const OUTBOX = 'lib/outbox.js';
const DIRECT = 'lib/direct.js';
const TAKEN = 'lib/taken_socket.js';
const API = 'lib/faye/websocket/api.js';

module.exports = [
  fault(
    'a row whose handler threw is replayed (stream)',
    ['server_stream: server_throws'],
    [
      DISPATCH,
      'const rest = cells.slice(HEAD + i * CELLS,',
      'const rest = cells.slice(HEAD + (i - 1) * CELLS,'
    ]
  ),
  fault(
    'a row whose handler threw is replayed (direct)',
    ['server_throws'],
    [
      DISPATCH,
      'if (done) active = 0;',
      'if (done) active = 0;\n    else if (batch.again !== batch.position) batch.again = batch.position--;'
    ]
  ),
  fault(
    'rows behind a handler that throws are lost',
    ['server_stream: server_throws'],
    [
      DISPATCH,
      'interrupt(() => replay(ws, chunk, at, rest));\n    }\n  }\n}\n\n/** Dispatches rows that',
      'void rest;\n    }\n  }\n}\n\n/** Dispatches rows that'
    ]
  ),
  fault(
    'the rest of a chunk whose only row threw is lost',
    ['server_stream: server_throws', 'client_handshake'],
    [DISPATCH, 'if (!done) interrupt(() => parse(ws, chunk, at));', 'void done;']
  ),
  fault(
    'a chunk overtakes what was left behind by a handler that threw',
    ['server_stream: server_throws'],
    [
      DISPATCH,
      'function feed(ws, chunk) {\n  if (interrupted.length > 0) {',
      'function feed(ws, chunk) {\n  if (interrupted.length < 0) {'
    ]
  ),
  fault(
    'a handler that feeds another connection spoils the rows of its own',
    ['server_takeover'],
    [DISPATCH, '      cells.set(saved);\n', '']
  ),
  fault(
    'what a handler feeds to its own connection overtakes',
    ['server_takeover'],
    [DISPATCH, '  if (ws._busy) {\n', '  if (ws._busy === 1) {\n']
  ),
  fault(
    'the queue of long messages falls out of step when one comes too late',
    ['server_close'],
    [DISPATCH, 'if (offset === QUEUED && ws._slot !== -1) native.skip(ws._slot);', '']
  ),
  fault(
    'messages are delivered after close',
    ['parity: close'],
    [
      'lib/faye/websocket/api/received.js',
      '    if (this.readyState > OPEN) return;\n    const event = new MessageEvent',
      '    const event = new MessageEvent'
    ],
    [
      DISPATCH,
      '  if (kind === rows.ASCII) {\n    if (ws.readyState > OPEN) return skip(ws, offset);\n',
      '  if (kind === rows.ASCII) {\n'
    ]
  ),
  fault(
    'a binary message is a part of memory that is written over',
    ['server_events'],
    [DISPATCH, 'if (chunk !== ws._scratch && (chunk.length', 'if (chunk === ws._scratch || (chunk.length']
  ),
  fault(
    'a pong is answered before the messages in front of it',
    ['parity: in the order of the packet'],
    [
      DISPATCH,
      'function dispatchAll(ws, chunk, at, count) {\n  let i = 0;',
      'function dispatchAll(ws, chunk, at, count) {\n  for (let j = 0; j < count; j++) {\n    const [kind, offset, length] = cells.subarray(HEAD + j * CELLS);\n    if (kind === rows.PING) ws._receivePing(bytes(ws, chunk, offset, length));\n  }\n  let i = 0;'
    ]
  ),
  fault(
    'chunks that come while a large message is inflated overtake it',
    ['extensions_large'],
    [
      DISPATCH,
      '      if (ws._held !== null) {\n        ws._held.push(chunk.subarray(at));\n        break;\n      }\n',
      ''
    ]
  ),
  fault(
    'what is held while a large message is inflated is lost',
    ['extensions_large'],
    [DISPATCH, 'const chunks = held.concat(ws._later || []);', 'const chunks = ws._later || [];']
  ),
  fault(
    'frames of two connections go to one',
    ['server_stream: server_send'],
    [
      OUTBOX,
      '  if (owner !== ws) {\n    seal();\n    owner = ws;\n  }',
      '  if (owner === null) {\n    seal();\n    owner = ws;\n  }'
    ]
  ),
  fault(
    'the slab is written over while a stream holds it',
    ['server_stream: server_flow', 'server_takeover'],
    [OUTBOX, 'return moved || (stream.writableLength === 0 && ws._reusesSlab);', 'return true;']
  ),
  fault(
    'a large payload is sent from memory that is in use again',
    ['server_stream: server_send', 'server_stream: server_flow'],
    [
      OUTBOX,
      '  const size = native.frameBytes(ws._slot, opcode, bytes, target);\n  sendAlone(ws, target.subarray(0, size), () => memory.release(target));',
      '  const size = native.frameBytes(ws._slot, opcode, bytes, target);\n  sendAlone(ws, target.subarray(0, size));\n  memory.release(target);'
    ]
  ),
  fault(
    'what was sent in the turn of process.exit is lost (stream)',
    ['server_stream: server_exit'],
    [OUTBOX, "process.on('exit', flush);", '']
  ),
  fault(
    'what was sent in the turn of process.exit is lost (direct)',
    ['server_exit', 'server_workers'],
    [DIRECT, 'if (usable) native.directFlush();', '']
  ),
  fault(
    'a full slab is forgotten',
    ['server_stream: server_flow'],
    [
      OUTBOX,
      'function overflow() {\n  flush();',
      'function overflow() {\n  owner = null;\n  start = cursor;\n  flush();'
    ]
  ),
  fault(
    'send is true on a stream that is backed up',
    ['server_stream: server_flow'],
    [
      OUTBOX,
      'if (!stream.write(moved ? copied(bytes) : bytes, written)) ws._backedUp = true;',
      'stream.write(moved ? copied(bytes) : bytes, written);'
    ]
  ),
  fault(
    'each frame leaves in a write of its own',
    ['server_stream: server_flow'],
    [
      OUTBOX,
      '  if (dispatching === 0 && !scheduled) {',
      '  flush();\n  owner = ws;\n  if (dispatching === 0 && !scheduled) {'
    ]
  ),
  fault(
    'what was sent leaves behind what the owner of the socket writes',
    ['server_send'],
    [
      TAKEN,
      '  if (!outbox.isFlushing()) {\n    outbox.flush();\n    if (this[DIRECT]) hooks.giveBack(this[DIRECT]);\n  }',
      ''
    ]
  ),
  fault(
    'what was sent is lost when the owner destroys the socket',
    ['server_stream: server_send', 'server_send'],
    [
      TAKEN,
      'function destroy(error, callback) {\n  if (!outbox.isFlushing()) outbox.flush();\n',
      'function destroy(error, callback) {\n'
    ]
  ),
  fault(
    'the owner cannot pause the socket',
    ['server_owner'],
    [TAKEN, 'if (this[DIRECT]) hooks.pause(this[DIRECT], true);', '']
  ),
  fault(
    'the owner cannot let the process end',
    ['server_owner'],
    [TAKEN, 'if (this[DIRECT]) hooks.alive(this[DIRECT], false);', '']
  ),
  fault(
    'the counters of the socket stand still',
    ['server_owner'],
    [TAKEN, 'get.call(this) + hooks.counters(this[OWNER])[index]', 'get.call(this)']
  ),
  fault(
    'an idle timeout fires while messages come',
    ['server_owner'],
    [DIRECT, 'if (ws._timed) ws._stream._unrefTimer();\n}\n\n/** A row', '}\n\n/** A row'],
    [DIRECT, '  if (ws._timed) ws._stream._unrefTimer();\n  if (text.length', '  if (text.length']
  ),
  fault(
    'a listener for the raw bytes of a direct socket gets none',
    ['server_owner'],
    [DIRECT, "  socket.on('newListener', onNewListener);\n", '']
  ),
  fault(
    'bytes that wait are lost when a socket is given back',
    ['server_owner'],
    [DIRECT, 'ws._backedUp = !socket.write(bytes);', 'ws._backedUp = false;']
  ),
  fault(
    'a socket that is given back is not read on',
    ['server_owner'],
    [
      DIRECT,
      '    handle.reading = true;\n    handle.readStart();\n  }\n}\n\n/** The socket is going',
      '    handle.reading = true;\n  }\n}\n\n/** The socket is going'
    ]
  ),
  fault(
    'a paused connection is read on when it becomes direct',
    ['parity: paused', 'server_flow'],
    [DIRECT, 'if (ws._paused) pause(ws);', '']
  ),
  fault(
    'the end of the peer is not seen on a direct socket',
    ['parity: server-close', 'server_owner'],
    [
      DIRECT,
      '      giveBack(ws, true);\n      break;\n    case rows.READ_FAILED',
      '      break;\n    case rows.READ_FAILED'
    ]
  ),
  fault(
    'a direct socket that fails is left as it is',
    ['server_owner', 'threats_handlers'],
    [DIRECT, '  ws._stream.destroy(error);\n', '  void error;\n']
  ),
  fault(
    'a row meets a connection that was destroyed in the same turn',
    ['direct_sockets'],
    [DIRECT, 'ws._slot !== slot || (ws._transport !== direct && ws._stream.destroyed)', 'ws._slot !== slot']
  ),
  fault(
    'drain is not emitted on the direct transport',
    ['server_flow'],
    [DIRECT, '      ws._backedUp = true;\n      ws._drain();\n', '']
  ),
  fault(
    'send is true on a direct socket that is backed up',
    ['server_flow'],
    [
      DIRECT,
      'if (native.directBytes(ws._slot, opcode, bytes) === 0) return true;',
      'native.directBytes(ws._slot, opcode, bytes);\n  if (opcode < 8) return true;'
    ]
  ),
  fault(
    'transport: stream is ignored',
    ['socket_endings'],
    [API, "this._wantsDirect = transportOf(options.transport) !== 'stream';", 'this._wantsDirect = true;']
  ),
  fault(
    'the direct transport is never used',
    ['socket_endings'],
    [DIRECT, '    !isUsable()\n', '    isUsable()\n']
  )
];
