import { IncomingMessage, ServerResponse } from 'http';
import { Http2ServerRequest, Http2ServerResponse } from 'http2';
import { Duplex, Stream } from 'stream';

import WebSocket = require('../index');

type AnyListener = (...args: any[]) => void;
type FeedListener<Name extends keyof WebSocket.EventSourceEvents, This> = (
  this: This,
  ...args: WebSocket.EventSourceEvents[Name]
) => void;

/**
 * The server's end of a stream of events (`text/event-stream`).
 *
 * @example
 * server.on('request', (request, response) => {
 *   if (!EventSource.isEventSource(request)) return response.end();
 *   const es = new EventSource(request, response);
 *   es.send('Breaking News!', { event: 'notification', id: '99' });
 * });
 */
export declare class EventSource extends Stream {
  /**
   * Starts the response, with the headers that were set on it. If its socket has gone, `close` fires in the next tick.
   *
   * @throws for a header, a number or an option that is wrong, a response that has begun, and a socket with an owner
   */
  constructor(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    options?: WebSocket.EventSourceOptions | null
  );

  /** Whether a request asks for a stream of events. */
  static isEventSource(request: WebSocket.RequestHead): boolean;

  /** The URL that the client asked for. */
  readonly url: string;
  /** The ID of the last event that the client has seen, when it connects again; otherwise `''`. */
  readonly lastEventId: string;
  /** 0 is CONNECTING, 1 is OPEN and 3 is CLOSED. */
  readonly readyState: 0 | 1 | 3;
  writable: boolean;
  /** The socket underneath. */
  readonly _stream: Duplex;

  onopen: ((event: WebSocket.OpenEvent<EventSource>) => void) | null;
  onclose: ((event: WebSocket.Event<'close', EventSource>) => void) | null;
  /** There is nothing to receive; this is here because the events of a page have it. */
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;

  /**
   * Sends an event. Every line of the message gets to the client as one.
   *
   * @returns false when closed, and when so much is waiting that you should wait for `drain`
   * @throws for a line break or NUL in `event` or `id`
   */
  send(message: unknown, options?: { event?: string | undefined; id?: string | number | undefined }): boolean;

  /** Sends a comment, which keeps the connection from being taken for idle. */
  ping(): boolean;

  /**
   * Ends the response.
   *
   * @returns true for the first call
   */
  close(): boolean;

  /** The same as `send` with one argument, for pipes. */
  write(message: unknown): boolean;
  /** Sends a last message if there is one, and closes; for pipes. It returns nothing. */
  end(message?: unknown): any;

  /** The same as `on`. */
  addEventListener<Name extends keyof WebSocket.EventSourceEvents>(
    type: Name,
    listener: FeedListener<Name, this>,
    useCapture?: boolean
  ): void;
  addEventListener(type: string, listener: AnyListener, useCapture?: boolean): void;
  /** The same as `removeListener`. */
  removeEventListener(type: string, listener: AnyListener, useCapture?: boolean): void;
  /** Calls the `on…` handler and the listeners for an event. */
  dispatchEvent(event: { type: string }): void;

  on<Name extends keyof WebSocket.EventSourceEvents>(event: Name, listener: FeedListener<Name, this>): this;
  on(event: string | symbol, listener: AnyListener): this;
  once<Name extends keyof WebSocket.EventSourceEvents>(event: Name, listener: FeedListener<Name, this>): this;
  once(event: string | symbol, listener: AnyListener): this;
}
