/** The module for processors without vectors: see `module.d.ts`. */

export const compiler: string;
export function bytes(): Uint8Array;
