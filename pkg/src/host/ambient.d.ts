declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "#wasm-base64" {
  const text: string;
  export default text;
}
declare module "#wasm-mark" {
  const text: string;
  export default text;
}
declare module "cloudflare:workers" {
  export const waitUntil: ((work: Promise<unknown>) => void) | undefined;
}
