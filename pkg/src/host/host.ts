/** What differs between the runtimes. The build puts one of the files beside this one into each entry. */
export interface Host {
  /** Makes a module of its bytes; absent where compiling at run time is forbidden. */
  readonly compile?: (bytes: BufferSource) => Promise<WebAssembly.Module>;
  /** What this runtime's `fetch` understands besides `redirect` and `signal`. */
  readonly requestInit: RequestInit;
  /** Lets `work` go on after the answer to the request that began it. */
  keepAlive(work: Promise<void>): void;
}
