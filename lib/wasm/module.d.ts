/**
 * The module: its bytes, and what it exports (`src/wasm`). All arguments and results are numbers: addresses in the
 * module's memory, lengths, slots and handles.
 */

export const compiler: string;
export function bytes(): Uint8Array;

/** The functions. */
export type Calls = Record<string, (...args: number[]) => number>;

export interface Memory {
  readonly buffer: ArrayBuffer;
}

export interface Exports {
  readonly memory: Memory;
  readonly __stack_pointer: { value: number };
}

/** What an argument or a result may be in the calls that take values (`lib/wasm/values.js`). */
export type Value = undefined | number | string | Buffer | Value[];
