/// <reference types="node" />

import { AsyncResource } from 'async_hooks';
import { Socket } from 'net';

import { DraftEvent } from '../native/classes';
import { Limits, LimitSettings, Negotiation, Opened, Opening, Plan } from './connection_parts';
import {
  ClosingState,
  Identity,
  ListState,
  OpeningState,
  Queued,
  ReceivingState,
  SendingState,
  SessionState,
  SocketState,
  TurnState,
  WireState
} from './connection_state';

/**
 * A connection, as the parts of `lib` see each other's work on it. Its fields, and which part writes them, are in
 * `connection_state.d.ts`.
 *
 * `Receiver` is what turns and dispatch work on, in a connection over a socket and in a driver alike; `Connection` is one
 * over a socket. A `Face` is what shows a connection to its application.
 */

/** A chunk that is worked off, with the rows of it that were not dispatched yet (`lib/transport/chunk.js`). */
export interface Chunk {
  /** Null where only rows are left, which point nowhere. */
  bytes: any;
  /** Whether they stand in memory that is used again: in the scratch of TLS sockets, or in a copy of it. */
  inScratch: boolean;
  isCopied: boolean;
  /** Of the memory in which a copy of the scratch stands, from its beginning on. */
  view: DataView | null;
  /** How far the bytes were parsed. */
  at: number;
  /** Cells, or the events of a draft, and the range of them that is to be dispatched. */
  rows: any;
  row: number;
  end: number;
  /** The string of several texts, and where in the bytes it begins. */
  group: string;
  groupAt: number;
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
  /** Answers pings by their rows; twice their number, and one more if the connection is backed up. */
  sendPongs?(ws: any, bytes: Buffer, row: number, end: number): number;
  /** Bytes that have not left the process. */
  pending(ws: any): number;
  pause(ws: any): void;
  resume(ws: any): void;
  flush(ws?: any): void;
  /** Bytes received and sent that Node's socket has not counted. */
  counters?(ws: any): readonly number[];
  /** Changes when some move of which JavaScript is not told; 0 if the last were told. */
  movedUntold?(ws: any): number;
  /** A row that is not of the protocol but of the socket. */
  control?(ws: any, kind: number, number: number): void;

  // What the owner of a socket does to that while Rust moves its bytes (taken_socket.js and handle.js see it).

  /** The owner uses the socket: from now on Node moves the bytes. */
  giveBack?(ws: any): void;
  /** The socket is going. */
  letGo?(ws: any): void;
  pausedByOwner?(ws: any, paused: boolean): void;
  /** Whether the socket keeps the process alive. */
  keepAlive?(ws: any, alive: boolean): void;
}

/** What extensions do with messages: `lib/extensions/deflate/coding.js`, or `lib/extensions/plugins.js`. */
export interface Coding {
  /** Bytes, or of texts UTF-16 units, that are queued or at work. */
  readonly queued: number;
  /** Messages that are queued, or of plugins on their way out. */
  readonly messages: number;
  /** Whether senders were told to wait. */
  readonly isFull: boolean;
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
  /** Whether nothing is at work of what has come, and, with `both`, of what is to be sent; and a call once that is so. */
  isSettled(both: boolean): boolean;
  settled(both: boolean, callback: () => void): void;
  /** The connection is over. */
  end(): void;
}

/** What turns and dispatch work on. */
export interface Receiver extends TurnState, SessionState, WireState {
  /** A connection's; a driver has none. */
  readonly _stream?: { readonly destroyed?: boolean };
  /** @writers connection/closing.js */
  readyState: number;

  // Rows become these calls (lib/transport/dispatch.js).

  _work(chunk: Chunk): void;
  _readOn(): void;
  _receiveMessage(data: string | Buffer): void;
  /** Pings that stand one behind the other in the shared rows, where the transport has `sendPongs`; how many were answered. */
  _receivePings?(bytes: Buffer, row: number, end: number): number;
  _receivePing(payload: Buffer): void;
  _receivePong(payload: Buffer): void;
  _receiveClose(code: number, reason: string): void;
  _receiveViolation(code: number, text: string): void;
  /** Only a client is told these: the server agreed, or it or a proxy refused, or a proxy opened a tunnel. */
  _receiveOpen(): void;
  _receiveRefusal(status: number, text: string): void;
  _receiveTunnel(rest: Buffer): void;
  /** Extensions have room again for what is sent. */
  _tellDrain(): void;
  /** Sends the close frame of this side at once, whatever waits. */
  _writeClose(code: number, reason: string): void;
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
  _onTimeout(): void;
  _writeGeneric: unknown;
  /** Those of `lib/transport/taken_socket.js`. */
  [key: symbol]: any;
}

/** Details of an error, besides its message. */
export interface ErrorDetail {
  code?: string;
  cause?: unknown;
  statusCode?: number;
  closeCode?: number;
  name?: string;
}

/**
 * What a face is told by its connection (`lib/faye/websocket/api/face.js`), always with the object that the application
 * holds, its target, as the first argument. All but `changed`, `streamed`, `redirected`, `answered` and `message` are called
 * in the connection's scope; `message` is called with many others of a turn, in that scope as well.
 */
