import { OwnedStream, Timer } from '../../transport/connection';

/** An event stream, as the parts of `lib/faye` see it. All of it is written by `lib/faye/eventsource.js`, but for its place. */
export interface EventStream {
  /** Where it stands in the list of all: lib/connection/live.js. */
  _place: number;
  writable: boolean;
  readyState: number;
  url: string;
  lastEventId: string;
  readonly DEFAULT_PING: number;
  readonly DEFAULT_RETRY: number;
  /** Where the events are written to; nothing if the response had no way any more. */
  _stream: OwnedStream;
  /** Seconds between comments, and until a client connects again. */
  _ping: number;
  _retry: number;
  _pingTimer: Timer | null;
  /** What listens to the stream, and to the request or the response. */
  _listeners: [emitter: any, event: string, listener: () => void][];
  _scope: import('../../transport/connection').Scope;
  _write(chunk: string): boolean;
  _open(): void;
  _letGo(): void;
  write(message: unknown): boolean;
  send(message: unknown, options?: { event?: string; id?: string }): boolean;
  ping(): boolean;
  close(): boolean;
  end(message?: unknown): void;
  emit(event: string, ...values: unknown[]): boolean;
  dispatchEvent(event: object): void;
}
