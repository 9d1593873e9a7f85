/** What differs between the runtimes. The build puts one of the files beside this one into each entry. */
export interface Host {
  /** The WebAssembly module, compiled. */
  compile(): Promise<WebAssembly.Module>;
  /** The same, without waiting. */
  compileSync(): WebAssembly.Module;
  /** What this runtime's `fetch` understands besides `redirect` and `signal`. */
  readonly requestInit: RequestInit;
  /** Lets `work` go on after the answer to the request that began it. */
  keepAlive(work: Promise<void>): void;
}
