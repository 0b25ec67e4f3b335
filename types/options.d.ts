/// <reference types="node" />

import { Agent } from 'http';
import { ClientHttp2Session } from 'http2';
import { NetConnectOpts } from 'net';
import { Duplex } from 'stream';
import { ReadableStream, WritableStream } from 'stream/web';
import { ConnectionOptions } from 'tls';

import { Extension } from './extension';

/** The value of a header; `undefined` leaves the header out. */
export type HeaderValue = string | number | readonly string[] | undefined;

/** Header names to values: an object, or pairs, such as those of a Map or of the Headers of `fetch`. */
export type Headers =
  { readonly [name: string]: HeaderValue } | Iterable<readonly [name: string, value: HeaderValue]>;

/** A Blob or a File, as Node.js or the DOM declares it. */
export interface Blob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
  slice(start?: number, end?: number, type?: string): Blob;
}

/** What is sent as it is; any other object would be sent as what `String()` makes of it. */
export type Sendable =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | NodeJS.ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob;

/** What `WebSocket.prepare` and `WebSocket.broadcast` take. */
export type Preparable = Exclude<Sendable, Blob>;

/** A connection as streams, whose chunks are messages. */
export interface Streams<Data = any> {
  /** Fails with `ERR_WEBSOCKET_CLOSED` behind what has come, if the peer is lost without a close frame. */
  readable: ReadableStream<Data>;
  writable: WritableStream<Sendable>;
}

/** Options of both roles. */
export interface Options {
  /** Headers to send with the handshake. */
  headers?: Headers | undefined;
  /** Extensions to negotiate, in order of preference. */
  extensions?: Extension | readonly Extension[] | undefined;
  /** The longest message to accept, in bytes. Longer ones close the connection with 1009. Default: 67108863. */
  maxLength?: number | undefined;
  /** How often to send a ping, in seconds; none while much waits for the peer, unless `pongTimeout` is set. Default: never. */
  ping?: number | undefined;
  /**
   * How long the peer may take to answer a ping, in seconds, yours or one of `ping`; what takes longer ends the connection
   * with `ERR_WEBSOCKET_TIMEOUT` and 1006. A pong that cannot have come yet, behind a message that is still coming, or that
   * nobody reads during a `pause`, is waited for: a peer that is gone meanwhile is found when a ping cannot be sent, or behind
   * `resume`. Default: 0, for as long as it takes.
   */
  pongTimeout?: number | undefined;
  /**
   * How long the peer may be silent once the connection is open, in seconds, pings and pongs included; then the connection
   * ends with `ERR_WEBSOCKET_TIMEOUT` and 1006, at most an eighth of that time later. Default: 0, for as long as it likes.
   */
  idleTimeout?: number | undefined;
  /**
   * How long the peer may take to answer a close frame, in seconds, before `close` fires with 1006; and how long one that has
   * ended its half may take nothing of what waits for it. Default: 30.
   */
  closeTimeout?: number | undefined;
  /**
   * How long the connection may take to open, in seconds: a client's from the call of the constructor, through proxies and
   * TLS; a server's of hixie-76 until the end of its handshake has come. Default: a client's as long as it takes, a
   * server's 30.
   */
  handshakeTimeout?: number | undefined;
  /**
   * How many bytes may wait to be sent (`bufferedAmount`). `onFull` says what becomes of a message that finds more waiting
   * when it is sent. Default: as many as there is memory for.
   */
  maxBufferedAmount?: number | undefined;
  /**
   * `'close'` ends the connection with `ERR_WEBSOCKET_BUFFER_FULL` and 1006, in the next tick; `'drop'` drops the message;
   * `'pause'` takes it and reads nothing more from the peer until less waits. `send` returns false in each case, and
   * `drain` says when there is room. Default: `'close'`.
   */
  onFull?: 'close' | 'drop' | 'pause' | undefined;
  /**
   * Whether the extension object of the npm packages permessage-deflate and permessage-deflate2 is only read for its
   * settings, and the native side does its work. Default: the environment variable FAYE_WEBSOCKET_DEFLATE, or `'native'`.
   */
  deflate?: 'native' | 'js' | undefined;
  /**
   * `'direct'` lets the native side read and write the socket itself, where it can; `'stream'` leaves that to
   * Node. Default: the environment variable FAYE_WEBSOCKET_TRANSPORT, or `'auto'`, which is whatever is faster.
   */
  transport?: 'auto' | 'stream' | 'direct' | undefined;
}

/** Options of the server's WebSocket. */
export interface ServerOptions extends Options {
  /** Whether clients of the drafts hixie-75 and hixie-76 are served; without, they get a 400. Default: true. */
  allowDrafts?: boolean | undefined;
}

