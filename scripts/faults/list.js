'use strict';

/**
 * The faults: those of timers, of memory and of bytes on their way, which no tool makes that changes operators and
 * values. `cargo mutants` makes the others in the core, `npm run mutants` those in `lib`.
 */

const { leaveOut, skip, swap } = require('./change');

const CLOSING = 'lib/connection/closing.js';
const STREAM_EVENTS = 'lib/connection/stream_events.js';
const CLIENT = 'lib/connection/client.js';
const EVENTSOURCE = 'lib/faye/eventsource.js';
const DISPATCH = 'lib/transport/dispatch.js';
const LINE = 'lib/transport/line.js';
const TURNS = 'lib/transport/turns.js';
const OUTBOX = 'lib/transport/stream.js';
const DIRECT = 'lib/transport/direct.js';
const TAKEN = 'lib/transport/taken_socket.js';
const HANDLE = 'lib/transport/handle.js';
const OFFLOAD = 'lib/transport/jobs.js';
const PLUGINS = 'lib/extensions/plugins.js';
const DEFLATING = 'lib/extensions/deflate/coding.js';

const REGISTRY = 'src/binding/state/registry.rs';
const MASKS = 'src/binding/state/masks.rs';
const DIRECT_EXPORTS = 'src/binding/direct.rs';
const BATCH = 'src/binding/batch.rs';
const FINISHED = 'src/binding/finished.rs';
const REACTOR = 'src/transport/reactor.rs';
const CONNECTION = 'src/transport/connection.rs';
const SENDING = 'src/transport/outbox.rs';

const fault = (name, tests, file, change) => ({ name, tests, file, change });

