import { expect, test } from "bun:test";
import fc from "fast-check";
import { ByteReader, ByteWriter, zigzag } from "../../src/db/history/codec/bytes.ts";
import { readRice, writeRice } from "../../src/db/history/codec/rice.ts";

/** Of every size: small ones as differences are, and the largest, whose codes are all ones. */
const integers = fc.array(
  fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.integer({ min: -(2 ** 27), max: 2 ** 27 }),
    fc.constantFrom(-(2 ** 52), 2 ** 52 - 1, -(2 ** 36), 0),
  ),
  { minLength: 1, maxLength: 60 },
);

test("numbers of every size come back for every number of low bits, from any byte on", () => {
  fc.assert(
    fc.property(
      integers,
      fc.integer({ min: 0, max: 24 }),
      fc.uint8Array({ maxLength: 5 }),
      (values, lowBits, before) => {
        const out = new ByteWriter();
        out.bytes(before);
        writeRice(out, Float64Array.from(values, zigzag), lowBits);
        const end = out.length;
        out.byte(0xff);
        const from = new ByteReader(out.written(), before.length);
        const read = new Float64Array(values.length + 1);
        readRice(from, read, read.length, lowBits);
        expect([...read.subarray(1)]).toEqual(values.map((value) => value + 0));
        expect(from.position).toBe(end);
      },
    ),
    { numRuns: 500 },
  );
});
