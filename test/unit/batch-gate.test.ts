import { describe, expect, test } from "bun:test";
import { judge } from "../../src/collector/batch-gate.ts";
import type { SizeMemory } from "../../src/db/market/exchange-state-repository.ts";

const MINUTE_MS = 60_000;

function memory(trustedSize: number | null, extra: Partial<SizeMemory> = {}): SizeMemory {
  return { trustedSize, pending: null, acceptNextSize: false, ...extra };
}

describe("the size of a batch", () => {
  test("a first batch is accepted as it is if the exchange has no list of its own", () => {
    const verdict = judge(
      { seen: 7, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(null),
      0,
    );
    expect(verdict).toEqual({
      kind: "accept",
      trustedSize: 7,
      degradedBy: null,
      pending: null,
      complete: true,
    });
  });

  test("an empty batch is refused even if the operator accepts it", () => {
    const verdict = judge(
      { seen: 0, expected: 0, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(10, { acceptNextSize: true }),
      0,
    );
    expect(verdict.kind).toBe("refuse");
  });

  test("less than half of the exchange's own list is refused, with both numbers", () => {
    const verdict = judge(
      { seen: 49, expected: 100, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(null),
      0,
    );
    expect(verdict).toMatchObject({
      kind: "refuse",
      reason: "49 instruments, 100 in the exchange's own list",
    });
  });

  test("half of the own list is accepted and degraded; 95 % is complete", () => {
    expect(
      judge(
        { seen: 50, expected: 100, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        memory(null),
        0,
      ),
    ).toMatchObject({
      kind: "accept",
      degradedBy: "50 instruments, 100 in the exchange's own list",
    });
    expect(
      judge(
        { seen: 95, expected: 100, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        memory(100),
        0,
      ),
    ).toMatchObject({
      degradedBy: null,
    });
  });

  test("less than half of the last trusted size is refused without a list that confirms it", () => {
    expect(
      judge(
        { seen: 49, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        memory(100),
        0,
      ).kind,
    ).toBe("refuse");
  });

  test("a decrease that the own list confirms is trusted immediately", () => {
    const verdict = judge(
      { seen: 40, expected: 41, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(100),
      0,
    );
    expect(verdict).toMatchObject({ kind: "accept", trustedSize: 40, degradedBy: null });
  });

  test("a list without instruments that still have rates confirms nothing", () => {
    expect(
      judge(
        { seen: 40, expected: 40, unlisted: 60, rejected: 0, unanswered: 0, hidden: 0 },
        memory(100),
        0,
      ).kind,
    ).toBe("refuse");
  });

  test("a degraded size does not become the reference: 60 % of 60 % is refused", () => {
    const first = judge(
      { seen: 60, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(100),
      0,
    );
    expect(first).toMatchObject({ kind: "accept", trustedSize: 100 });
    expect(
      judge(
        { seen: 36, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        memory(100),
        0,
      ).kind,
    ).toBe("refuse");
  });

  test("ten similar batches over thirty minutes make a size trusted; nine, or ten in less time, do not", () => {
    let state = memory(100);
    const verdicts: string[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      const verdict = judge(
        { seen: 40, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        state,
        batch * 4 * MINUTE_MS,
      );
      verdicts.push(verdict.kind);
      state = memory(100, { pending: verdict.pending });
    }
    expect(verdicts).toEqual([...Array.from({ length: 9 }, () => "refuse"), "accept"]);

    let hurried = memory(100);
    for (let batch = 0; batch < 20; batch += 1) {
      const verdict = judge(
        { seen: 40, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
        hurried,
        batch * MINUTE_MS,
      );
      expect(verdict.kind).toBe("refuse");
      hurried = memory(100, { pending: verdict.pending });
    }
  });

  test("a size that differs from the pending one restarts the count", () => {
    const pending = { size: 40, batches: 9, sinceMs: 0 };
    const verdict = judge(
      { seen: 20, expected: null, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(100, { pending }),
      40 * MINUTE_MS,
    );
    expect(verdict).toMatchObject({
      kind: "refuse",
      pending: { size: 20, batches: 1, sinceMs: 40 * MINUTE_MS },
    });
  });

  test("the operator's acceptance makes any size trusted except zero", () => {
    const verdict = judge(
      { seen: 3, expected: 100, unlisted: 0, rejected: 0, unanswered: 0, hidden: 0 },
      memory(100, { acceptNextSize: true }),
      0,
    );
    expect(verdict).toMatchObject({ kind: "accept", trustedSize: 3, degradedBy: null });
  });

  test("a first list without instruments that have rates is not the reference", () => {
    const size = { seen: 370, expected: 370, unlisted: 371, rejected: 0, unanswered: 0, hidden: 0 };
    expect(judge(size, memory(null), 0)).toMatchObject({
      kind: "accept",
      degradedBy: "370 instruments, 370 in the exchange's own list, 371 rates outside the list",
    });
    const few = { seen: 741, expected: 741, unlisted: 12, rejected: 0, unanswered: 0, hidden: 0 };
    expect(judge(few, memory(null), 0)).toMatchObject({ degradedBy: null });
  });

  test("a batch with a failed request never makes a smaller size trusted", () => {
    let state = memory(100);
    for (let batch = 0; batch < 40; batch += 1) {
      const size = {
        seen: 60,
        expected: null,
        unlisted: 0,
        rejected: 0,
        unanswered: 0,
        hidden: 40,
      };
      const verdict = judge(size, state, batch * 4 * MINUTE_MS);
      expect(verdict).toMatchObject({ kind: "accept", trustedSize: 100 });
      state = memory(100, { pending: verdict.pending });
    }
  });

  test("rows hidden by a failed request are missing, but do not discredit the rest", () => {
    const size = { seen: 17, expected: 18, unlisted: 0, rejected: 0, unanswered: 1, hidden: 1 };
    expect(judge(size, memory(18), 0)).toMatchObject({
      kind: "accept",
      trustedSize: 18,
      degradedBy: "17 instruments, 18 in the exchange's own list, 18 trusted before",
      complete: true,
    });
    // The list shrinks while one request for part of it fails.
    const shrunk = { ...size, seen: 10, expected: 11 };
    expect(judge(shrunk, memory(18), 0)).toMatchObject({ trustedSize: 11, complete: true });
    // The absence of the others has no known cause.
    const cut = { ...size, seen: 15, expected: null, unanswered: 0 };
    expect(judge(cut, memory(18), 0)).toMatchObject({ trustedSize: 18, complete: false });
  });

  test("a batch of which more than half is hidden is refused, whatever is known of the size", () => {
    const size = { seen: 8, expected: 18, unlisted: 0, rejected: 0, unanswered: 10, hidden: 10 };
    expect(judge(size, memory(18), 0).kind).toBe("refuse");
    let state = memory(100);
    for (let batch = 0; batch < 40; batch += 1) {
      const few = { ...size, expected: null, unanswered: 0, hidden: 40, seen: 10 };
      const verdict = judge(few, state, batch * 4 * MINUTE_MS);
      expect(verdict.kind).toBe("refuse");
      state = memory(100, { pending: verdict.pending });
    }
  });

  test("over 5 % of unreadable rows degrade a batch, over half refuse it", () => {
    const of = (seen: number, rejected: number) =>
      judge(
        { seen, expected: seen, unlisted: 0, rejected, unanswered: 0, hidden: 0 },
        memory(null),
        0,
      );
    expect(of(95, 5)).toMatchObject({ kind: "accept", degradedBy: null });
    expect(of(94, 6)).toMatchObject({
      kind: "accept",
      degradedBy: "6 rows could not be used",
    });
    expect(of(50, 50)).toMatchObject({ kind: "accept", degradedBy: "50 rows could not be used" });
    expect(of(49, 51)).toMatchObject({ kind: "refuse", reason: "51 rows could not be used" });
  });

  test("a list that shrank because half of it is unreadable confirms no size, however often it comes", () => {
    let state = memory(100);
    for (let batch = 0; batch < 40; batch += 1) {
      const size = { seen: 60, expected: 60, unlisted: 0, rejected: 40, unanswered: 0, hidden: 0 };
      const verdict = judge(size, state, batch * 4 * MINUTE_MS);
      expect(verdict).toMatchObject({
        kind: "accept",
        trustedSize: 100,
        degradedBy:
          "60 instruments, 60 in the exchange's own list, 100 trusted before; 40 rows could not be used",
      });
      state = memory(100, { pending: verdict.pending });
    }
    const worse = { seen: 45, expected: 45, unlisted: 0, rejected: 45, unanswered: 0, hidden: 0 };
    expect(judge(worse, memory(100), 0).kind).toBe("refuse");
  });

  test("the operator's acceptance makes a size trusted despite unreadable rows, which are still reported", () => {
    const size = { seen: 30, expected: 30, unlisted: 0, rejected: 70, unanswered: 0, hidden: 0 };
    expect(judge(size, memory(100, { acceptNextSize: true }), 0)).toMatchObject({
      kind: "accept",
      trustedSize: 30,
      degradedBy: "70 rows could not be used",
    });
  });

  test("over four times the trusted rows, and over 5,000, is too large, including unreadable ones", () => {
    const of = (seen: number, rejected: number, trusted: number | null, word = false) =>
      judge(
        { seen, expected: seen, unlisted: 0, rejected, unanswered: 0, hidden: 0 },
        memory(trusted, { acceptNextSize: word }),
        0,
      );
    expect(of(5_000, 0, null)).toMatchObject({ kind: "accept" });
    expect(of(5_000, 1, null)).toMatchObject({
      kind: "refuse",
      failureKind: "too_large",
      reason: "5001 rows, over 5000",
    });
    expect(of(5_001, 0, 100)).toMatchObject({ kind: "refuse", failureKind: "too_large" });
    expect(of(8_000, 0, 2_000)).toMatchObject({ kind: "accept" });
    expect(of(8_001, 0, 2_000)).toMatchObject({ kind: "refuse", reason: "8001 rows, over 8000" });
    expect(of(8_001, 0, 2_000, true)).toMatchObject({ kind: "accept", trustedSize: 8_001 });
  });
});
