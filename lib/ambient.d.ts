/** What Node has and the package @types/node does not say; and what the package is made of and no file declares. */

/** WebAssembly, as far as `lib/wasm` uses it. Its types come with those of the DOM, which is not here. */
declare namespace WebAssembly {
  class CompileError extends Error {}
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: import('./wasm/module').Exports & import('./wasm/module').Calls;
  }
}

interface Buffer {
  utf8Slice(start?: number, end?: number): string;
  latin1Slice(start?: number, end?: number): string;
  utf8Write(text: string, offset?: number, length?: number): number;
}

interface ArrayBuffer {
  /** From Node.js 20 on. */
  readonly resizable?: boolean;
}

/** As browsers and Node do, nothing is taken for no timer. */
declare function clearTimeout(timer: NodeJS.Timeout | null | undefined): void;
declare function clearInterval(timer: NodeJS.Timeout | null | undefined): void;

declare namespace NodeJS {
  interface Process {
    /** What Node calls for an uncaught exception. */
    _fatalException?(error: unknown, fromPromise: boolean): boolean;
    /** Runs what was put off to the next tick. */
    _tickCallback?(): void;
  }

  interface ProcessReport {
    excludeNetwork?: boolean;
    getReport(error?: Error): { header?: { glibcVersionRuntime?: string } };
  }

  interface ErrnoException {
    /** The binary that an error of loading is about. */
    target?: string;
  }
}

/** The packages of the platforms: one of them is installed. */
declare module '@faye-websocket-native/*' {
  const binding: import('./native').Binding;
  export = binding;
}
