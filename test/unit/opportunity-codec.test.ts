import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeOpportunities, encodeOpportunities } from "../../src/db/market/opportunity-codec.ts";
import {
  bookOf,
  columnsIn,
  INSTRUMENT_ID_BOUND,
  maxOpportunities,
  NO_COLUMNS,
  type OpportunityColumns,
  peakOf,
} from "../../src/domain/opportunity-columns.ts";

interface Pair {
  readonly longId: number;
  readonly shortId: number;
  readonly words: readonly [number, number, number, number];
}

const ID = fc.oneof(
  fc.integer({ min: 0, max: 50 }),
  fc.integer({ min: 0, max: INSTRUMENT_ID_BOUND - 1 }),
);
const WORD = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const PAIRS: fc.Arbitrary<Pair[]> = fc.uniqueArray(
  fc.record({ longId: ID, shortId: ID, words: fc.tuple(WORD, WORD, WORD, WORD) }),
  { maxLength: 60, selector: ({ longId, shortId }) => `${longId} ${shortId}` },
);

function columnsOf(pairs: readonly Pair[]): OpportunityColumns {
  const ordered = pairs.toSorted((a, b) => a.longId - b.longId || a.shortId - b.shortId);
  const columns = [
    ordered.map(({ longId }) => longId),
    ordered.map(({ shortId }) => shortId),
    ...([0, 1, 2, 3] as const).map((index) => ordered.map(({ words }) => words[index])),
  ];
  return columnsIn(Uint32Array.of(pairs.length, ...columns.flat())) ?? expect.unreachable();
}

const THREE = columnsOf([
  { longId: 7, shortId: 9, words: [1, 2, 3, 4] },
  { longId: 7, shortId: 12, words: [5, 6, 7, 8] },
  { longId: 9, shortId: 7, words: [9, 10, 11, 12] },
]);

/** A body around arbitrary words, as another program could have written it. */
function bodyOf(words: readonly number[], layout = 2): Uint8Array {
  const compressed = Bun.zstdCompressSync(new Uint8Array(Uint32Array.from(words).buffer));
  const hash = BigUint64Array.of(Bun.hash.xxHash64(compressed));
  return Uint8Array.from([layout, ...new Uint8Array(hash.buffer), ...compressed]);
}

describe("the stored form of opportunities", () => {
  test("round-trips", () => {
    fc.assert(
      fc.property(PAIRS, (pairs) => {
        const decoded = decodeOpportunities(encodeOpportunities(columnsOf(pairs)));
        expect(decoded).toEqual(columnsOf(pairs));
      }),
    );
  });

  test("holds no pairs as well as many", () => {
    expect(decodeOpportunities(encodeOpportunities(NO_COLUMNS))?.count).toBe(0);
  });

  test("is rejected if truncated or with any byte changed: it never yields other ages", () => {
    const body = encodeOpportunities(THREE);
    for (let length = 0; length < body.length; length += 1)
      expect(decodeOpportunities(body.slice(0, length))).toBeNull();
    for (let at = 0; at < body.length; at += 1) {
      for (const change of [0x01, 0x80, 0xff]) {
        const damaged = body.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        expect(decodeOpportunities(damaged)).toBeNull();
      }
    }
  });

  test("a body anywhere in a larger buffer is read as well", () => {
    const body = encodeOpportunities(THREE);
    const larger = Uint8Array.from([0, 0, 0, ...body, 0]);
    expect(decodeOpportunities(larger.subarray(3, 3 + body.length))).toEqual(THREE);
  });

  test("is read as written by older versions, whose serving thread wrote it", () => {
    const body = Uint8Array.fromBase64(
      "Aj28wvSdUOimKLUv/SBMvQEAlAIDAAAABwkMAQAAAAUCAAAABgAAAAoAAAADCwAAAAQAAAAIAAAADAAAAAUEBEP9mzqTAbHTAg==",
    );
    expect(decodeOpportunities(body)).toEqual(THREE);
  });

  test("is read from any words that hold pairs", () => {
    expect(decodeOpportunities(bodyOf([1, 7, 9, 1, 2, 3, 4]))).toEqual(
      columnsOf([{ longId: 7, shortId: 9, words: [1, 2, 3, 4] }]),
    );
  });

  test("holds the maximum number of pairs, also of a market larger than today's", () => {
    const count = maxOpportunities(12_600);
    const words = Array.from({ length: 1 + 6 * count }, (_, index) => (index - 1) % count);
    expect(decodeOpportunities(bodyOf([count, ...words.slice(1)]))?.count).toBe(count);
  });

  test.each([
    ["another layout", bodyOf([0], 1)],
    ["extra words", bodyOf([0, 1])],
    ["words missing", bodyOf([1, 7, 9, 1, 1, 1])],
    ["no count", bodyOf([])],
    ["unordered pairs", bodyOf([2, 9, 7, 7, 9, 1, 1, 1, 1, 1, 1, 1, 1])],
    ["a duplicate pair", bodyOf([2, 7, 7, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1])],
  ])("%s are rejected", (_, body) => {
    expect(decodeOpportunities(body)).toBeNull();
  });
});

describe("the book of opportunities", () => {
  test("finds every pair that is in it and no other", () => {
    fc.assert(
      fc.property(PAIRS, fc.array(fc.tuple(ID, ID)), (pairs, others) => {
        const book = bookOf(columnsOf(pairs));
        const known = new Set<string>();
        for (const { longId, shortId, words } of pairs) {
          known.add(`${longId} ${shortId}`);
          expect(book.find(longId, shortId)).toEqual({
            firstSeenMs: words[0] * 1000,
            lastSeenMs: words[1] * 1000,
            peakGrossPct: words[2] / 100,
            unobservedMs: words[3] * 1000,
          });
        }
        for (const [longId, shortId] of others)
          expect(book.find(longId, shortId) !== null).toBe(known.has(`${longId} ${shortId}`));
      }),
    );
  });

  test("an id beyond the limit is not mistaken for another pair's", () => {
    const book = bookOf(columnsOf([{ longId: 1, shortId: 0, words: [1, 2, 3, 4] }]));
    expect(book.find(1, 0)).not.toBeNull();
    expect(book.find(0, INSTRUMENT_ID_BOUND)).toBeNull();
  });

  test("peaks have two decimals, and none is too large to be stored", () => {
    expect([peakOf(5), peakOf(12.345), peakOf(1e12)]).toEqual([500, 1235, 2 ** 32 - 1]);
  });
});