/** Options of the client's WebSocket. */
export interface ClientOptions extends Options {
  /**
   * The HTTP proxy to connect through, or its origin alone. `'env'` is the one that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and
   * NO_PROXY name, by Node's rules: a variable that is no `http:` or `https:` URL, such as one without a scheme, counts as not
   * set. So is leaving it out, in a process that runs with NODE_USE_ENV_PROXY=1, or once `http.setGlobalProxyFromEnv(env)` was
   * called, whose `env` counts then.
   */
  proxy?: ProxyOptions | string | URL | undefined;
  /** What `net.connect` takes besides host and port, for `ws:`. */
  net?: Partial<NetConnectOpts> | undefined;
  /** What `tls.connect` takes besides host and port, for `wss:`. */
  tls?: ConnectionOptions | undefined;
  /** The same as `tls.ca`; an older name. */
  ca?: ConnectionOptions['ca'] | undefined;
  /** Ends the connection in the tick behind its being aborted, whatever the state; `error` and `close` follow. */
  signal?: AbortSignal | undefined;
  /**
   * HTTP/2 (RFC 8441): a session of `http2.connect`, which goes on behind the connection; or `true` to let TLS negotiate it, and
   * HTTP/1.1 where it is not to be had (for `wss:`; a `ws:` URL is always HTTP/1.1). Default: HTTP/1.1.
   */
  http2?: boolean | ClientHttp2Session | undefined;
  /**
   * Makes the connection, to the proxy where there is one: a SOCKS or ssh tunnel, for example. For `wss:` TLS is put on what it
   * returns, unless that has TLS already.
   */
  createConnection?: ((address: Endpoint) => Duplex | PromiseLike<Duplex>) | undefined;
  /**
   * Makes the connection: an `http.Agent` for `ws:`, an `https.Agent` for `wss:`, or one that is made like them, such as those for
   * SOCKS proxies.
   */
  agent?: Agent | { addRequest(request: any, options: any): void } | undefined;
  /**
   * How often to go where the server sends one with 301, 302, 303, 307 or 308: never from `wss:` to `ws:`, and without the headers
   * `Authorization`, `Cookie`, `Proxy-Authorization` and `Host` to another origin. Others go along, as with `ws` and `fetch`, so that
   * a secret of yours in one (`X-Api-Key`) is for every server that is trusted to name another. Default: 0, so that such an answer is
   * an `error`.
   */
  maxRedirects?: number | undefined;
}

/** Where `createConnection` is to lead. */
export interface Endpoint {
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  /** Whether TLS will be on the connection. */
  readonly secure: boolean;
  /** Host and port, as `CONNECT` has them. */
  readonly authority: string;
  /** The path of a socket in the file system, instead of host and port. */
  readonly path?: string;
}

/** How to connect through an HTTP proxy. */
export interface ProxyOptions {
  /** `http:` or `https:` URL; a name and a password in it are sent as Proxy-Authorization. Without one, there is no proxy. */
  origin: string | null | undefined;
  /** Headers to send with the CONNECT request. */
  headers?: Headers | undefined;
  /** What `tls.connect` takes for the proxy itself. */
  tls?: ConnectionOptions | null | undefined;
}

/** Options of EventSource. */
export interface EventSourceOptions {
  /** Headers to send with the response, besides those that were set on it. */
  headers?: Headers | undefined;
  /** How long a client waits before it connects again, in seconds. Default: 5. */
  retry?: number | undefined;
  /** How often to send a comment, in seconds. Default: 10. */
  ping?: number | undefined;
}

/** How `WebSocket.prepare` makes a message. */
export interface PrepareOptions {
  /** Whether the message is binary. Default: as `send` would have it, which depends on the data. */
  binary?: boolean | undefined;
}

/** To whom `WebSocket.broadcast` sends what. */
export interface BroadcastOptions<Connection = any> {
  /** Who does not get the message: one WebSocket, or a Set or an array of them. */
  except?: Connection | Iterable<Connection> | null | undefined;
  /** Whether the message is binary. Default: as `send` would have it, which depends on the data. */
  binary?: boolean | undefined;
}

/** A message for many connections, made by `WebSocket.prepare`, for `send` and `WebSocket.broadcast`. */
export interface PreparedMessage {
  /** Whether it is a binary message. */
  readonly binary: boolean;
  /** Its bytes, as they are before they are compressed. */
  readonly size: number;
}

/** How `WebSocket.shutdown` ends connections. */
export interface ShutdownOptions {
  /** What a server's `close` takes. Clients close with 1000 in the place of a code that is a server's. Default: 1001. */
  code?: number | undefined;
  /** At most 123 bytes; a longer one is cut. */
  reason?: string | undefined;
  /** How long each peer may take to answer, in seconds. Default: 30. */
  timeout?: number | undefined;
  /** How many connections to close in a second. Default: as many as there are. */
  rate?: number | undefined;
}

/** What has become of connections. */
export interface ShutdownResult {
  /** How many have closed in time. */
  closed: number;
  /** How many were terminated, or lost meanwhile. */
  terminated: number;
}

/** How many connections are in which state. */
export interface ConnectionStates {
  connecting: number;
  open: number;
  closing: number;
}

/** What compression has done, one way. */
export interface Compression {
  /** Bytes of the messages that travelled compressed, as the application has them. */
  plain: number;
  /** Bytes of the same messages on the wire, without the headers of frames. */
  compressed: number;
  /** `compressed / plain`; 1 where no message travelled compressed. */
  ratio: number;
}

/** The connections of a thread in numbers, since it was started. */
export interface Metrics {
  /** By role and transport. */
  connections: Record<'server' | 'client', Record<'stream' | 'direct', ConnectionStates>>;
  /** Event streams that are open. */
  eventSources: number;
  /** How many connections are over. */
  closed: number;
  /** How many of them closed with which code. */
  closeCodes: { [code: number]: number };
  /** Messages each way, of all connections. */
  messages: { sent: number; received: number };
  /** Bytes each way on the wire, handshakes and frames included; those of HTTP/2 are not known. */
  bytes: { sent: number; received: number };
  /**
   * What `permessage-deflate` has done each way: messages that left as they were do not count. What is compressed once for
   * many counts once.
   */
  compression: { sent: Compression; received: Compression };
  /** Bytes that wait to be sent. */
  waiting: number;
  /** Bytes that all connections take on the native side. */
  memory: number;
}
