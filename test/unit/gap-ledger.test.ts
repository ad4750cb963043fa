import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HOUR_MS } from "../../src/domain/funding.ts";
import {
  gapLedger,
  lackingWithin,
  type LedgerInput,
  rangesWithin,
} from "../../src/services/history/gap-ledger.ts";
import { PUBLISHED_AFTER_MS } from "../../src/domain/settlement.ts";
import { intervalsInForce } from "../../src/domain/intervals-in-force.ts";
import { anyPast, hour, MIDNIGHT_MS, type PastSlot, slotsAt } from "../support/past.ts";

const READ_ALL = {
  readFromMs: hour(0),
  readToMs: hour(10_000),
  isComplete: true,
  availableFromMs: null,
  failuresInRow: 0,
  attemptedAtMs: null,
};

function ledgerOf(slots: readonly PastSlot[], changed: Partial<LedgerInput> = {}) {
  const intervals = intervalsInForce(slots);
  return gapLedger({
    slots: slots.map((slot, index) => ({ ...slot, intervalHours: intervals[index] ?? null })),
    fromMs: null,
    listedAtMs: hour(0),
    firstSeenMs: hour(0),
    endedAtMs: null,
    nowMs: (slots.at(-1)?.slotMs ?? 0) + HOUR_MS / 2,
    backfill: READ_ALL,
    ...changed,
  });
}

/** The ranges as "state first-last/interval", in hours after midnight. */
function texts(ranges: ReturnType<typeof ledgerOf>["ranges"]): readonly string[] {
  const at = (slotMs: number) => (slotMs - MIDNIGHT_MS) / HOUR_MS;
  return ranges.map(
    ({ state, firstSlotMs, lastSlotMs, intervalHours, slots }) =>
      `${state} ${at(firstSlotMs)}-${at(lastSlotMs)} ${slots} x ${intervalHours} h`,
  );
}

