import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../src/db/history/codec/bytes.ts";
import { ColumnsBuilder } from "../../src/db/history/codec/columns.ts";
import { readDecimals, writeDecimals } from "../../src/db/history/codec/decimals.ts";
import { DamagedBlob, decoding, seal, unseal } from "../../src/db/history/codec/envelope.ts";
import { MAX_INTEGER, readIntegers, writeIntegers } from "../../src/db/history/codec/integers.ts";
import { blobWith, packed, unpacked } from "../../src/db/history/codec/pack.ts";
import { refreshBody, refreshOf, type RefreshColumns } from "../../src/db/history/codec/refresh.ts";
import {
  axisBody,
  axisChecksum,
  axisOf,
  Sections,
  sectionsBody,
} from "../../src/db/history/codec/sections.ts";
import { amounts, rates, refreshes, seriesOnAxis } from "../support/sample-series.ts";

const PROGRAM = [1, 2, 3] as const;

function integersBack(values: readonly number[]): readonly number[] {
  const out = new ByteWriter();
  writeIntegers(out, Float64Array.from(values));
  const from = new ByteReader(out.written());
  const read = new Float64Array(values.length);
  readIntegers(from, read, values.length);
  expect(from.position).toBe(out.length);
  return [...read];
}

function decimalsBack(
  values: readonly number[],
  base: readonly number[] | null = null,
  scale: Parameters<typeof writeDecimals>[2] = { significantDigits: 8 },
): readonly number[] {
  const out = new ByteWriter();
  const floats = base === null ? null : Float64Array.from(base);
  writeDecimals(out, Float64Array.from(values), scale, floats);
  const from = new ByteReader(out.written());
  const read = readDecimals(from, values.length, { base: floats });
  expect(from.position).toBe(out.length);
  return [...read];
}

