/// <reference types="node" />

import { EventEmitter } from 'events';
import { Stream } from 'stream';

import { Extension } from './types/extension';

/**
 * The protocol without the socket, with the interface of the npm package `websocket-driver`: give a driver the bytes of
 * the peer, and send the bytes that it emits.
 *
 * @example
 * server.on('upgrade', (request, socket, head) => {
 *   const driver = websocket.http(request, { protocols: ['chat'] });
 *   driver.io.write(head);
 *   socket.pipe(driver.io).pipe(socket);
 *   driver.messages.on('data', (message) => driver.messages.write(message));
 *   driver.on('close', () => socket.end());
 *   driver.start();
 * });
 */
declare namespace driver {
  /** The driver for a request that Node's http has read. It answers when you `start` it. */
  function http(request: Request, options?: Options | null): Driver;
  /** The driver for the bytes of a connection from the first on. It emits `connect` when the request has come. */
  function server(options?: Options | null): ServingDriver;
  /**
   * The driver of a client.
   *
   * @param url `ws:` or `wss:`
   * @throws for any other URL, and for an unknown option
   */
  function client(url: string | URL, options?: Options | null): ClientDriver;
  /** Whether a request asks for a WebSocket. */
  function isWebSocket(request: Request): boolean;
  /** Whether a request came over TLS, here or at a proxy that says so in a header. */
  function isSecureRequest(request: Request): boolean;
  /**
   * Checks the names of options.
   *
   * @throws `Unrecognized option: KEY` for the first that is not in `validKeys`
   */
  function validateOptions(options: object, validKeys: readonly string[]): void;

  /** What a driver looks at in a request. */
  interface Request {
    method?: string | undefined;
    url?: string | undefined;
    headers: { [name: string]: string | string[] | undefined };
  }

  /** Options of every driver. */
  interface Options {
    /** The most bytes of a message that the peer may send. Default: 2^26 - 1. */
    maxLength?: number | undefined;
    /** The subprotocols to offer, or to choose from. */
    protocols?: string | readonly string[] | undefined;
    /** Whether a server speaks hixie-75 and hixie-76 too. Default: false. */
    allowDrafts?: boolean | undefined;
  }

  /** What all drivers do. Its events are `open`, `message`, `ping`, `pong`, `error` and `close`. */
  interface Driver extends EventEmitter {
    /** The bytes of the connection: pipe the socket into it, and it into the socket. */
    readonly io: Stream & NodeJS.ReadWriteStream;
    /** The messages of the connection: strings are text, Buffers are binary. */
    readonly messages: Stream & NodeJS.ReadWriteStream;
    /** -1 is a client that has not started, 0 is connecting, 1 is open, 2 is closing and 3 is closed. */
    readonly readyState: -1 | 0 | 1 | 2 | 3;
    readonly url: string | null;
    /** `hybi-13` for RFC 6455, `hixie-75` or `hixie-76` for its drafts. */
    readonly version: string;
    /** The subprotocol that was agreed on, if any. */
    readonly protocol?: string | null | undefined;

    /** The state as a word; null for a client that has not started. */
    getState(): 'connecting' | 'open' | 'closing' | 'closed' | null;
    /** Sends the handshake; true if it did. A request that asks for no WebSocket is answered with 400. */
    start(): boolean;
    /** Takes bytes of the peer, as writing to `io` does. What is in them is emitted before it returns. */
    parse(chunk: Uint8Array | readonly number[] | string): void;
    /** Sends a text message, once the connection is open; false once closing. */
    text(message: string): boolean;
    /** Sends a binary message; false once closing, and in a draft. */
    binary(message: Uint8Array | readonly number[]): boolean;
    /** Sends a ping; `callback` is called on the pong that answers. */
    ping(message?: string | Uint8Array, callback?: () => void): boolean;
    /** Sends a pong that nobody asked for. */
    pong(message?: string | Uint8Array): boolean;
    /** Sends a frame of any type. */
    frame(
      data: string | number | Uint8Array | readonly number[],
      type?: 'text' | 'binary' | 'ping' | 'pong' | 'close',
      code?: number
    ): boolean;
    /** Starts to close; `close` is emitted when the peer has answered. */
    close(reason?: string, code?: number): boolean;
    /** Adds a header to the handshake; false once it has been sent. */
    setHeader(name: string, value: unknown): boolean;
    /** Adds an extension to those that are negotiated; false in a draft. */
    addExtension(extension: Extension): boolean;
  }

  /** A driver that reads the request itself; it has these once it emits `connect`. */
  interface ServingDriver extends Driver {
    readonly method?: string;
    readonly headers?: { [name: string]: string };
    /** What came behind the head of the request, in the same chunk. */
    readonly body?: Buffer;
  }

  /** The driver of a client; it has these once the server has answered. */
  interface ClientDriver extends Driver {
    readonly statusCode?: number;
    readonly headers?: { [name: string]: string };
    /**
     * A tunnel through an HTTP proxy. Pipe a socket to the proxy into and out of it, and start it; it emits `connect`
     * or `error`. Then the socket is the driver's.
     */
    proxy(origin: string): Proxy;
  }

  /** The conversation with a proxy. */
  interface Proxy extends Stream, NodeJS.WritableStream {
    readable: boolean;
    readonly statusCode?: number;
    readonly headers?: { [name: string]: string };
    /** Adds a header to the request; false once it has been sent. */
    setHeader(name: string, value: unknown): boolean;
    /** Asks for the tunnel; true if it did. */
    start(): boolean;
    /** Takes bytes of the proxy; false while it is paused, and once the proxy has answered. */
    write(chunk: Uint8Array | string): boolean;
    /** Takes the last bytes of the proxy. */
    end(chunk?: unknown): any;
    /** Asks those who write to wait. */
    pause(): void;
    /** Ends `pause`. */
    resume(): void;
    /** Ends the conversation. */
    destroy(): void;
  }
}

export = driver;
