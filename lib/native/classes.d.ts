/// <reference types="node" />

/** The classes of the native side (`lib/native/index.d.ts`): sessions of the drafts, and readers of heads. */

/** One connection in hixie-75 or hixie-76, for servers. */
export interface DraftSession {
  /** The head of the answer: a 101, or a 400. */
  readonly head: Buffer;
  /** Why the request was refused, if it was. */
  readonly fault: string | null;
  /** Whether messages may be sent. */
  readonly isOpen: boolean;
  /** What a chunk meant, in order. */
  receive(chunk: Uint8Array): DraftEvent[];
  /** Converts a piece of the `long` text that comes next; the message with its last piece, and before null. */
  convert(): string | null;
  /** The frame of a text message. */
  frame(text: string): Buffer;
  /** The bytes that end a session of hixie-76; undefined if there are none to send. */
  close(): Buffer | null;
}

export interface DraftRequest {
  /** Whether the request is one of hixie-76. */
  hixie76: boolean;
  method: string;
  url: string;
  upgrade?: string;
  connection?: string;
  origin?: string;
  /** `sec-websocket-protocol` */
  protocol?: string;
  /** `sec-websocket-key1` */
  key1?: string;
  /** `sec-websocket-key2` */
  key2?: string;
}

export interface DraftEvent {
  kind: 'open' | 'text' | 'long' | 'close' | string;
  /** The message of `text`. */
  text?: string;
  /** The bytes that `open` asks to be written. */
  bytes?: Buffer;
}

/** Reads one head of HTTP out of chunks of any size. */
export interface HeadReader {
  /** The head, once it is complete; nothing before. Says what is wrong with what is no head, or one of more than 16 KiB. */
  receive(chunk: Uint8Array): Head | string | null;
}

export interface Head {
  /** Bytes of the chunk up to the end of the head. */
  used: number;
  /** The method and the target of a request; empty in a response. */
  method: string;
  target: string;
  /** The status of a response; 0 in a request. */
  status: number;
  /** Names in lower case and values, alternately; repeated headers joined. */
  headers: string[];
}
