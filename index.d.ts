/// <reference types="node" />

import { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'http';
import {
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders as Http2Headers,
  ServerHttp2Stream
} from 'http2';
import { Server } from 'net';
import { Duplex, Stream } from 'stream';

import deflateExtension = require('./deflate');
import * as events from './types/events';
import * as eventsource from './types/eventsource';
import * as extension from './types/extension';
import * as options from './types/options';

/**
 * The server's end of a WebSocket, over the socket of an HTTP request that asked for one.
 *
 * @typeParam Data what `message` events carry: `string | Buffer` makes you look which it is, `string` or
 * `Buffer` alone says that your peers send only the one.
 *
 * @example
 * server.on('upgrade', (request, socket, head) => {
 *   if (!WebSocket.isWebSocket(request)) return socket.destroy();
 *   const ws = new WebSocket(request, socket, head);
 *   ws.on('message', (event) => ws.send(event.data));
 * });
 */
declare class WebSocket<Data = any> extends Connection<Data> {
  /**
   * Answers the handshake on the next tick, so that listeners added meanwhile miss nothing. If the socket has ended or
   * been destroyed before, `close` fires there, with 1006.
   *
   * @param request of an HTTP server's `upgrade` event
   * @param socket of the same event
   * @param body the bytes that came with the request's head
   * @param protocols the subprotocols that you speak; the client's first offer among them is chosen
   * @throws for an unknown option, a header or a protocol that cannot stand in a response, and a socket that has a
   * WebSocket already (`ERR_WEBSOCKET_SOCKET_TAKEN`)
   */
  constructor(
    request: IncomingMessage,
    socket: Duplex,
    body?: Buffer,
    protocols?: string | readonly string[] | null,
    options?: WebSocket.ServerOptions | null
  );
  /**
   * Answers an extended CONNECT of HTTP/2 (RFC 8441), for which the server needs `settings: { enableConnectProtocol: true }`.
   *
   * @param request from a server's `connect` event, which comes once somebody listens to `request`; or the headers of its
   * `stream` event
   * @param stream of the request
   * @param body nothing: over HTTP/2 no bytes come with the head
   * @param protocols the subprotocols that you speak
   * @throws what the other constructor throws, and if the response has begun (`ERR_HTTP_HEADERS_SENT`)
   */
  constructor(
    request: Http2ServerRequest | Http2Headers,
    stream: ServerHttp2Stream,
    body?: null,
    protocols?: string | readonly string[] | null,
    options?: WebSocket.ServerOptions | null
  );

  /** Whether a request asks for a WebSocket, over HTTP/1.1 or HTTP/2. */
  static isWebSocket(request: WebSocket.RequestHead | Http2Headers): boolean;

  /**
   * Checks the names of options.
   *
   * @throws `Unrecognized option: KEY` for the first that is not in `validKeys`
   */
  static validateOptions(options: object, validKeys: readonly string[]): void;

  /** permessage-deflate on Rust, for the option `extensions`; `deflate.configure` has it with other settings. */
  static readonly deflate: typeof deflateExtension;

  /** What all connections of this thread take on the native side, in bytes unless it says otherwise. */
  static memoryUsage(): WebSocket.MemoryUsage;

  /**
   * Ends many connections: closes those that are open, at a rate if there is one, waits for their peers, and terminates
   * those that do not answer.
   *
   * @param connections WebSockets and EventSources of either role, or an HTTP server, whose connections are meant then,
   * those included that come meanwhile. It does not stop the server: call `server.close()` first
   * @returns a promise of how many have closed, and how many have not
   */
  static shutdown(
    connections: Iterable<Connection | WebSocket.EventSource> | Server,
    options?: WebSocket.ShutdownOptions
  ): Promise<WebSocket.ShutdownResult>;

  /**
   * Makes a message for many connections: it is encoded and framed once, and compressed once for all connections that
   * compress in the same way and without context takeover.
   *
   * @param data what `send` takes, but for a Blob
   * @param options whether the message is binary; otherwise that depends on `data`
   * @throws for a Blob, an unknown option, and for bytes that are to be a text and are not UTF-8
   */
  static prepare(data: WebSocket.Preparable, options?: WebSocket.PrepareOptions): WebSocket.PreparedMessage;

  /**
   * Sends a message to each of many WebSockets, as its `send` would, but in one call of the native side for all that the
   * direct transport serves.
   *
   * @param connections WebSockets of either role, in any state; no EventSources
   * @param data what `send` takes, but for a Blob, or what `prepare` has made
   * @returns how many connections have taken it: all but those that are closing or closed, that are excepted, and that
   * `maxBufferedAmount` keeps it from
   * @throws for an element that is no WebSocket of this package, before anything is sent; and behind the last connection, what
   * the `send` of one has thrown
   */
  static broadcast(
    connections: Iterable<Connection>,
    data: WebSocket.Preparable | WebSocket.PreparedMessage,
    options?: WebSocket.BroadcastOptions<Connection>
  ): number;

  /**
   * Refuses a request for a WebSocket: answers with an HTTP response, and ends the socket.
   *
   * @param socket of an HTTP server's `upgrade` event, or the stream of an extended CONNECT of HTTP/2
   * @param status from 300 to 599; 400 unless given
   * @param headers of the response; `Connection`, `Content-Length` and `Date` are made for you
   * @param body the text of the status unless given, as `text/plain` if no header says otherwise
   * @returns false if the socket takes nothing any more
   * @throws for another status, a header that cannot stand in a response, and a socket that has a WebSocket already
   */
  static reject(
    socket: Duplex,
    status?: number,
    headers?: WebSocket.Headers | null,
    body?: string | NodeJS.ArrayBufferView | ArrayBuffer | null
  ): boolean;

  /** What the connections of this thread have done, and what they are doing, for a monitor. */
  static metrics(): WebSocket.Metrics;

  /** What does the work: a binary for this system, or the WebAssembly module. */
  static readonly engine: 'native' | 'wasm';

  /**
   * Gives a connection as streams of messages. Closing or aborting the writable closes the connection, and so does
   * cancelling the readable. The readable fails with `ERR_WEBSOCKET_CLOSED` when the peer is lost.
   */
  static toStreams<Data = any>(connection: Connection<Data>): WebSocket.Streams<Data>;

  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;
}

/** What the server's and the client's WebSocket have in common. */
declare abstract class Connection<Data = any> extends Stream {
  /** The URL that the client asked for, `ws:` or `wss:`. */
  readonly url: string;
  /** The dialect that is spoken: `hybi-13` for RFC 6455, `hixie-75` or `hixie-76` for its drafts. */
  readonly version: string;
  /** The subprotocol that was agreed on; `''` until open, and if there is none. */
  readonly protocol: string;
  /** 0 is CONNECTING, 1 is OPEN, 2 is CLOSING and 3 is CLOSED. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** How many bytes were sent and have not left the process. Assigned to, it stays what it was set to. */
  bufferedAmount: number;
  /** Who reads and writes the socket: Node's stream, or the native side directly. */
  readonly transport: 'stream' | 'direct';
  readable: boolean;
  writable: boolean;

  /** The socket underneath, for its address and its timeouts. Its bytes are not yours to read or write. */
  readonly _stream: Duplex;

  onopen: ((event: WebSocket.OpenEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent<Data>) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;

  /**
   * Sends a message. A Buffer, ArrayBuffer, SharedArrayBuffer, typed array, DataView or Blob goes as binary, anything else
   * as the text of `String(data)`. What leaves is what the memory holds at the call; before the connection is open, and
   * while a Blob is read, it waits.
   *
   * @param options `compress: false` leaves the message uncompressed
   * @returns false once closing, and when so much is waiting that you should wait for `drain`
   * @throws {TypeError} for memory that is detached, because it was transferred, and for a DataView that its memory has become
   *   too short for
   */
  send(
    data: WebSocket.Sendable | WebSocket.PreparedMessage,
    options?: { compress?: boolean | undefined }
  ): boolean;

  /** As what a binary message comes with `message` and from `for await`. Default: `'nodebuffer'`, a Buffer. */
  binaryType: 'nodebuffer' | 'arraybuffer' | 'blob';
  /** Resolves to the connection once it is open, and rejects with an Error if that never comes. Nobody has to handle that. */
  readonly opened: Promise<this>;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /**
   * Gives the messages from now on, until the connection is gone; throws the Error of an `error` first. A peer that was lost is no
   * error: the loop ends, and `closed` has 1006. While messages wait for their reader, the peer is made to wait.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Data>;
  /** Closes the connection, and waits until it is gone. */
  [Symbol.asyncDispose](): Promise<void>;

  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  /**
   * Sends a ping.
   *
   * @param message at most 125 bytes
   * @param callback fires once, on the pong that answers
   * @returns whether it was sent: not once closing, and not in a draft, which has no pings
   */
  ping(message?: unknown, callback?: () => void): boolean;

  /**
   * Starts to close. The connection is gone when `close` fires. A server that is not open yet completes the handshake, so
   * that the peer hears of the code, behind what was sent before; a client gives its attempt up. Neither opens.
   *
   * @param code 1000, which is the default, or 3000 to 4999; a server's also 1001, 1003, 1007 to 1009, and 1011 to 1014
   * @param reason at most 123 bytes; a longer one is cut
   * @throws for any other code
   */
  close(code?: number, reason?: string): void;

  /** What this connection takes on the native side, in bytes: unfinished messages, and windows of compression. */
  memoryUsage(): { messages: number; windows: number };

  /** Ends the connection at once, without a close frame. What was sent just now may be lost. `close` fires behind this call. */
  terminate(): void;

  /** The same as `send`, for pipes. */
  write(data: unknown): boolean;
  /** Sends `data` if there is any, and closes, once open if something is to be sent; for pipes. It returns nothing. */
  end(data?: unknown): any;
  /** Stops reading until the close: messages stop, and in time the peer is made to wait. */
  pause(): void;
  /** Reads on. */
  resume(): void;

  // With a `this` that is typed, TypeScript would take no call of it on a `WebSocket | WebSocket.Client`.
  /** Adds a listener; for a function without options the same as `on`. */
  addEventListener<Name extends EventName<Data>>(
    type: Name,
    listener: Listener<Data, Name, any> | WebSocket.ListenerObject<WebSocket.Events<Data>[Name]>,
    options?: boolean | WebSocket.ListenerOptions
  ): void;
  addEventListener<Name extends string>(
    type: Name,
    listener: OtherListener<Data, Name, any> | WebSocket.ListenerObject<any[]>,
    options?: boolean | WebSocket.ListenerOptions
  ): void;
  /** Removes a listener, however it was added. */
  removeEventListener(
    type: string,
    listener: AnyListener | WebSocket.ListenerObject<any[]>,
    options?: boolean | WebSocket.ListenerOptions
  ): void;
  /** Calls the `on…` handler and the listeners for an event. */
  dispatchEvent(event: { type: string }): void;

  on<Name extends EventName<Data>>(event: Name, listener: Listener<Data, Name, this>): this;
  on<Name extends string | symbol>(event: Name, listener: OtherListener<Data, Name, this>): this;
  addListener<Name extends EventName<Data>>(event: Name, listener: Listener<Data, Name, this>): this;
  addListener<Name extends string | symbol>(event: Name, listener: OtherListener<Data, Name, this>): this;
  once<Name extends EventName<Data>>(event: Name, listener: Listener<Data, Name, this>): this;
  once<Name extends string | symbol>(event: Name, listener: OtherListener<Data, Name, this>): this;
}

type EventName<Data> = keyof WebSocket.Events<Data>;
type Listener<Data, Name extends EventName<Data>, This> = (
  this: This,
  ...args: WebSocket.Events<Data>[Name]
) => void;
type AnyListener = (...args: any[]) => void;
type OtherListener<Data, Name, This> = events.OtherListener<Data, Name, This>;

// Other names for two that the namespace below has its own of.
import Self = WebSocket;
type Common<Data> = Connection<Data>;
declare abstract class Base<Data> extends Connection<Data> {}

declare namespace WebSocket {
  export { Self as WebSocket };

  /** What the server's and the client's WebSocket have in common; a type, not a value. */
  export type Connection<Data = any> = Common<Data>;

  /**
   * The client's end of a WebSocket.
   *
   * @example
   * const ws = new WebSocket.Client('wss://example.com/', ['chat'], { headers: { Cookie: 'a=b' } });
   * ws.on('open', () => ws.send('Hello'));
   */
  export class Client<Data = any> extends Base<Data> {
    /**
     * Begins to connect.
     *
     * @param url `ws:` or `wss:`, with a name and a password if wanted; or a file's socket, `ws+unix:/a.sock:/target`
     * @param protocols the subprotocols to offer, in order of preference, each once
     * @throws for another scheme, a fragment, an unknown option, and a header or protocol that cannot stand in a request
     */
    constructor(
      url: string | URL,
      protocols?: string | readonly string[] | null,
      options?: ClientOptions | null
    );

    /** The status of the response to the handshake, once there is one. */
    readonly statusCode: number;
    /** The headers of that response, by their names in lower case. */
    readonly headers: Record<string, string>;
  }

  export import EventSource = eventsource.EventSource;

  /** What a request has to have for `isWebSocket` and `isEventSource` to look at it. */
  export interface RequestHead {
    method?: string | undefined;
    headers: IncomingHttpHeaders;
  }

  /** What all connections of a thread take on the native side. */
  export interface MemoryUsage {
    /** How many connections there are. */
    connections: number;
    /** How many of them have agreed on compression. */
    compressing: number;
    /** Bytes of messages that have not come to their end. */
    messages: number;
    /** Bytes of what was said before, which compression refers to. */
    windows: number;
    /** Bytes of codecs, in use and waiting for use. */
    codecs: number;
    /** Bytes of buffers that all connections share. */
    buffers: number;
  }

  // Options

  export import Headers = options.Headers;
  export import Options = options.Options;
  export import Sendable = options.Sendable;
  export import Streams = options.Streams;
  export import ServerOptions = options.ServerOptions;
  export import ClientOptions = options.ClientOptions;
  export import ProxyOptions = options.ProxyOptions;
  export import Endpoint = options.Endpoint;
  export import EventSourceOptions = options.EventSourceOptions;
  export import Metrics = options.Metrics;
  export import ConnectionStates = options.ConnectionStates;
  export import Compression = options.Compression;
  export import Preparable = options.Preparable;
  export import PrepareOptions = options.PrepareOptions;
  export import PreparedMessage = options.PreparedMessage;
  export import BroadcastOptions = options.BroadcastOptions;
  export import ShutdownOptions = options.ShutdownOptions;
  export import ShutdownResult = options.ShutdownResult;

  // Events

  export import Event = events.Event;
  export import OpenEvent = events.OpenEvent;
  export import MessageEvent = events.MessageEvent;
  export import ErrorEvent = events.ErrorEvent;
  export import CloseEvent = events.CloseEvent;
  export import Events = events.Events;
  export import ListenerObject = events.ListenerObject;
  export import ListenerOptions = events.ListenerOptions;
  export import EventSourceEvents = events.EventSourceEvents;

  // Extensions, in the format of the npm package websocket-extensions

  export import Extension = extension.Extension;
  export import ExtensionOptions = extension.ExtensionOptions;
  export import ExtensionParams = extension.ExtensionParams;
  export import ExtensionParam = extension.ExtensionParam;
  export import ExtensionSession = extension.ExtensionSession;
  export import ExtensionClientSession = extension.ExtensionClientSession;
  export import ExtensionServerSession = extension.ExtensionServerSession;
  export import ExtensionMessage = extension.ExtensionMessage;
  export import ExtensionCallback = extension.ExtensionCallback;
}

export = WebSocket;
