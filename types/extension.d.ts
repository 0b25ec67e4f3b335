/// <reference types="node" />

// Extensions, in the format of the npm package websocket-extensions.

/** An extension, for `extensions`. */
export interface Extension {
  /** What it is called in the header. */
  name: string;
  type: 'permessage' | string;
  /** Which reserved bits of a frame it uses. */
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  /** Returns null to offer nothing. */
  createClientSession(options?: ExtensionOptions): ExtensionClientSession | null;
  /** Returns null to decline all offers. */
  createServerSession(offers: ExtensionParams[], options?: ExtensionOptions): ExtensionServerSession | null;
}

/** What an extension is told of the connection. Other hosts may tell it nothing. */
export interface ExtensionOptions {
  /** The most bytes that a message may come to. */
  maxLength: number;
}

/** The parameters of one offer or response: a repeated name has an array, one without a value is true. */
export interface ExtensionParams {
  [name: string]: ExtensionParam | ExtensionParam[];
}

export type ExtensionParam = string | number | boolean;

/** What an extension does for one connection. Messages are handed on in the order in which they came. */
export interface ExtensionSession {
  processIncomingMessage(message: ExtensionMessage, callback: ExtensionCallback): void;
  processOutgoingMessage(message: ExtensionMessage, callback: ExtensionCallback): void;
  close(): void;
}

export interface ExtensionClientSession extends ExtensionSession {
  generateOffer(): ExtensionParams | ExtensionParams[] | null | undefined;
  /** Whether the server's response is acceptable. */
  activate(params: ExtensionParams): boolean;
}

export interface ExtensionServerSession extends ExtensionSession {
  generateResponse(): ExtensionParams;
}

/** A message on its way through the extensions. */
export interface ExtensionMessage {
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  opcode: number;
  data: Buffer;
}

export type ExtensionCallback = (error: Error | null, message?: ExtensionMessage) => void;
