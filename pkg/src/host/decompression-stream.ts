import { readAll } from "../streams.js";
import { inflated } from "./inflate.js";

/** `DecompressionStream("deflate")` for Vercel's edge runtime, which has none. */
export class DecompressionStream {
  readonly writable: WritableStream<Uint8Array>;
  readonly readable: ReadableStream<Uint8Array>;

  constructor() {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    let pieces: Iterator<Uint8Array> | undefined;
    this.writable = writable;
    this.readable = new ReadableStream({
      // What nobody asks for is not made: a small input may hold a thousand times its size.
      async pull(controller) {
        pieces ??= inflated(await readAll(readable, Infinity));
        const { value, done } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  }
}
