/// <reference types="node" />

import { AsyncResource } from 'async_hooks';
import { Socket } from 'net';
import { Stream } from 'stream';

import { DraftEvent, DraftSession } from '../native/classes';
import { Limits, Negotiation, Opened, Opening, Plan } from './connection_parts';

/**
 * A connection, as the parts of `lib` see each other's work on it: which fields it has, and above each group which part
 * writes them. Whoever else reads a field does not write it, unless it says so.
 *
 * `Receiver` is what turns and dispatch work on, in a connection over a socket and in a driver alike; `Connection` is one
 * over a socket.
 */

/** A chunk that is worked off, with the rows of it that were not dispatched yet (`lib/transport/turns.js`). */
export interface Chunk {
  /** Null where only rows are left, which point nowhere. */
  bytes: any;
  /** How far the bytes were parsed. */
  at: number;
  /** Cells, or the events of a draft, and the range of them that is to be dispatched. */
  rows: any;
  row: number;
  end: number;
  readonly isDone: boolean;
}

/** Something to do at a time (`lib/transport/timers.js`). */
export type Timer = ReturnType<typeof import('./timers').after>;

/** The async context in which handlers run (`lib/transport/scope.js`). */
export type Scope = Pick<AsyncResource, 'runInAsyncScope'>;

/** How bytes travel: `stream.js`, `direct.js`, `draft.js`, or a driver's `frames.js`. */
export interface Transport {
  readonly name?: 'stream' | 'direct';
  /** Each returns false while the connection is backed up. */
  sendText(ws: any, text: string): boolean;
  /** `opcode` has the RSV bits from bit 4 up. */
  sendBytes(ws: any, opcode: number, bytes: Uint8Array): boolean;
  sendClose(ws: any, code: number, reason: string): void;
  /** Bytes that have not left the process. */
  pending(ws: any): number;
  pause(ws: any): void;
  resume(ws: any): void;
  flush(ws?: any): void;
  /** A row that is not of the protocol but of the socket. */
  control?(ws: any, kind: number, number: number): void;
}

/** What extensions do with messages: `lib/extensions/deflate/coding.js`, or `lib/extensions/plugins.js`. */
export interface Coding {
  /** Bytes, or of texts UTF-16 units, that are queued or at work. */
  readonly queued: number;
  /** Returns false while there is back-pressure. */
  send(data: string | Buffer): boolean;
  /** A client's: throws if the server's answer does not suit. */
  activate?(header: string | undefined): void;
  /** A row `RAW`, which plugins alone get. */
  receive?(opcode: number, rsv: number, data: Buffer): void;
  /** A row `INFLATE`, which the native permessage-deflate alone gets. */
  inflate?(): void;
  /** Calls `callback` behind every message that was accepted. */
  close(callback: () => void): void;
  /** The connection is over. */
  end(): void;
}

/** What turns and dispatch work on. */
export interface Receiver {
  /** A connection's; a driver has none. */
  readonly _stream?: { readonly destroyed?: boolean };

  // Written by lib/transport/turns.js.

  /** The chunk that is worked on or waits, and those behind it. dispatch.js and batch.js put some there. */
  _chunk: Chunk | null;
  _behind: Chunk[] | null;
  /** How many times over they are being worked on: more than once when a handler runs the loop. */
  _works: number;
  /** Whether they wait for a turn to come, and whether the connection stands in the line for it. */
  _waits: boolean;
  _inLine: boolean;
  /** Whether nothing is parsed until a message that is at work elsewhere has come back. */
  _holds: boolean;
  /** Whether the loop brings its bytes. The face sets it once. */
  _fromLoop: boolean;
  /** The work that a turn has, what is left of it (dispatch.js counts it down), and which turn that is. */
  _most: number;
  _left: number;
  _turn: number;
  /** What is left of the work that handlers and extensions cause in a turn beyond what parsing counts. */
  _spare: number;
  /** What happens once nothing waits any more. */
  _afterwards: (() => void)[] | null;
  /** What ends the reading of a connection that is backed up; null while it is not: brake.js. */
  _brake: import('./brake').Brake | null;

  // Written by the face (lib/faye/websocket/api.js, or lib/driver).

  readyState: number;
  /** The native session; -1 before and after. */
  _slot: number;
  readonly _scope: Scope;
  /** What extensions do with messages; null without any. */
  _coding: Coding | null;
  /** Whether the native side compresses messages. */
  _deflates: boolean;
  /** How bytes travel. direct.js changes it when it takes a descriptor over and gives it back. */
  _transport: Transport;
  /** Whether the peer does not keep up. The transports set it, and the face ends it with `drain`. */
  _backedUp: boolean;