describe("columns go there and back exactly:", () => {
  test("integers of every size", () => {
    const integer = fc.oneof(
      fc.integer({ min: -100, max: 100 }),
      fc.integer(),
      fc
        .maxSafeInteger()
        .map((value) => Math.trunc(value / (Number.MAX_SAFE_INTEGER / MAX_INTEGER))),
      fc.constantFrom(0, MAX_INTEGER, -MAX_INTEGER, 2 ** 28, 2 ** 28 - 1, -(2 ** 31), 2 ** 35),
    );
    fc.assert(
      fc.property(fc.array(integer), fc.integer({ min: 1, max: 3 }), (values, step) => {
        const sized = values.map((value) => Math.trunc(value / step) * step);
        expect(integersBack(sized)).toEqual(sized.map((value) => value + 0));
      }),
      { numRuns: 500 },
    );
  });

  test("noise of every size, which takes hardly more than its bits", () => {
    const noise = fc
      .integer({ min: 5, max: 22 })
      .chain((bits) =>
        fc.tuple(
          fc.constant(bits),
          fc.array(fc.integer({ min: -(2 ** bits), max: 2 ** bits - 1 }), { minLength: 40 }),
          fc.array(fc.constantFrom(0, 2 ** 45, -(2 ** 49), 2 ** 30), { maxLength: 2 }),
        ),
      );
    fc.assert(
      fc.property(noise, ([, values, outliers]) => {
        const mixed = [...values, ...outliers, ...values];
        expect(integersBack(mixed)).toEqual(mixed.map((value) => value + 0));
      }),
      { numRuns: 300 },
    );
    // Fifteen bits and the sign.
    const out = new ByteWriter();
    const values = Float64Array.from({ length: 1000 }, (_, n) => ((n * 40_503) % 65_536) - 32_768);
    writeIntegers(out, values);
    expect(out.length).toBeLessThan((1000 * 18.5) / 8);
  });

  test("rates, amounts and nulls, whatever a double can be", () => {
    fc.assert(
      fc.property(fc.array(rates), fc.array(fc.tuple(amounts, amounts)), (some, pairs) => {
        expect(decimalsBack(some, null, { exponent: -10 })).toEqual(some);
        const [one, other] = [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
        expect(decimalsBack(one)).toEqual(one);
        expect(decimalsBack(one, other)).toEqual(one);
      }),
      { numRuns: 500 },
    );
    const doubles = [Number.NaN, -0, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, 0.1 + 0.2];
    expect(decimalsBack(doubles)).toEqual(doubles);
  });

  test("a price that crosses a power of ten, in the digits that it has", () => {
    const prices = [99_999.123, 100_123.45, 99_999.124, 0.000_012_345_678, 1e9];
    expect(decimalsBack(prices)).toEqual(prices);
  });
});

describe("a blob of series", () => {
  test("gives back each of them, alone and at its offset", () => {
    fc.assert(
      fc.property(fc.array(seriesOnAxis, { maxLength: 4 }), fc.boolean(), (list, isAxisInside) => {
        const axis = Float64Array.from(new Set(list.flatMap((one) => [...one.axis]))).toSorted();
        const sections = list.map(({ columns }, n) => ({ seriesId: 5 * n + 2, columns }));
        const blob = seal("sections", sectionsBody(sections, axis, { isAxisInside }), PROGRAM);
        const stored = new Map([[axisChecksum(axis), axis]]);
        const read = new Sections(unseal("sections", blob), (sum) => stored.get(sum) ?? null);
        expect([...read.axis]).toEqual([...axis]);
        for (const { seriesId, columns } of sections.toReversed())
          expect(read.read(seriesId)).toStrictEqual(columns);
        expect([read.read(1), read.read(4)]).toEqual([null, null]);
        expect([...axisOf(axisBody(axis))]).toEqual([...axis]);
      }),
      { numRuns: 300 },
    );
  });

  test("is not read with the times of other refreshes", () => {
    const builder = new ColumnsBuilder();
    builder.add(60, 0.0001, 8, 28_800);
    const sections = [{ seriesId: 1, columns: builder.columns() }];
    const body = sectionsBody(sections, Float64Array.of(60), { isAxisInside: false });
    expect(() => new Sections(body, () => null)).toThrow("its times are missing");
  });
});

describe("the refreshes of an hour", () => {
  test("give back every sample, each from those before it", () => {
    fc.assert(
      fc.property(refreshes, (list) => {
        let written: RefreshColumns | null = null;
        let read: RefreshColumns | null = null;
        for (const refresh of list) {
          const blob = seal("refresh", refreshBody(refresh, written), PROGRAM);
          read = refreshOf(unseal("refresh", blob), read);
          expect(read).toStrictEqual(refresh);
          written = refresh;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("are not read without the one before", () => {
    fc.assert(
      fc.property(refreshes, ([first, second]) => {
        fc.pre(first !== undefined && second !== undefined);
        const body = refreshBody(second ?? first, first);
        expect(() => refreshOf(body, null)).toThrow("the refresh before it is missing");
      }),
    );
  });
});

describe("a pack of blobs", () => {
  const blob = (size: number) => seal("axis", axisBody(new Float64Array(size)), PROGRAM);
  const parts = [3, 7, 9].map((firstSeriesId) => ({ firstSeriesId, blob: blob(firstSeriesId) }));
  const pack = packed(parts);

  test("gives back all of them, and the one that may have a series", () => {
    expect(unpacked(pack)).toEqual(parts);
    expect([2, 3, 6, 7, 8, 9, 99].map((id) => blobWith(pack, id)?.length ?? null)).toEqual(
      [null, 3, 3, 7, 7, 9, 9].map((size) => (size === null ? null : blob(size).length)),
    );
    expect(unpacked(packed([]))).toEqual([]);
  });

  test("is detected as damaged whichever bit is flipped", () => {
    const read = (bytes: Uint8Array) => unpacked(bytes).map((one) => unseal("axis", one.blob));
    expect(read(pack)).toHaveLength(3);
    for (let at = 0; at < pack.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = pack.slice();
        flipped[at] = (pack[at] ?? 0) ^ (1 << bit);
        expect(() => read(flipped)).toThrow(DamagedBlob);
      }
    for (let length = 0; length < pack.length; length += 1)
      expect(() => read(pack.subarray(0, length))).toThrow(DamagedBlob);
  });
});

describe("a damaged blob", () => {
  const body = axisBody(Float64Array.from({ length: 200 }, (_, n) => 60 * n + (n % 7)));
  const blob = seal("axis", body, PROGRAM);

  test("is detected whichever bit is flipped", () => {
    expect(unseal("axis", blob)).toEqual(body);
    for (let at = 0; at < blob.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = blob.slice();
        flipped[at] = (blob[at] ?? 0) ^ (1 << bit);
        expect(() => unseal("axis", flipped)).toThrow(DamagedBlob);
      }
  });

  test("is detected wherever it ends", () => {
    for (let length = 0; length < blob.length; length += 1)
      expect(() => unseal("axis", blob.subarray(0, length))).toThrow(DamagedBlob);
  });

  test("of another kind or a newer version is refused", () => {
    expect(() => unseal("refresh", blob)).toThrow("it is not of the kind refresh");
  });

  test("whose bytes make no sense is damage, not a wrong sample", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decoding(() => new Sections(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DamagedBlob);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