module.exports = [
  // Timers and listeners.
  fault(
    'timers are left when a connection is over',
    ['server_close'],
    CLOSING,
    leaveOut('_finalizeClose', 'timers.cancel')
  ),
  fault('a silent peer is waited for', ['parity: server-close'], CLOSING, leaveOut('close', 'timers.after')),
  fault('handshakeTimeout is ignored', ['client_failures'], CLIENT, skip('_timeOut')),
  fault(
    'handshakeTimeout ends an open connection',
    ['client_failures'],
    CLIENT,
    leaveOut('_endOpening', 'timers.cancel')
  ),
  fault(
    'an EventSource pings after its end',
    ['eventsource', 'parity: eventsource'],
    EVENTSOURCE,
    leaveOut('close', 'timers.cancel')
  ),
  fault(
    'an idle timeout fires while messages come',
    ['server_owner'],
    DIRECT,
    leaveOut('find', '_unrefTimer')
  ),
  fault('plugins are not told of the end', ['extensions_plugins'], PLUGINS, skip('end')),

  // Order, and what a handler that throws leaves behind.
  fault(
    'rows behind a handler that throws are lost',
    ['server_stream: server_throws'],
    TURNS,
    swap('work', 'raise(ws, error);', 'ws._chunk = next(ws); raise(ws, error);')
  ),
  fault(
    'what waits for a turn is never given one',
    ['server_stream: server_throws'],
    LINE,
    leaveOut('schedule', 'put')
  ),
  fault(
    'the queue falls out of step when a message comes too late',
    ['server_close'],
    'lib/transport/payloads.js',
    skip('skip')
  ),
  fault(
    'what stands behind a large message in the scratch is lost',
    ['extensions_large'],
    DISPATCH,
    skip('takeRest')
  ),
  fault(
    'reading does not stop behind a large message',
    ['extensions_large'],
    TURNS,
    leaveOut('hold', 'pause')
  ),
  fault(
    'a job whose end throws keeps the others from ending',
    ['extensions_large'],
    OFFLOAD,
    swap('guard', 'surface(error)', 'throw error')
  ),
  fault(
    'the close frame overtakes messages that are compressed',
    ['extensions_large'],
    DEFLATING,
    swap('close', 'this._queue.push(callback)', 'callback()')
  ),

  // Memory that is used again.
  fault(
    'large memory is used again while a stream holds it',
    ['server_stream: server_flow', 'server_stream: server_send'],
    OUTBOX,
    swap('sendLarge', '() => memory.recycle(target)', 'void memory.recycle(target)')
  ),
  fault(
    'frames of two connections go to one',
    ['server_stream: server_send'],
    OUTBOX,
    leaveOut('own', 'seal')
  ),
  fault('a full slab is forgotten', ['server_stream: server_flow'], OUTBOX, leaveOut('overflow', 'flush')),
  fault(
    'a slot is used again under the same number',
    ['native_slots'],
    REGISTRY,
    swap('release', 'generation + 1', 'generation')
  ),
  fault(
    'a client masks every frame with the same key',
    ['parity: client-life: masks each frame'],
    MASKS,
    swap('next', 'self.block.pop()', 'self.block.last().copied()')
  ),

  // The owner's socket.
  fault(
    'the owner cannot pause the socket',
    ['server_owner'],
    TAKEN,
    leaveOut('pause', '_transport.pausedByOwner')
  ),
  fault(
    'the owner cannot let the process end',
    ['server_owner'],
    TAKEN,
    leaveOut('unref', '_transport.keepAlive')
  ),
  fault(
    'what was sent is lost when the owner destroys the socket',
    ['server_send', 'server_stream: server_send'],
    TAKEN,
    leaveOut('destroy', 'outbox.flush')
  ),
  fault(
    'a listener for the raw bytes of a direct socket gets none',
    ['server_owner'],
    DIRECT,
    skip('onNewListener')
  ),
  fault(
    'a socket that is given back is not read on',
    ['server_owner'],
    DIRECT,
    leaveOut('giveBack', 'startReading')
  ),
  fault(
    'a descriptor is used when its handle has closed it',
    ['direct_descriptors'],
    HANDLE,
    leaveOut('close', '_transport.letGo')
  ),
  fault(
    'a descriptor is used when its handle has been reset',
    ['direct_descriptors'],
    HANDLE,
    leaveOut('reset', '_transport.letGo')
  ),
  fault(
    'a socket that another process has got is read on',
    ['direct_descriptors'],
    TAKEN,
    leaveOut('setTimeout', '_transport.letGo')
  ),
  fault(
    'a direct socket that fails is left as it is',
    ['server_owner', 'threats_handlers'],
    DIRECT,
    leaveOut('fail', 'destroy')
  ),
  fault(
    'our half of a connection stays open when the peer has ended its own',
    ['parity: server-close'],
    STREAM_EVENTS,
    leaveOut('endOnce', 'stream.end')
  ),

  // The direct transport in Rust.
  fault(
    'the end of the peer is forgotten',
    ['parity: server-close', 'server_owner'],
    BATCH,
    swap('gather', 'Kind::End', 'Kind::Drained')
  ),
  fault(
    'rows of others are lost when a handler throws',
    ['server_throws'],
    BATCH,
    swap('dispatch', 'argument = GO_ON', 'break')
  ),
  fault(
    'an exception of a handler is swallowed',
    ['server_throws'],
    BATCH,
    leaveOut('dispatch', 'napi_fatal_exception')
  ),
  fault(
    'what could not be sent is lost when a socket is given back',
    ['server_owner'],
    DIRECT_EXPORTS,
    swap('DirectDetach.call', 'args.u32(1)? != 0', 'args.u32(1)? > 1')
  ),
  fault(
    'a connection that was backed up is not told that it has drained',
    ['server_flow'],
    CONNECTION,
    swap('note_flush', 'then_some(Outcome::Drained)', 'then_some(Outcome::Drained).filter(|_| false)')
  ),
  fault(
    'a connection never counts as backed up',
    ['server_flow'],
    CONNECTION,
    swap('note_flush', 'HIGH_WATER', 'usize::MAX')
  ),
  fault(
    'a socket that has room again is not written to',
    ['server_flow'],
    REACTOR,
    leaveOut('collect', 'self.flush')
  ),
  fault(
    'direct connections keep the process alive for ever',
    ['server_owner', 'server_exit'],
    REACTOR,
    swap('keep_alive', 'self.alive -= 1', '{}')
  ),
  fault(
    'a busy connection starves the others',
    ['direct_wakeups'],
    REACTOR,
    swap('requeue', 'push_back', 'push_front')
  ),
  fault(
    'a part of what waits is sent twice',
    ['server_flow'],
    SENDING,
    swap('flush', 'self.sent += count', 'self.sent += count - (count & 1)')
  ),
  fault('what was sent in part is given back whole', ['server_owner'], SENDING, leaveOut('take', 'drain')),
  fault(
    'a session that lent its codec does not get it back',
    ['extensions_large', 'deflate_interop'],
    FINISHED,
    leaveOut('take_back_to_session', 'session.give_deflate')
  )
];