describe("the ledger", () => {
  test("is complete if every slot since the listing is present", () => {
    const { ranges, counts, isComplete } = ledgerOf(slotsAt(8, 16, 24, 32));
    expect(texts(ranges)).toEqual(["present 8-32 4 x 8 h"]);
    expect(isComplete).toBe(true);
    expect(counts.present).toBe(4);
  });

  test("of a single payment without a known interval is not complete before it, nor a day after it", () => {
    const alone = (nowMs: number) =>
      ledgerOf(slotsAt(400), {
        nowMs,
        backfill: { ...READ_ALL, readFromMs: null, readToMs: null, isComplete: false },
      });
    expect(texts(alone(hour(401)).ranges)).toEqual([
      "being_backfilled 0-400 null x null h",
      "present 400-400 1 x null h",
    ]);
    expect(alone(hour(401)).isComplete).toBe(false);
    expect(texts(alone(hour(430)).ranges)[2]).toStartWith("being_backfilled 400-429");
    expect(ledgerOf(slotsAt(8), { nowMs: hour(9) }).isComplete).toBe(true);
  });

  test("names a hole, and has one range for each interval that held", () => {
    const ledger = ledgerOf(slotsAt(8, 16, 24, 32, 48, 56, 60, 64, 68));
    expect(texts(ledger.ranges)).toEqual([
      "present 8-32 4 x 8 h",
      "missing 40-40 1 x 8 h",
      "present 48-56 2 x 8 h",
      "present 60-68 3 x 4 h",
    ]);
    expect(texts(lackingWithin(ledger, hour(0), hour(100)))).toEqual(["missing 40-40 1 x 8 h"]);
    expect(lackingWithin(ledger, hour(0), hour(40))).toEqual([]);
    expect(lackingWithin(ledger, hour(41), hour(100))).toEqual([]);
  });

  test("names two holes at the very start of a past", () => {
    const ledger = ledgerOf(slotsAt(4, 12, 20, 24, 28, 32), { listedAtMs: hour(2) });
    expect(
      ledger.ranges.filter(({ state }) => state === "missing").map((range) => texts([range])[0]),
    ).toEqual(["missing 8-8 1 x 4 h", "missing 16-16 1 x 4 h"]);
  });

  test("tells what is not read yet from what is missing and from what the exchange no longer has", () => {
    const slots = slotsAt(40, 48, 56);
    const nowMs = hour(72) + HOUR_MS;
    const read = {
      ...READ_ALL,
      readFromMs: hour(40),
      readToMs: hour(60),
      isComplete: false,
    };
    expect(texts(ledgerOf(slots, { nowMs, backfill: read }).ranges)).toEqual([
      "being_backfilled 8-32 4 x 8 h",
      "present 40-56 3 x 8 h",
      "being_backfilled 64-72 2 x 8 h",
    ]);
    const ended = { ...read, isComplete: true, availableFromMs: hour(24), readToMs: hour(66) };
    expect(texts(ledgerOf(slots, { nowMs, backfill: ended }).ranges)).toEqual([
      "absent_at_source 8-16 2 x 8 h",
      "missing 24-32 2 x 8 h",
      "present 40-56 3 x 8 h",
      "missing 64-64 1 x 8 h",
      "being_backfilled 72-72 1 x 8 h",
    ]);
  });

  test("expects nothing from before the time to which the settings have a past read", () => {
    const cut = { ...READ_ALL, readFromMs: hour(32) };
    expect(texts(ledgerOf(slotsAt(40, 48, 56), { backfill: cut }).ranges)).toEqual([
      "missing 32-32 1 x 8 h",
      "present 40-56 3 x 8 h",
    ]);
  });

  test("of an exchange without a history starts with what was seen", () => {
    const slots = slotsAt(16, 24, 32, 48);
    expect(texts(ledgerOf(slots, { backfill: null }).ranges)).toEqual([
      "absent_at_source 8-8 1 x 8 h",
      "present 16-32 3 x 8 h",
      "missing 40-40 1 x 8 h",
      "present 48-48 1 x 8 h",
    ]);
  });

  test("shows estimates", () => {
    const slots = slotsAt(8, 16, 24).map((slot, index) =>
      index === 2 ? { ...slot, origin: "estimated" as const } : slot,
    );
    const ledger = ledgerOf(slots);
    expect(texts(ledger.ranges)).toEqual(["present 8-16 2 x 8 h", "estimated 24-24 1 x 8 h"]);
    expect(ledger.isComplete).toBe(false);
  });

  test("has a settlement pending from its slot on, until the exchange has had time to publish it", () => {
    const slots = slotsAt(8, 16, 24);
    const dueMs = hour(32) + PUBLISHED_AFTER_MS;
    const at = (nowMs: number, changed: Partial<LedgerInput> = {}) => {
      const { ranges, isComplete } = ledgerOf(slots, { nowMs, ...changed });
      return [...texts(ranges).slice(1), isComplete];
    };
    expect(at(hour(32) - 1)).toEqual([true]);
    expect(at(hour(32))).toEqual(["pending 32-32 1 x 8 h", false]);
    expect(at(dueMs - 1)).toEqual(["pending 32-32 1 x 8 h", false]);
    expect(at(dueMs)).toEqual(["missing 32-32 1 x 8 h", false]);
    // Whatever else is known or lacking.
    expect(at(hour(32), { backfill: null })).toEqual(["pending 32-32 1 x 8 h", false]);
    expect(at(hour(48))).toEqual(["missing 32-40 2 x 8 h", "pending 48-48 1 x 8 h", false]);
    expect(ledgerOf(slotsAt(8, 16, 24, 32), { nowMs: hour(32) }).isComplete).toBe(true);
    expect(ledgerOf(slots, { nowMs: hour(32), endedAtMs: hour(31) }).isComplete).toBe(true);
  });

  test("of a delisted contract ends with the last settlement that its exchange has", () => {
    const slots = slotsAt(8, 16, 24);
    const ended = { nowMs: hour(1000), endedAtMs: hour(49) };
    expect(ledgerOf(slots, ended).isComplete).toBe(true);
    // It is read to its end, until that is given up.
    const unread = { ...READ_ALL, readToMs: hour(30) };
    const rangesOf = (failuresInRow: number, nowMs = hour(1000)) =>
      texts(
        ledgerOf(slots, {
          ...ended,
          nowMs,
          backfill: { ...unread, failuresInRow, attemptedAtMs: hour(60) },
        }).ranges,
      );
    expect(rangesOf(5, hour(60))).toEqual([
      "present 8-24 3 x 8 h",
      "being_backfilled 32-48 3 x 8 h",
    ]);
    const left = ["present 8-24 3 x 8 h", "missing 32-48 3 x 8 h"];
    expect(rangesOf(6, hour(60))).toEqual(left);
    // Or it ended a month ago.
    expect(rangesOf(0)).toEqual(left);
  });

  test("of a part of the past starts there, or with a later listing", () => {
    const slots = slotsAt(24, 32, 40);
    expect(texts(ledgerOf(slots, { fromMs: hour(10) }).ranges)).toEqual([
      "missing 16-16 1 x 8 h",
      "present 24-40 3 x 8 h",
    ]);
    expect(ledgerOf(slots, { fromMs: hour(10), listedAtMs: hour(16) }).isComplete).toBe(true);
  });

  test("of an instrument without a stated listing starts where its exchange's history ends", () => {
    const slots = slotsAt(32, 48, 56, 64);
    const unlisted = { listedAtMs: null, firstSeenMs: hour(50), fromMs: hour(0) };
    const read = { ...READ_ALL, readFromMs: hour(32) };
    const complete = ledgerOf(slots, { ...unlisted, backfill: read });
    expect(texts(complete.ranges)).toEqual([
      "present 32-32 1 x 8 h",
      "missing 40-40 1 x 8 h",
      "present 48-64 3 x 8 h",
    ]);
    // The range that is judged starts later.
    const later = { ...unlisted, fromMs: hour(36), backfill: read };
    expect(texts(ledgerOf(slotsAt(48, 56, 64), later).ranges)[0]).toBe("missing 40-40 1 x 8 h");
    // There may be more: all of the range is still to be read.
    const reading = { ...unlisted, backfill: { ...read, isComplete: false } };
    expect(texts(ledgerOf(slots, reading).ranges)[0]).toBe("being_backfilled 8-24 3 x 8 h");
    // Without a history nothing older than the first payment is known to exist.
    expect(texts(ledgerOf(slots, { ...unlisted, backfill: null }).ranges)[0]).toBe(
      "present 32-32 1 x 8 h",
    );
  });

  test("of an instrument without settlements has a range, but no number of slots", () => {
    const empty = { ...READ_ALL, readFromMs: null, readToMs: null, isComplete: false };
    const changed = { nowMs: hour(20), backfill: empty, listedAtMs: hour(3) };
    const unknown = ledgerOf([], changed);
    expect(unknown.ranges).toMatchObject([{ state: "being_backfilled", slots: null }]);
    expect(unknown.isComplete).toBe(false);
  });
});

