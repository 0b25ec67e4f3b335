/** What a connection consists of besides its own fields (`connection.d.ts`). */

import { Coding, Timer } from './connection';

/** What a connection allows its peer (`lib/connection/limits.js`); the option `closeTimeout` is `close`. */
export interface Limits {
  readonly close: number | undefined;
  /** Whether nothing is read from the peer because too much waits for it. */
  readonly stopsReading: boolean;
  /** Whether only so many bytes may wait. */
  readonly isBounded: boolean;
  /** Whether a ping has to be answered in time. */
  readonly waitsForPongs: boolean;
  start(): void;
  end(): void;
  /** The peer has said something. */
  heard(): void;
  /** Whether one more message may wait. */
  admits(): boolean;
  pinged(key: string): void;
  ponged(key: string): void;
  /** How often bytes have come. */
  readonly chunks: number;
}

/** What an application allows its peers (`readLimits`), times in milliseconds, and bytes. */
export interface LimitSettings {
  pong: number;
  idle: number;
  close: number | undefined;
  most: number;
  onFull: string;
}

/** What a client needs until it is open. */
export interface Opening {
  plan: Plan;
  opened: Opened;
  protocols: string | string[] | null | undefined;
  options: Record<string, any>;
  /** How many redirections may still be followed. */
  redirects: number;
  /** What another beginning has changed. */
  change?: { http2?: boolean; secrets?: boolean };
  /** Whether TLS has yet to say if this is HTTP/2. */
  negotiates: boolean;
  /** Takes the stream from the conversation with a proxy, while there is one. */
  handOver: (() => void) | null;
  timer: Timer | null;
  /** Whether an `error` has said why it ended. */
  isReported: boolean;
  /** The headers of an answer over HTTP/2. */
  answer: Record<string, any> | null;
}

/** How a client connects (`lib/connection/client/plan.js`). */
export type Plan = ReturnType<typeof import('../connection/client/plan').planOf>;

/** A stream to a client's first endpoint, the event that says that it can be written to, or a promise of another one. */
export interface Opened {
  stream: any;
  connected: string | null;
  promise: Promise<unknown> | null;
}

/** What is asked of the peer in extensions, and what comes of it (`lib/extensions/index.js`). */
export interface Negotiation {
  offer(): import('../native').ExtensionOffer;
  answer(header: string | undefined): import('../native').ExtensionAnswer | undefined;
  codingOf(ws: any, deflates: boolean): Coding | null;
}
