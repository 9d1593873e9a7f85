/** Everything that `stream` brings; rejects as soon as that is more than `limit` bytes. */
export async function readAll(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = stream?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size > limit) {
      reader?.cancel().catch(() => {});
      throw new Error(`the answer is larger than ${limit} bytes`);
    }
  }
  const all = new Uint8Array(size);
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** Inflates a zlib stream (RFC 1950) in base64 to at most `limit` bytes; rejects where the runtime can't. */
export async function inflate(base64: string, limit: number): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return readAll(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")), limit);
}
