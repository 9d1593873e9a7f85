/** Where the WebAssembly module comes from. The build puts one of the files beside this one into each entry. */
export interface Source {
  /** The module, compiled off the main thread where the host can. */
  compile(): Promise<WebAssembly.Module>;
  /** The same, without waiting. */
  compileSync(): WebAssembly.Module;
}
