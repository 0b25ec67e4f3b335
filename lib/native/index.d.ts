/// <reference types="node" />

import classes = require('./classes');
import direct = require('./direct');

/**
 * The seam between JavaScript and Rust: every function of the native side, written by hand. `lib/native/index.js` loads
 * the binary (`src/binding`), or the WebAssembly engine (`lib/wasm`), which has all of it but for the direct transport.
 * `scripts/seam.js` compares this file with both.
 * How values are passed is in ARCHITECTURE.md.
 */
declare const native: native.Binding;

declare namespace native {
  /** The number of a session: which slot it has, and which generation of that slot. */
  type Slot = number;
  /** The number of a codec of another host of extensions. */
  type Handle = number;
  /** The number of a job on another thread; JavaScript chooses it. */
  type JobId = number;
  type Flag = 0 | 1;
  /** Names and values, alternately. */
  type FlatHeaders = string[];

  /** The binary, or the WebAssembly engine. */
  type Binding = Core & Partial<Direct> & Partial<Wasm>;

  /** What only the WebAssembly engine has. */
  interface Wasm {
    readonly engine: 'wasm';
  }

  /** What both engines have. */
  interface Core {
    // Sessions begin and end.

    /**
     * Answers a request of RFC 6455.
     *
     * @throws {TypeError} for headers and protocols that must not be sent
     */
    accept(request: AcceptRequest): Accepted;
    /**
     * Begins a client's session, which waits for the answers of a proxy, if there is a tunnel, and of the server.
     *
     * @throws {TypeError} for headers and protocols that must not be sent
     */
    connect(request: ConnectRequest): Connecting;
    /** What the server has answered, once a row `OPEN` or `REFUSED` says that it did. */
    answer(slot: Slot): Answer;
    /** Ends a session. A stale number is ignored. */
    release(slot: Slot): void;
    /** The caller's extensions get all messages, and own these RSV bits. */
    extend(slot: Slot, rsv: number): void;
    /** From now on the session ignores what the peer sends. */
    stop(slot: Slot): void;
    /** How many sessions there are. */
    sessions(): number;
    /** Whether a request asks for a WebSocket (RFC 6455 section 4.2.1). */
    isWebSocket(method: string, connection: string | undefined, upgrade: string | undefined): boolean;
    /**
     * Reads the header `Sec-WebSocket-Extensions` (RFC 6455 section 9.1).
     *
     * @throws {Error} for what does not follow the grammar
     */
    parseExtensions(header: string): ParsedExtension[];

    // Bytes in.

    /**
     * Rows are written to this memory from now on (`lib/native/rows.js`). The native side keeps it for good.
     *
     * @param external whether strings may refer to characters outside of the heap
     * @param maxText units of the longest string that there can be
     * @param counts whether the bytes of a text are counted much faster than it is converted
     */
    shareRows(memory: Uint8Array, external: Flag, maxText: number, counts: Flag): void;
    /**
     * Parses a chunk from `at` on, and unmasks in place. The cell `LEFT` says how much work may be done, and afterwards
     * how much is left; the cell `REACHED` says how far the chunk was parsed.
     *
     * @returns the number of rows
     */
    receive(slot: Slot, chunk: Buffer, at: number): number | string;
    /** The string of bytes that a row called text. */
    text(chunk: Buffer, offset: number, length: number): string;
    /** The text in a Buffer; undefined if it is not UTF-8, 0 if no string is that long. */
    decode(bytes: Buffer): string | undefined | 0;
    /**
     * Converts a part of the text in a Buffer, from `at` on. Returns where the part ends, or behind the last one what `decode` returns.
     */
    decodePart(slot: Slot, bytes: Buffer, at: number): number | string | undefined;
    /** Takes the front of the session's queue, as a string. */
    takeText(slot: Slot): string;
    /** The same, where the row says that it is ASCII. */
    takeAscii(slot: Slot): string;
    /** Copies the front of the session's queue into `target`, which is as long as its row says. */
    takeBytes(slot: Slot, target: Buffer): void;
    /**
     * Copies a part of the front of the session's queue, from `at` on, to the same place in `target`, which is as long as its row
     * says. Behind the last part, the front is taken.
     *
     * @returns where the part ends
     */
    copyPart(slot: Slot, target: Buffer, at: number): number;
    /** Takes the front of the session's queue, as a Buffer of its own memory. */
    takeOwned(slot: Slot): Buffer;
    /** Drops the front of the session's queue. */
    skip(slot: Slot): void;
    /** Bytes that are kept for messages that are not complete. */
    buffered(slot: Slot): number;

    // Bytes out. `room` says how many bytes at the end of the slab are free; frames are written where they begin.

