/** `text` as a URL, if it is one. `URL.canParse` is younger than some browsers that this is for. */
export function parsedUrl(text: unknown): URL | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
