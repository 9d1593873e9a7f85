/** Bytes that a match may lie back, and so the size of the pieces that come out. */
const WINDOW = 32_768;
/** The order in which the lengths of the lengths' own codes are written. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577];

/**
 * What a zlib stream (RFC 1950, RFC 1951) holds, in pieces of at most 32 KiB, each made only when it
 * is asked for.
 *
 * @throws {Error} when the stream is damaged or anything follows it
 */
export function* inflated(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  const window = new Uint8Array(WINDOW);
  let position = 16;
  let size = 0;
  let [low, high] = [1, 0];

  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, position++) value |= ((at(bytes, position >> 3) >> (position & 7)) & 1) << i;
    return value;
  };
  const symbol = ({ counts, symbols }: Codes): number => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      const count = at(counts, length);
      code |= bits(1);
      if (code - first < count) return at(symbols, index + code - first);
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return damaged();
  };
  /** Takes one byte; `true` when the window is full, and is a piece. */
  const put = (byte: number): boolean => {
    window[size++ % WINDOW] = byte;
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
    return size % WINDOW === 0;
  };

  const [method, flags] = [at(bytes, 0), at(bytes, 1)];
  if ((method & 15) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0) damaged();
  for (let last = 0; !last; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) {
      position = (position + 7) & ~7;
      const length = bits(16);
      if ((bits(16) ^ length) !== 0xffff) damaged();
      for (let i = 0; i < length; i++) if (put(bits(8))) yield window.slice();
      continue;
    }
    const [literals, distances] = kind === 1 ? FIXED : kind === 2 ? dynamic(bits, symbol) : damaged();
    for (let found = symbol(literals); found !== 256; found = symbol(literals)) {
      if (found < 256) {
        if (put(found)) yield window.slice();
        continue;
      }
      const length = at(LENGTH_BASE, found - 257) + bits(at(LENGTH_BITS, found - 257));
      const far = symbol(distances);
      const distance = at(DISTANCE_BASE, far) + bits(Math.max(0, (far >> 1) - 1));
      if (distance > size) damaged();
      for (let i = 0; i < length; i++) if (put(at(window, (size - distance) % WINDOW))) yield window.slice();
    }
  }
  position = (position + 7) & ~7;
  for (const half of [high, low]) if (bits(8) * 256 + bits(8) !== half) damaged();
  if (position !== bytes.length * 8) damaged();
  yield window.slice(0, size % WINDOW);
}

/** A Huffman code: how many codes have each length, and what they mean, in order. */
interface Codes {
  counts: number[];
  symbols: number[];
}

function codes(lengths: number[]): Codes {
  const counts = Array.from({ length: 16 }, (_, length) => (length ? lengths.filter((of) => of === length).length : 0));
  const symbols = counts.flatMap((_, length) => (length ? lengths.flatMap((of, symbol) => (of === length ? symbol : [])) : []));
  let left = 1;
  for (const count of counts.slice(1)) left = left * 2 - count >= 0 ? left * 2 - count : damaged();
  return { counts, symbols };
}

/** The code of the codes' lengths first, then those, run-length encoded. */
function dynamic(bits: (count: number) => number, symbol: (codes: Codes) => number): [Codes, Codes] {
  const [literals, distances, written] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
  const own = Array<number>(19).fill(0);
  for (const place of ORDER.slice(0, written)) own[place] = bits(3);
  const inner = codes(own);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const found = symbol(inner);
    if (found < 16) lengths.push(found);
    else if (found === 16) lengths.push(...Array<number>(bits(2) + 3).fill(at(lengths, lengths.length - 1)));
    else lengths.push(...Array<number>(found === 17 ? bits(3) + 3 : bits(7) + 11).fill(0));
  }
  if (literals > 286 || lengths.length > literals + distances) damaged();
  return [codes(lengths.slice(0, literals)), codes(lengths.slice(literals))];
}

const FIXED: [Codes, Codes] = [
  codes(Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8))),
  codes(Array<number>(30).fill(5)),
];

function at(list: ArrayLike<number>, index: number): number {
  return list[index] ?? damaged();
}

function damaged(): never {
  throw new Error("the compressed data is damaged");
}
