import { DraftSession } from '../native/classes';
import { Chunk, Coding, Handle, Later, Scope, Timer, Transport } from './connection';
import { Limits, Negotiation, Opening } from './connection_parts';

/**
 * The state of a connection, each group with the files of `lib` that write it; everybody may read. `npm run lint` fails
 * where another file writes (`scripts/owners.js`). The constructors give all of them a first value.
 */

/**
 * Whose turn it is, and what has been read and is not dispatched.
 *
 * @writers transport/turns.js, transport/afterwards.js, transport/batch.js, transport/dispatch.js, transport/payloads.js,
 *   transport/draft.js, transport/brake.js, connection/connection.js
 */
export interface TurnState {
  /** The chunk that is worked on or waits, and those behind it. */
  _chunk: Chunk | null;
  _behind: Chunk[] | null;
  /** How many times over they are being worked on: more than once when a handler runs the loop. */
  _works: number;
  /** Whether they wait for a turn to come, and whether the connection stands in the line for it. */
  _waits: boolean;
  _inLine: boolean;
  /** Whether nothing is parsed until a message that is at work elsewhere has come back. */
  _holds: boolean;
  /** Whether the loop brings its bytes. The connection sets it once. */
  _fromLoop: boolean;
  /** The work that a turn has, what is left of it (dispatch.js and draft.js count it down), and which turn that is. */
  _most: number;
  _left: number;
  _turn: number;
  /** The work on a message that goes on, which counts once it is told (dispatch.js). */
  _owed: number;
  /** What is left of the work that handlers and extensions cause in a turn beyond what parsing counts. */
  _spare: number;
  /** What happens once nothing waits any more. */
  _afterwards: (() => void)[] | null;
  /** What ends the reading of a connection that is backed up; null while it is not: brake.js. */
  _brake: import('./brake').Brake | null;
  /** How many readers of its messages are behind: the connection counts them, and a driver has none. */
  _slowReaders: number;
}

/**
 * What speaks the protocol for the connection.
 *
 * @writers connection/connection.js, connection/server.js, connection/closing.js, connection/client/connecting.js,
 *   connection/client/answered.js
 */
export interface SessionState {
  /** The native session; -1 before and after. */
  _slot: number;
  /** What extensions do with messages; null without any. */
  _coding: Coding | null;
  /** Whether the native side compresses messages. */
  _deflates: boolean;
  readonly _scope: Scope;
}

/**
 * How bytes travel at the moment.
 *
 * @writers transport/direct.js, transport/direct_owner.js, transport/direct_sending.js, transport/batch.js, transport/many.js, transport/draft.js,
 *   transport/lending.js, transport/half_close.js, connection/server.js, connection/stream_events.js, connection/receiving.js
 */
export interface WireState {
  /** direct.js changes it when it takes a descriptor over and gives it back, half_close.js when a peer is given up. */
  _transport: Transport;
  /** Whether the peer does not keep up. The transports set it, and the connection ends it when the stream has room again. */
  _backedUp: boolean;
  /** Whether the frame that was sent last waits in an outbox: direct_sending.js and direct_owner.js; batch.js has it leave behind the turn. */
  _unsent: boolean;
  /** The memory that rows point into and that does not stay; null before the direct transport has been used. */
  _scratch: Buffer | null;
}

/**
 * What the transports keep of a connection's socket.
 *
 * @writers transport/stream.js, transport/prompt.js, transport/direct.js, transport/taken_socket.js, connection/server.js
 */
export interface SocketState {
  /** Bytes that are framed and not yet given to the stream: stream.js. */
  _pending: number;
  /** The burst in which the stream was last written to before its end, when that was, and how often: prompt.js. */
  _wroteIn: number;
  _wroteAt: number;
  _writes: number;
  /** How many writes of a burst are made at once: prompt.js. */
  _atOnce: number;
  /** Whether Rust may move the bytes: server.js, for a draft. */
  _wantsDirect: boolean;
  /** Whether the owner has set an idle timeout on a socket that Rust reads: direct.js and taken_socket.js. */
  _timed: boolean;
  /** The handle whose descriptor Rust reads and writes: direct.js. */
  _handle: Handle | null;
  /** Bytes received and sent over the direct transport, while it is not in use: direct.js. */
  _counters: readonly number[];
}

