import WebSocket = require('../index');

type Connection = WebSocket.Connection;
type EventSource = WebSocket.EventSource;

/** What all events have. */
export interface Event<Type extends string = string, Target = Connection> {
  type: Type;
  target: Target;
  currentTarget: Target;
  /** 2, AT_TARGET. */
  eventPhase: number;
  bubbles: boolean;
  cancelable: boolean;
  initEvent(type: string, canBubble: boolean, cancelable: boolean): void;
  preventDefault(): void;
  stopPropagation(): void;
}

/** The handshake is complete. */
export interface OpenEvent<Target = Connection> extends Event<'open', Target> {}

/** A message came: text as a string, binary as a Buffer. */
export interface MessageEvent<Data = any, Target = Connection> extends Event<'message', Target> {
  data: Data;
}

/** Something went wrong; `close` follows. It needs no listener. */
export interface ErrorEvent<Target = Connection> extends Event<'error', Target> {
  message: string;
  /** The same as an Error, with what is known besides. */
  readonly error: Error & { code?: string; cause?: unknown; statusCode?: number };
}

/** The connection is gone. */
export interface CloseEvent<Target = Connection> extends Event<'close', Target> {
  /**
   * The peer's code, 1000 if it sent none, 1006 if it went without a close frame. Where a server has refused the handshake, code and
   * reason are null, as in faye-websocket; `closed` has 1006 then.
   */
  code: number;
  reason: string;
}

/** The events of a connection, with what their listeners get. */
export interface Events<Data = any> {
  open: [event: OpenEvent];
  message: [event: MessageEvent<Data>];
  error: [event: ErrorEvent];
  close: [event: CloseEvent];
  data: [data: Data];
  drain: [];
  end: [];
}

/**
 * A listener that expects something else of an event, or another event. One of `message` with a second argument, such as the
 * `(data, isBinary)` of ws, would never get it, and is an error.
 */
export type OtherListener<Data, Name, This> = Name extends keyof Events<Data>
  ? Events<Data>[Name] extends []
    ? (this: This) => void
    : (this: This, event: any) => void
  : (this: This, ...args: any[]) => void;

/** The events of an EventSource, with what their listeners get. */
export interface EventSourceEvents {
  open: [event: OpenEvent<EventSource>];
  close: [event: Event<'close', EventSource>];
  drain: [];
}

/** A listener that is an object. */
export interface ListenerObject<Arguments extends any[]> {
  handleEvent(...args: Arguments): void;
}

/** Options of a listener. */
export interface ListenerOptions {
  /** Takes the listener off behind its first event. */
  once?: boolean | undefined;
  /** Takes the listener off when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Means nothing: no event can be prevented. */
  passive?: boolean | undefined;
  /** Means nothing: there is nothing to capture through. */
  capture?: boolean | undefined;
}