export interface Face {
  /** How long a peer may take to answer a close frame unless a connection has its own time, in milliseconds. */
  closeTimeout(): number;
  /** `readyState` is another one. */
  changed(target: any, readyState: number): void;
  /** A client goes on with another stream, or to another URL. */
  streamed(target: any, stream: OwnedStream): void;
  redirected(target: any, url: string): void;
  /** A client's server has answered the handshake. */
  answered(target: any, headers: Record<string, any>, statusCode: number | undefined): void;
  opened(target: any, protocol: string): void;
  message(target: any, data: string | Buffer): void;
  /** It is time for a ping of the option `ping`. */
  ping(target: any, message: string): void;
  drained(target: any): void;
  failed(target: any, message: string, detail: ErrorDetail): void;
  /** Nothing more comes; `closed` follows. */
  ended(target: any): void;
  /** The drafts have no code and no reason. */
  closed(target: any, code: number | null, reason: string | null): void;
}

/** What a connection of either role is made with. */
export interface Settings {
  url: string;
  version: string;
  transport: string | undefined;
  limits: LimitSettings | null;
  /** Seconds between pings; 0 for none. */
  ping: number;
}

/** A connection over a socket. Which part writes which of its fields stands in `connection_state.d.ts`. */
export interface Connection
  extends
    Receiver,
    Identity,
    ListState,
    SocketState,
    OpeningState,
    ReceivingState,
    SendingState,
    ClosingState {
  /**
   * A client changes it while it connects.
   *
   * @writers connection/connection.js
   */
  _stream: OwnedStream;

  // Public to the face.

  readonly bufferedAmount: number;
  readonly transport: 'stream' | 'direct' | undefined;
  /** What `close` reports: what is known, or else that the connection was lost. */
  readonly closeParams: [code: number | null, reason: string | null];

  send(data: unknown, options?: any): boolean;
  ping(message?: unknown, callback?: () => void): boolean;
  close(code: any, reason: string): void;
  endsOnceOpen(): boolean;
  terminate(): void;
  pause(): void;
  resume(): void;
  holdUp(change: 1 | -1): void;
  _pause(): void;
  _resume(): void;
  memoryUsage(): { messages: number; windows: number };
  stopCloseTimer(): void;

  // What the parts of lib/connection ask of each other, and the transports and extensions of them.

  _send(data: any): boolean;
  _sendPlain(data: any): boolean;
  _sendOther(data: unknown, options: any): boolean;
  _take(data: any, plain: boolean): boolean;
  _use(stream: OwnedStream): void;
  _sendClose(code: number, reason: string): void;
  _sendOtherClose(): void;
  _loseTo(error: any): void;
  /** Writes a ping or a pong; while somebody subscribes to its channel, what stands in its place publishes it. */
  _sendPing(payload: Buffer): void;
  _sendPong(payload: Buffer): void;
  /** Sends a ping of the interval. */
  _pingByItself(message: string): void;
  /** Ends the connection with 1011 for a fault of ours in what nobody's code has asked for; throws any other exception. */
  _giveUpFor(error: unknown): void;
  _answerEnd(code: number, reason: string): void;
  _refuseMore(): void;
  /** `gently`: what waits on its way to the peer leaves first, with the close frame behind it. */
  _beginClose(code: number | null, reason: string | null, gently?: boolean, isLater?: boolean): void;
  _endSoon(stream: OwnedStream): boolean;
  _finalizeClose(isLater?: boolean): void;
  /** How long a peer may take to answer our close frame, in milliseconds. */
  _closeTimeout(): number;
  /** Ends the connection with an `error`, and at once. */
  _giveUpOn(text: string, detail: ErrorDetail): void;
  _configureStream(): void;
  _open(protocol: string): void;
  _sendQueued(): boolean;
  _catchUp(): void;
  /** Has what the brake has stopped go on if nothing waits any more. */
  _liftBrake(): void;
  _takeOver(): void;
  _receive(chunk: Buffer, inScratch?: boolean): void;
  _isReadingStopped(): boolean;
  _isReadingUnwanted(): boolean;
  _endWith(stream: OwnedStream): void;
  _failNetwork(cause: NodeJS.ErrnoException & { errors?: Error[] }): void;
  _fail(message: string, detail: ErrorDetail, code: number | null, reason: string | null): void;
  _emitError(message: string, detail: ErrorDetail): void;
  _afterQueued(callback: () => void): void;
  _endBehindQueued(end: () => void): void;
  /** Calls `callback` behind everything that extensions are at work on. */
  _afterCoding(callback: () => void): void;
  _setCoding(coding: Coding | null, deflates: boolean): void;
  _drain(): void;
  _startPings(): void;
  _endBeforehand(): void;
  _tellClosed(): void;

  // A client's.

  _ask(stream: OwnedStream, connected: string | null): void;
  _negotiate(stream: OwnedStream, connected: string | null): void;
  _askSession(session: import('http2').ClientHttp2Session, otherwise: (() => void) | null): void;
  _askStream(session: import('http2').ClientHttp2Session, ours: boolean): void;
  _readAnswer(): string | null;
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

/** Messages that wait for a Blob. */
export interface Later {
  readonly size: number;
  readonly messages: number;
  readonly blobs: number;
  sendBlob(blob: Blob, plain: boolean): boolean;
  send(data: string | Buffer, plain: boolean): boolean;
  call(action: () => void): void;
  end(): void;
}

export type { DraftEvent, Queued, Limits, Negotiation, Opened, Opening, Plan };