/**
 * Who a connection is.
 *
 * @writers connection/client.js, connection/client/connecting.js, connection/client/answered.js, connection/server.js
 */
export interface Identity {
  readonly _face: import('./connection').Face;
  /** The object that the application holds. */
  readonly _target: object;
  version: string;
  /** A client changes it with a redirection. */
  url: string;
  /** Whether frames are masked on the way out, so that payloads cannot leave uncopied. */
  _masks: boolean;
  /** The native session of a connection that speaks a draft. */
  _draft: DraftSession | null;
  /** A client's: what the server has answered. */
  headers?: Record<string, any>;
  statusCode?: number;
}

/**
 * Where a connection stands in the list of all.
 *
 * @writers connection/live.js
 */
export interface ListState {
  /** Its index; -1 before it has taken its stream, and once that is gone. */
  _place: number;
}

/** What was sent before a connection opened: its size in bytes, and the call to make then. */
export interface Queued {
  size: number;
  replay(): unknown;
}

/**
 * What waits for the handshake.
 *
 * @writers connection/connection.js, connection/client.js, connection/client/connecting.js, connection/client/answered.js,
 *   connection/closing.js
 */
export interface OpeningState {
  /** What was sent before the connection opened; null from then on. */
  _queue: Queued[] | null;
  /** Chunks that came before the handshake was answered; null from then on. */
  _early: Buffer[] | null;
  /** A client's, until it is open: what is needed for that. */
  _opening: Opening | null;
  /** A client's, until the server has answered. */
  _negotiation: Negotiation | null;
  /** A client's: ends the watch over the option `signal`. */
  _unwatch: (() => void) | null;
}

/**
 * What the owner and the peer have asked for of reading, and pings that wait for their pongs.
 *
 * @writers connection/connection.js, connection/receiving.js, connection/pinging.js, connection/closing.js,
 *   connection/stream_events.js
 */
export interface ReceivingState {
  /** Whether nothing more is to be read, since the owner or readers of messages ask for it. */
  _paused: boolean;
  _pausedByOwner: boolean;
  /** Bytes that had come before the connection took its stream, and whether somebody else has seen the last chunk. */
  _unread: number;
  _shared: boolean;
  /** The payload of the newest ping that waits for its pong while the connection is backed up. */
  _pong: Buffer | null;
  _pingCallbacks: Map<string, () => void> | null;
  /** Whether a ping was sent, whose pong may come behind the peer's close frame. */
  _hasPinged: boolean;
  _pingTimer: Timer | null;
  readonly _pingSeconds: number;
}

/**
 * What stands before the transport.
 *
 * @writers connection/sending.js, connection/later.js
 */
export interface SendingState {
  /** What the owner allows the peer: lib/connection/limits.js. */
  readonly _limits: Limits | null;
  /** What waits for a Blob: lib/connection/later.js. */
  _later: Later | null;
}

/**
 * The life of a connection. A draft counts the time of its handshake with the timer of closing; the peer's close frame,
 * which is read in receiving.js, says what `close` will report.
 *
 * @writers connection/closing.js, connection/lingering.js, connection/receiving.js, transport/draft.js
 */
export interface ClosingState {
  /** One of lib/connection/states.js, of which `readyState` is what the application sees. */
  _state: number;
  /** Whether the connection has ever been open. */
  hasOpened: boolean;
  _closeTimer: Timer | null;
  /** Whether it is read to its end only so that the peer finds our close frame: lingering.js. */
  _lingers: boolean;
  /** What `close` will report once that is known. The drafts have neither. */
  _closeParams: [code: number | null, reason: string | null] | null;
  /** The close frame that a server sends in the place of opening. */
  _farewell: [code: number, reason: string] | null;
}