    /** Frames are written to this memory from now on. The native side keeps it until the next call. */
    shareSlab(memory: Buffer): void;
    /**
     * Writes the frame of a text of less than 16 Ki units to the slab.
     *
     * @returns where in the slab the frame ends, with bit 20 set if the stack surely has room for a write; -1 if there is no
     *   room; nothing if the stack surely has room for a write and the text is ASCII, so that its length says where the frame ends
     */
    sendText(slot: Slot, text: string, room: number): number | undefined;
    /**
     * The same for bytes.
     *
     * @param opcode with the RSV bits from bit 4 up
     */
    sendBytes(slot: Slot, opcode: number, bytes: Uint8Array, room: number): number;
    /** The same for a close frame. */
    sendClose(slot: Slot, code: number, reason: string, room: number): number;
    /**
     * How much memory the frame of a large text takes at most, which `encodeText` makes next.
     *
     * @param isAscii whether the text is known to be ASCII
     */
    measureText(text: string, units: number, isAscii: 0 | 1): number;
    /** Writes the frame of the text that was measured last to a Buffer with room for it; the frame's size. */
    encodeText(slot: Slot, target: Buffer, text: string, units: number): number;
    /** Writes a large frame to a Buffer with room for it; the frame's size. */
    frameBytes(slot: Slot, opcode: number, bytes: Uint8Array, target: Buffer): number;
    /**
     * Writes the frame of a text to the slab, compressed if that was agreed on and is worth it. A frame without room is
     * kept for `sendPacked` or `takePacked`.
     *
     * @returns where in the slab the frame ends; without room, its size as a negative number
     * @throws {Error} with the code `NOT_SENT` after which the session cannot send any more
     */
    packText(slot: Slot, text: string, units: number, room: number): number;
    /** The same for bytes. */
    packBytes(slot: Slot, opcode: number, bytes: Uint8Array, room: number): number;
    /** Writes the frame that was kept, as the call before it. */
    sendPacked(room: number): number;
    /** Writes the frame that was kept to a Buffer with room for it. */
    takePacked(target: Buffer): void;

    // permessage-deflate for other hosts of extensions.

    /** A client's offer, as the value of a header. Throws for settings that zlib does not take. */
    codecOffer(settings: DeflateSettings): string;
    /** A server's codec for the first acceptable offer; undefined if there is none. */
    codecAccept(settings: DeflateSettings, header: string): [handle: Handle, response: string] | undefined;
    /** A client's codec for the server's response; -1 if that is unacceptable. */
    codecActivate(settings: DeflateSettings, header: string): Handle;
    /** With which parameters a session compresses, as a number; -1 if messages before matter, or without compression. */
    sharedCoding(slot: Slot): number;
    /**
     * A codec that compresses messages as a session does, for one that many connections get; -1 where messages before
     * matter, and while the session's codec is away.
     */
    codecAlike(slot: Slot): Handle;
    /**
     * Compresses a message, or inflates one that may come to `limit` bytes.
     *
     * @returns the length and the bytes; -1 for a message that leaves as it is; -2 for one that takes long, of which
     *   `codecElsewhere` inflates the rest; a negative close code and its text
     */
    codecRun(handle: Handle, compress: Flag, bytes: Buffer, limit: number): CodecResult;
    /** Ends a codec. */
    codecRelease(handle: Handle): void;

    // Large compressed messages, on other threads. A codec has one job at most: 0 says that it is away, and that the
    // call is to be made again.

    /** Prepares for jobs, once. `onDone` is called on the event loop for each job that is done. */
    offloadOpen(onDone: () => void): void;
    /** Starts the job of a row `INFLATE`. */
    inflateElsewhere(id: JobId, slot: Slot): Flag;
    /** Converts the queue's front, a text, for `takeConverted`; 0 where it is to be taken by `takeText`. */
    textElsewhere(id: JobId, slot: Slot): Flag;
    takeConverted(slot: Slot): string;
    /** Appends a piece of a text, of which `expected` units are to come with this one, for `deflateElsewhere`. */
    stageText(slot: Slot, piece: string, units: number, expected: number): void;
    /** Compresses a copy of `bytes`, or without them the text that was staged. */
    deflateElsewhere(id: JobId, slot: Slot, bytes?: Buffer): Flag;
    /** What `codecRun` does, on a copy of `bytes`. */
    codecElsewhere(id: JobId, handle: Handle, compress: Flag, bytes: Buffer, limit: number): Flag;
    /**
     * Takes back what one job has made, as four numbers: its id, a row's kind, a length, and the row's extra; an empty
     * array if no job is done. The kind is 0 for bytes that `takeResult` takes, and -1 for a fault: its close code is the extra, `resultText` has its text. The
     * length is -1 where the owner of the job has gone.
     */
    finished(): number[];
    /** Copies what a job made into `target`, which is as long; without one, returns it as a Buffer. */
    takeResult(id: JobId, target?: Buffer): Buffer | undefined;
    /**
     * Copies a part of what a job made, from `at` on, to the same place in `target`, which is as long. Returns where the part ends;
     * behind the last one, the result is gone.
     */
    resultPart(id: JobId, target: Buffer, at: number): number;
    /** Takes the text of a job's fault. */
    resultText(id: JobId): string;

    // Memory.

