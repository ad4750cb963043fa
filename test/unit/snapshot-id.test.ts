import { expect, test } from "bun:test";
import fc from "fast-check";
import { SNAPSHOT_ID, snapshotId } from "../../src/domain/snapshot-id.ts";

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });

test("a snapshot id is epoch and sequence, and counts the periods in which only time has passed", () => {
  expect(snapshotId({ epoch: 7, seq: 1042 }, 0)).toBe("7-1042");
  expect(snapshotId({ epoch: 7, seq: 1042 }, 3)).toBe("7-1042.3");
});

test("every id that is made is recognized as one", () => {
  fc.assert(
    fc.property(count, count, count, (epoch, seq, periods) => {
      expect(snapshotId({ epoch, seq }, periods)).toMatch(SNAPSHOT_ID);
    }),
  );
});
