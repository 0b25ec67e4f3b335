/// <reference types="node" />

/** What only the binary has (`lib/native/index.d.ts`). */

type Slot = number;
type Flag = 0 | 1;

/** The direct transport, which only the binary has, and only on Unix. */
export interface Direct {
  /**
   * Readies the transport.
   *
   * @param memory chunks are read into it. The native side keeps it for good
   * @param onRows called with the number of rows to dispatch; with -1 to go on after an exception; with -2 to set aside
   *   what has not been dispatched, as a handler runs the loop
   * @returns whether the transport can be used
   */
  directOpen(memory: Buffer, onRows: (count: number) => number | void): Flag;
  /**
   * From now on Rust reads and writes a descriptor. Its owner calls `directDetach` before closing it. Returns 0, or
   * an error number.
   */
  directAttach(slot: Slot, fd: number, alive: Flag): number;
  /**
   * Sends what the kernel takes, and gives the descriptor back. `moved` gets the numbers of bytes that were received and sent.
   * With `keep`, returns Buffers with the bytes that could not be sent, if there are some.
   */
  directDetach(slot: Slot, keep: Flag, moved: [received: number, sent: number]): Buffer[] | undefined;
  /**
   * Sends a text; 1 if the connection is backed up, 2 if the text waits for the end of the burst. `size` is four times the units, two more if the text is known to be ASCII, and
   * one more if more messages are about to be handled.
   */
  directText(slot: Slot, text: string, size: number): 1 | 2 | undefined;
  /**
   * Sends a frame; 1 if the connection is backed up, 2 if the frame waits for the end of the burst. `kind` is twice the opcode, which has the RSV bits from bit 4 up, and one
   * more if more messages are about to be handled.
   */
  directBytes(slot: Slot, kind: number, bytes: Uint8Array): 1 | 2 | undefined;
  /**
   * Answers the pings of a chunk that stand one behind the other in the shared rows, from row `row` on and in front of row
   * `end`, until the connection is backed up. Returns twice the number of them, and one more if it is.
   */
  directPongs(slot: Slot, chunk: Uint8Array, row: number, end: number): number;
  /** Sends a close frame. */
  directClose(slot: Slot, code: number, reason: string, more: number): void;
  /**
   * Writes the outbox of a connection now; without a slot, all outboxes. Returns 1 if that connection is backed up.
   */
  directFlush(slot?: Slot): Flag;
  /** Bytes that have not reached the kernel. */
  directPending(slot: Slot): number;
  /** 0 resumes reading, 1 stops it, 2 stops it after one more chunk. */
  directPause(slot: Slot, pause: 0 | 1 | 2): void;
  /** Whether the connection keeps the process alive. */
  directAlive(slot: Slot, alive: Flag): void;
  /**
   * Sends one frame to servers' connections.
   *
   * @param slots the memory of an Int32Array with their slots, as `~slot` where more messages of a connection are about to
   *   be handled in this batch
   * @returns how many are backed up; their places in the array stand in its front then
   */
  directMany(slots: Buffer, count: number, opcode: number, payload: Uint8Array): number;
  /**
   * Bytes in the system that the peer of a socket, whoever reads that, has not acknowledged, as far as is known; `~` that
   * number unless the peer has ended its side.
   */
  peerState(fd: number): number;
  /** Bytes so far, and a number that changes when some move of which JavaScript is not told. */
  directCounters(slot: Slot): [received: number, sent: number, untold: number];
}
