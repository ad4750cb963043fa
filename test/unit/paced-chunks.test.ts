import { expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { compressChunks, gather } from "../../src/http/answers/compress.ts";
import { Pauses } from "../../src/lib/pauses.ts";

/** A pause is due after every chunk. */
function restless(): Pauses {
  let nowMs = 0;
  return new Pauses({ monotonicMs: () => (nowMs += 10) });
}

test.each(["identity", "gzip", "zstd", "br"] as const)(
  "in %s requests are served after each chunk, however small the chunks are",
  async (encoding) => {
    let turn = 0;
    const ended = new AbortController();
    const countTurns = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        await new Promise((resolve) => setImmediate(resolve));
        turn += 1;
      }
    };
    const counting = countTurns();
    const turns: number[] = [];
    const chunks = function* (): Generator<string> {
      for (let chunk = 0; chunk < 50; chunk += 1) {
        turns.push(turn);
        yield `${chunk},`;
      }
    };
    const of = { chunks: chunks(), partBytes: 1024, pauses: restless() };
    await (encoding === "identity" ? gather(of) : compressChunks(encoding, of));
    ended.abort();
    await counting;
    expect(new Set(turns).size).toBe(50);
  },
);

test.each([
  ["gzip", gunzipSync],
  ["zstd", zstdDecompressSync],
  ["br", brotliDecompressSync],
] as const)(
  "in %s short and long texts and bytes keep their order",
  async (encoding, decompress) => {
    const letters = new TextEncoder();
    const chunks = [
      ...Array.from({ length: 300 }, (_, n) => `${"é".repeat(n * 7)}${n};`),
      letters.encode("bytes after text;"),
      letters.encode("bytes after bytes;"),
      "x".repeat(400_000),
      "",
      "end",
    ];
    const parts = await compressChunks(encoding, { chunks, partBytes: 1024, pauses: restless() });
    const expected = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as string)));
    expect(decompress(Buffer.concat(parts)).equals(expected)).toBe(true);
  },
);
