import { Extension, ExtensionClientSession } from './types/extension';

/**
 * permessage-deflate (RFC 7692) on Rust, in the format of the npm package websocket-extensions: for the option
 * `extensions` of this package, and for any other host of that package.
 */
declare const deflate: Deflate;

/** The extension, with what npm's package of the name has besides. */
interface Deflate extends Extension {
  /**
   * The extension with more settings; the object itself stays as it is. What it was configured with before stays.
   *
   * @throws for an unknown option, and for a value that is none for it
   */
  configure(options?: deflate.Options): Deflate;
  createClientSession(): ExtensionClientSession;
}

declare namespace deflate {
  /** How messages are compressed. */
  interface Options {
    /** The compression level: 0 to 9, or -1 for zlib's default. */
    level?: number | undefined;
    /** How much memory the search may take: 1 to 9. Default: 8. */
    memLevel?: number | undefined;
    /** What kind of data to expect: a `Z_*` strategy of zlib, 0 to 4. */
    strategy?: number | undefined;
    /** Whether each of our messages begins with an empty window. */
    noContextTakeover?: boolean | undefined;
    /** The base-2 logarithm of the largest window for our messages: 8 to 15. */
    maxWindowBits?: number | undefined;
    /** Whether to ask that each of the peer's messages begins with an empty window. */
    requestNoContextTakeover?: boolean | undefined;
    /** The base-2 logarithm of the largest window that the peer shall use: 8 to 15. */
    requestMaxWindowBits?: number | undefined;
    /** Messages with fewer bytes than this leave uncompressed. Default: 0. */
    threshold?: number | undefined;
    /** The most bytes that a message may come to in other hosts. Here it is the connection's own `maxLength`. */
    maxLength?: number | undefined;
    /** For the sake of code that passes Node's own `zlib`; another one is refused. */
    zlib?: object | undefined;
  }
}

export = deflate;