test("the ledger names exactly the holes, with the interval that held then", () => {
  fc.assert(
    fc.property(anyPast, (past) => {
      const slots = past
        .filter(({ isHole }) => !isHole)
        .map(({ slotMs }): PastSlot => ({ slotMs, intervalHours: null, origin: "exchange" }));
      const { ranges, counts } = ledgerOf(slots);
      const found = ranges.flatMap(({ state, firstSlotMs, intervalHours, slots: count }) =>
        Array.from({ length: count ?? 0 }, (_, nth) => ({
          slotMs: firstSlotMs + nth * (intervalHours ?? 0) * HOUR_MS,
          hours: intervalHours,
          isHole: state === "missing",
        })),
      );
      expect(found).toEqual([...past]);
      expect(counts.missing).toBe(past.filter(({ isHole }) => isHole).length);
    }),
    { numRuns: 500 },
  );
});

test("a part of a ledger has exactly the slots of its range", () => {
  const times = fc.integer({ min: -60, max: 40 * 24 * 60 });
  fc.assert(
    fc.property(anyPast, times, times, (past, from, to) => {
      const slots = past.map(({ slotMs, isHole }): PastSlot => ({
        slotMs,
        intervalHours: null,
        origin: isHole ? "estimated" : "exchange",
      }));
      const fromMs = MIDNIGHT_MS + from * 60_000;
      const toMs = MIDNIGHT_MS + to * 60_000;
      const part = rangesWithin(ledgerOf(slots).ranges, fromMs, toMs);
      const found = part.flatMap(({ firstSlotMs, intervalHours, slots: count }) =>
        Array.from(
          { length: count ?? 0 },
          (_, nth) => firstSlotMs + nth * (intervalHours ?? 0) * HOUR_MS,
        ),
      );
      expect(found).toEqual(
        slots.map(({ slotMs }) => slotMs).filter((slotMs) => slotMs >= fromMs && slotMs < toMs),
      );
      for (const { firstSlotMs, lastSlotMs, intervalHours, slots: count } of part)
        expect(lastSlotMs).toBe(firstSlotMs + ((count ?? 0) - 1) * (intervalHours ?? 0) * HOUR_MS);
    }),
  );
});

test("what was not read of an instrument is missing once it is not read any more after its end", () => {
  const reading = { ...READ_ALL, readFromMs: hour(16), readToMs: hour(32), isComplete: false };
  const slots = slotsAt(16, 24);
  const statesOf = (endedAtMs: number | null, failuresInRow = 0) => {
    const backfill = { ...reading, failuresInRow, attemptedAtMs: hour(44) };
    const ledger = ledgerOf(slots, { backfill, endedAtMs, nowMs: hour(48) });
    return new Set(ledger.ranges.map(({ state }) => state));
  };
  expect(statesOf(null)).toContain("being_backfilled");
  expect(statesOf(null, 6)).toContain("being_backfilled");
  expect(statesOf(hour(40))).toContain("being_backfilled");
  expect(statesOf(hour(40), 6)).toEqual(new Set(["missing", "present"]));
  // It failed as often before its end: it is tried after it.
  expect(statesOf(hour(46), 6)).toContain("being_backfilled");
});