  // Written by lib/transport/direct.js.

  /** The memory that rows point into and that does not stay; null over the stream transport. */
  _scratch: Buffer | null;

  // What the face does; rows become these calls (lib/transport/dispatch.js).

  _work(chunk: Chunk): void;
  _readOn(): void;
  _receiveMessage(data: string | Buffer): void;
  _receivePing(payload: Buffer): void;
  _receivePong(payload: Buffer): void;
  _receiveClose(code: number, reason: string): void;
  _receiveViolation(code: number, text: string): void;
  /** Only a client is told these: the server agreed, or it or a proxy refused, or a proxy opened a tunnel. */
  _receiveOpen(): void;
  _receiveRefusal(status: number, text: string): void;
  _receiveTunnel(rest: Buffer): void;
  emit(event: string | symbol, ...values: any[]): boolean;
}

/** What of Node's handles is used, which no declaration of Node's has. */
export interface Handle {
  fd: number;
  reading: boolean;
  readStart(): number;
  readStop(): number;
  hasRef(): boolean;
  close(callback?: () => void): void;
  reset?(callback?: () => void): void;
  [key: symbol]: any;
}

/** The stream of a connection: nearly always a socket of Node's, with what it has besides what is declared. */
export interface OwnedStream extends Socket {
  /** Only of TLS. */
  encrypted?: boolean;
  alpnProtocol?: string | false | null;
  _handle: Handle | null;
  _events: Record<string, unknown>;
  _unrefTimer(): void;
  _writeGeneric: unknown;
  /** Those of `lib/transport/taken_socket.js`. */
  [key: symbol]: any;
}

/** What was sent before a connection opened: its size in bytes, and the call to make then. */
export interface Queued {
  size: number;
  replay(): unknown;
}

/** Details of an error, besides its message. */
export interface ErrorDetail {
  code?: string;
  cause?: unknown;
  statusCode?: number;
  closeCode?: number;
  name?: string;
}

/** A connection over a socket. */
export interface Connection extends Receiver, Omit<Stream, 'emit'> {
  // Public, and written by lib/faye/websocket/api.js. A client writes `headers` and `statusCode`.

  writable: boolean;
  readable: boolean;
  bufferedAmount: number;
  protocol: string;
  url: string;
  version: string;
  headers?: Record<string, string>;
  statusCode?: number;
  onopen: Handler;
  onmessage: Handler;
  onerror: Handler;
  onclose: Handler;
  readonly _events: Record<string, unknown>;

  // Written by the constructors (lib/faye/websocket.js, lib/faye/websocket/client.js), once.

  /** A client changes it while it connects. */
  _stream: OwnedStream;
  /** Whether frames are masked on the way out, so that payloads cannot leave uncopied. */
  _masks: boolean;
  /** The native session of a connection that speaks a draft. */
  _draft: DraftSession | null;

  // The transports.

  /** Bytes that are framed and not yet given to the stream: stream.js. */
  _pending: number;
  /** The turn in which the stream was last written to before its end, and when that was: prompt.js. */
  _wroteIn: number;
  _wroteAt: number;
  /** Whether Rust may move the bytes: the face. */
  _wantsDirect: boolean;
  /** Whether the owner has set an idle timeout on a socket that Rust reads: direct.js and taken_socket.js. */
  _timed: boolean;
  /** The handle whose descriptor Rust reads and writes: direct.js. */
  _handle: Handle | null;
  /** Bytes received and sent over the direct transport, while it is not in use: direct.js. */
  _counters: readonly number[];

  // Opening: written by lib/faye/websocket/api.js, websocket.js and client.js.

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

  // Receiving: written by lib/faye/websocket/api.js, and api/received.js.

  _paused: boolean;
  /** The payload of the newest ping that waits for its pong while the connection is backed up. */
  _pong: Buffer | null;

  // Pings: written by lib/faye/websocket/api/pinging.js.

  _pingCallbacks: Map<string, () => void> | null;
  _pingTimer: Timer | null;
  readonly _pingSeconds: number;

  /** What the owner allows the peer: lib/faye/websocket/api/limits.js. */
  _limits: Limits | null;

  // What a browser's has, and what `await` wants.

  /** What waits for a Blob: lib/faye/websocket/api/later.js. */
  _later: Later | null;
  /** As what binary messages are wanted, if not as Buffers: lib/faye/websocket/api/binary_type.js. */
  _binaryType: 'arraybuffer' | 'blob' | null;
  /** What `opened` and `closed` are, if somebody has asked: lib/faye/websocket/api/modern.js. */
  _promises: Promises | null;
  /** Whether the connection has ever been open. */
  _hasOpened: boolean;