    /** Large messages have begun to come: the heap keeps freed memory for the next ones. */
    keep(): void;
    /** Marks memory that was kept for large messages to go back to the system, and if `heap` is 1, what the heap has. */
    trim(heap: Flag): void;
    /** Gives marked memory back for about a millisecond. Returns 1 if there is more. */
    trimSome(): Flag;
    /** Sessions with compression, and codecs, free memory if idle since the last call. Returns how many they are. */
    hibernate(): number;
    /** What one session takes, or without a slot all of them. */
    memoryUsage(slot?: Slot): MemoryUsage;
    /** What compression has done since the start. */
    compressionTotals(): CompressionTotals;

    /**
     * Raises `error` as an uncaught exception, during the call; with WebAssembly, in a later turn of the event loop.
     */
    raise(error: unknown): void;

    DraftSession: new (
      request: DraftRequest,
      headers: FlatHeaders,
      maxLength: number,
      maxText: number,
      externalStrings: boolean
    ) => DraftSession;
    HeadReader: new (response: boolean) => HeadReader;
  }

  /** The direct transport, which only the binary has, and only on Unix. */
  type Direct = direct.Direct;

  /** What a request says, besides its URL. */
  interface HandshakeFields {
    method: string | undefined;
    upgrade: string | undefined;
    connection: string | undefined;
    origin: string | undefined;
    /** `sec-websocket-version` */
    version: string | undefined;
    /** `sec-websocket-key` */
    key: string | undefined;
    /** `sec-websocket-protocol` */
    protocol: string | undefined;
    /** `sec-websocket-extensions` */
    extensions: string | undefined;
  }

  /** What a server says of extensions: one of these at most. */
  interface ExtensionAnswer {
    /** The settings by which the native side negotiates permessage-deflate. */
    deflate: DeflateSettings | undefined;
    /** What the caller's extensions answer, as the value of a header, and the RSV bits that they own. */
    agreed: string | undefined;
    rsv: number | undefined;
    /** What the caller's extensions found wrong with the request. */
    fault: string | undefined;
  }

  interface AcceptRequest extends HandshakeFields {
    /** The most bytes that a message may come to. */
    maxLength: number;
    /** The subprotocols that the server speaks. */
    protocols: string[] | undefined;
    /** Headers to add to the response. */
    headers: FlatHeaders | undefined;
    url: string | undefined;
    /** Undefined without extensions. */
    answer: ExtensionAnswer | undefined;
  }

  type Accepted =
    | [head: string, slot: Slot, protocol: string, fault: undefined, deflates: Flag]
    | [head: string, slot: -1, protocol: '', fault: string, deflates?: undefined];

  /** What a client says of extensions: one of these at most. */
  interface ExtensionOffer {
    /** The settings by which the native side offers permessage-deflate. */
    deflate: DeflateSettings | undefined;
    /** What the caller's extensions offer, as the value of a header; undefined if they offer nothing. */
    header: string | undefined;
  }

  interface ConnectRequest extends Credentials {
    /** The most bytes that a message may come to. */
    maxLength: number;
    /** The subprotocols to ask for. */
    protocols: string[] | undefined;
    /** Headers to add to the request. */
    headers: FlatHeaders | undefined;
    /** The value of the header `Host`. */
    host: string;
    /** The target of the request: a path and a query. */
    target: string;
    /** Undefined without extensions. */
    offer: ExtensionOffer | undefined;
    /** What to ask a proxy for before. */
    tunnel: TunnelRequest | undefined;
  }

  /** As they stand in a URL, percent-encoded. */
  interface Credentials {
    username: string | undefined;
    password: string | undefined;
  }

  interface TunnelRequest extends Credentials {
    /** A host and a port. */
    authority: string;
    headers: FlatHeaders | undefined;
  }

  /** The session, the request to the server, and that to the proxy. */
  type Connecting = [slot: Slot, request: string, connect?: string];

  /** The status is 0 for an answer that could not be read. */
  type Answer = [status: number, protocol: string, headers: FlatHeaders, deflates: Flag];

  /** The settings of permessage-deflate, as zlib has them; undefined stands for the default. */
  interface DeflateSettings {
    level: number | undefined;
    memLevel: number | undefined;
    strategy: number | undefined;
    noContextTakeover: boolean;
    maxWindowBits: number | undefined;
    requestNoContextTakeover: boolean;
    requestMaxWindowBits: number | undefined;
    /** The length in bytes below which messages leave uncompressed. */
    threshold: number | undefined;
  }

  type CodecResult =
    [length: number, bytes: Buffer] | [minusOne: -1] | [minusTwo: -2] | [minusCode: number, text: string];

  /** Bytes of messages that travelled compressed, in both forms. */
  type CompressionTotals = [
    sentPlain: number,
    sentCompressed: number,
    receivedPlain: number,
    receivedCompressed: number
  ];

  /** Counts of sessions, and bytes. */
  type MemoryUsage = [
    sessions: number,
    compressing: number,
    messages: number,
    windows: number,
    codecs: number,
    scratch: number
  ];

  /** One extension of a header. No name of a parameter occurs twice. */
  interface ParsedExtension {
    name: string;
    /** The values of each: `true` for one without a value, a number, or a text. */
    params: { name: string; values: (boolean | number | string)[] }[];
  }

  type DraftSession = classes.DraftSession;
  type DraftRequest = classes.DraftRequest;
  type HeadReader = classes.HeadReader;
}

export = native;