  // Closing: written by lib/faye/websocket/api.js. A draft counts the time of its handshake with the same timer.

  _closeTimer: Timer | null;
  /** What `close` will report: a code and a reason. The drafts have neither. */
  _closeParams: [code: number | null, reason: string | null] | null;
  /** Whether the close frame of this side was sent, or waits behind what extensions are at work on. */
  _closeSent: boolean;
  /** The close frame that a server sends in the place of opening. */
  _farewell: [code: number, reason: string] | null;
  /** Whether the connection is to close once it is open and what was sent has left. */
  _ends: boolean;

  send(data: unknown): boolean;
  ping(message?: unknown, callback?: () => void): boolean;
  close(code?: number, reason?: string): void;

  // What each part may ask of the face.

  _send(data: any): boolean;
  _sendClose(code: number, reason: string): void;
  /** Writes a ping or a pong; while somebody subscribes to its channel, what stands in its place publishes it. */
  _sendPing(payload: Buffer): void;
  _sendPong(payload: Buffer): void;
  _awaitClose(say: () => void): void;
  /** `gently`: what waits on its way to the peer leaves first, with the close frame behind it. */
  _beginClose(code: number | null, reason: string | null, gently?: boolean): void;
  _endSoon(stream: OwnedStream): boolean;
  _finalizeClose(): void;
  /** How long a peer may take to answer our close frame, in milliseconds. */
  _closeTimeout(): number;
  /** Ends the connection with an `error`, and at once. */
  _giveUpOn(text: string, detail: ErrorDetail): void;
  terminate(): void;
  resume(): void;
  _configureStream(): void;
  _open(protocol: string): void;
  _catchUp(): void;
  _takeOver(): void;
  _receive(chunk: Buffer): void;
  _isHeldUp(): boolean;
  _dispatch(event: object, handler: Handler): void;
  _endWith(stream: OwnedStream): () => void;
  _failNetwork(cause: NodeJS.ErrnoException & { errors?: Error[] }): void;
  _fail(message: string, detail: ErrorDetail, code: number | null, reason: string | null): void;
  _emitError(message: string, detail: ErrorDetail): void;
  _settle(callback: () => void): void;
  _ignoreErrors(): void;
  /** Calls `callback` behind everything that extensions are at work on. */
  _settleCoding(callback: () => void): void;
  _setCoding(coding: Coding | null, deflates: boolean): void;
  _drain(): void;
  _startPings(): void;
  _endBeforehand(): void;
  _tellClosed(): void;

  // A server's.

  _answerDraft(request: any, body: Buffer | undefined, options: any, timeout?: number): void;
  _answer(body: Buffer | undefined, head: string | Buffer, fault: string | null, open: () => void): void;

  // A client's.

  _ask(stream: OwnedStream, connected: string | null): void;
  _negotiate(stream: OwnedStream, connected: string | null): void;
  _askSession(session: import('http2').ClientHttp2Session, otherwise: (() => void) | null): void;
  _askStream(session: import('http2').ClientHttp2Session, ours: boolean): void;
  _readAnswer(): string;
  _unreachable(): string;
  _lose(message: string, detail: ErrorDetail): void;
  _timeOut(milliseconds: number): void;
  _abort(reason: unknown): void;
  _endOpening(): void;
  _tellEnd(): void;
  _start(plan: Plan, opened: Opened): void;
  _lead(stream: OwnedStream, connected: string | null): void;
  _await(promise: Promise<unknown>): void;
  _again(url: string, change: { http2?: boolean; secrets?: boolean }): void;
  _loseTo(error: any): void;
  _redirect(location: string): void;
}

/** A method of a connection, as a function that is put on a prototype. */
export type Method<K extends keyof Connection> = Connection[K] extends (...args: infer A) => infer R
  ? (this: Connection, ...args: A) => R
  : never;

/** The same of a client that is not open yet. */
export type ClientMethods = Partial<Connection> &
  ThisType<Connection & { _opening: Opening; headers: Record<string, string>; _stream: any }>;

/** Methods of a connection, as a table that is copied onto a prototype. */
export type Methods = Partial<Connection> & ThisType<Connection>;

export type Handler = ((event: any) => void) | null;

/** Messages that wait for a Blob. */
export interface Later {
  readonly size: number;
  sendBlob(blob: Blob, plain: boolean): boolean;
  send(data: string | Buffer, plain: boolean): boolean;
  call(action: () => void): void;
  end(): void;
}

/** The promises of a connection. */
export interface Promises {
  open(): void;
  fail(error: Error): void;
  end(): void;
}

export type { DraftEvent, Limits, Negotiation, Opened, Opening, Plan };
