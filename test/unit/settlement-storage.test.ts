import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AccrualRepository } from "../../src/db/history/accrual-repository.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import { SettlementRepository } from "../../src/db/history/settlement-repository.ts";
import { SETTLEMENT_ORIGINS, type SettledRate } from "../../src/domain/settlement.ts";
import { writeTransaction } from "../../src/db/open.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

function settled(rate: string, extra: Partial<SettledRate> = {}): SettledRate {
  return { atMs: NOON_MS, rate, intervalHours: null, markPrice: null, ...extra };
}

/** Everything of a series. */
function allOf<Row>(
  repository: { range(seriesId: number, fromMs: number, toMs: number): readonly Row[] },
  seriesId: number,
): readonly Row[] {
  return repository.range(seriesId, 0, Number.POSITIVE_INFINITY);
}

const lastOf = (settlements: SettlementRepository, seriesId: number) =>
  allOf(settlements, seriesId).at(-1) ?? null;

describe("a stored payment", () => {
  test("keeps the exchange's text, its time to the second and what was stated", () => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    const row = settled("0.00010000", { atMs: NOON_MS + 3_040, intervalHours: 8, markPrice: 1.5 });
    expect(settlements.put(1, row, "exchange")).toBe(true);
    expect(lastOf(settlements, 1)).toEqual({
      slotMs: NOON_MS,
      atMs: NOON_MS + 3_000,
      rate: "0.00010000",
      intervalHours: 8,
      markPrice: 1.5,
      origin: "exchange",
      estimate: null,
    });
  });

  test("belongs to the nearest minute", () => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    settlements.put(1, settled("0.1", { atMs: NOON_MS - 12_345 }), "exchange");
    expect(lastOf(settlements, 1)).toMatchObject({ slotMs: NOON_MS, atMs: NOON_MS - 12_000 });
  });

  test("keeps every decimal text exactly", () => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    const accruals = new AccrualRepository(history.db);
    const digits = fc.stringMatching(/^-?\d{1,20}(\.\d{1,30})?(e-?\d{1,3})?$/);
    const shortest = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    let series = 0;
    fc.assert(
      fc.property(fc.oneof(digits, shortest), (text) => {
        series += 1;
        settlements.put(series, settled(text), "exchange");
        accruals.put(series, { hourEndMs: NOON_MS, amount: text, unit: "fraction" });
        expect(lastOf(settlements, series)?.rate).toBe(text);
        expect(accruals.range(series, 0, Number.POSITIVE_INFINITY)[0]?.amount).toBe(text);
      }),
      {
        numRuns: 500,
        examples: [
          ["-0"],
          ["-0.00"],
          ["1e999"],
          ["0"],
          ["9007199254740993"],
          ["1e-7"],
          ["1e21"],
          ["-0.1"],
        ],
      },
    );
  });
});

describe("of two payments for one slot", () => {
  const pairs = SETTLEMENT_ORIGINS.flatMap((first) =>
    SETTLEMENT_ORIGINS.map((second) => [first, second] as const),
  );
  test.each(pairs)("%s, then %s: the better origin stays", (first, second) => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    settlements.put(1, settled("0.1"), first);
    const isBetter = SETTLEMENT_ORIGINS.indexOf(second) < SETTLEMENT_ORIGINS.indexOf(first);
    expect(settlements.put(1, settled("0.2", { atMs: NOON_MS + 9_000 }), second)).toBe(isBetter);
    expect(lastOf(settlements, 1)).toMatchObject({
      rate: isBetter ? "0.2" : "0.1",
      atMs: isBetter ? NOON_MS + 9_000 : NOON_MS,
      origin: isBetter ? second : first,
      // How far the live rate was off stays known.
      estimate: isBetter && first === "estimated" ? 0.1 : null,
    });
  });

  test("the estimate outlives two corrections, and so does what only one of them stated", () => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    settlements.put(1, settled("0.00010000", { intervalHours: 8 }), "estimated");
    settlements.put(1, settled("0.2", { markPrice: 7 }), "row");
    settlements.put(1, settled("0.3"), "exchange");
    expect(lastOf(settlements, 1)).toMatchObject({
      rate: "0.3",
      estimate: 0.0001,
      intervalHours: 8,
      markPrice: 7,
    });
  });

  test("a repeated one is no write", () => {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    settlements.put(1, settled("0.1"), "exchange");
    const before = totalChanges(history);
    expect(settlements.put(1, settled("0.1"), "exchange")).toBe(false);
    expect(totalChanges(history)).toBe(before);
  });

  test.each([["estimated"], ["row"], ["exchange"]] as const)(
    "in any order the result is the same as of the best one (%s last)",
    (last) => {
      using history = new HistoryInFolder();
      const settlements = new SettlementRepository(history.db);
      for (const origin of SETTLEMENT_ORIGINS.filter((other) => other !== last))
        settlements.put(1, settled(origin.length.toString()), origin);
      settlements.put(1, settled(last.length.toString()), last);
      expect(lastOf(settlements, 1)).toMatchObject({ rate: "8", origin: "exchange" });
    },
  );
});

function totalChanges({ db }: HistoryInFolder): number | undefined {
  return db.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n;
}

describe("payments are read", () => {
  function stored() {
    const history = new HistoryInFolder();
    const series = new SeriesRepository(history.db);
    const settlements = new SettlementRepository(history.db);
    const ids = [
      series.ensure(seriesOf("BTC")).id,
      series.ensure(seriesOf("ETH", { exchange: "gate", uid: "gate-ETH" })).id,
      series.ensure(seriesOf("SOL")).id,
    ] as const;
    for (const id of ids)
      for (let hour = 5; hour >= 0; hour -= 1)
        settlements.put(id, settled(`0.${hour}`, { atMs: NOON_MS + hour * HOUR_MS }), "exchange");
    return { history, settlements, ids };
  }

  test("by series in a half-open range, oldest first", () => {
    const { history, settlements, ids } = stored();
    using _ = history;
    const rates = (fromMs: number, toMs: number) =>
      settlements.range(ids[0], fromMs, toMs).map(({ rate }) => rate);
    expect(rates(NOON_MS + HOUR_MS, NOON_MS + 3 * HOUR_MS)).toEqual(["0.1", "0.2"]);
    expect(rates(NOON_MS + 1, NOON_MS + 2 * HOUR_MS + 1)).toEqual(["0.1", "0.2"]);
    expect(rates(0, Number.POSITIVE_INFINITY)).toHaveLength(6);
  });

  test("those of which there is only an estimate by their slots, from a time on", () => {
    const { history, settlements, ids } = stored();
    using _ = history;
    const at = (hours: number) => NOON_MS + hours * HOUR_MS;
    for (const hours of [8, 7, 6, 5])
      settlements.put(ids[0], settled("1", { atMs: at(hours) + 2_000 }), "estimated");
    settlements.put(ids[0], settled("1", { atMs: at(7) }), "row");
    settlements.put(ids[1], settled("1", { atMs: at(9) }), "estimated");
    expect(settlements.estimates(ids[0], 0)).toEqual([at(6), at(8)]);
    expect(settlements.estimates(ids[0], at(6) + 1)).toEqual([at(8)]);
    expect(settlements.estimates(99, 0)).toEqual([]);
  });

  test("the newest, the oldest that the exchange sent, and all of them", () => {
    const { history, settlements, ids } = stored();
    using _ = history;
    settlements.put(ids[0], settled("1", { atMs: NOON_MS - HOUR_MS }), "row");
    expect(lastOf(settlements, ids[0])?.rate).toBe("0.5");
    expect(settlements.oldestReadMs(ids[0])).toBe(NOON_MS);
    expect(allOf(settlements, ids[0])).toHaveLength(7);
    expect(allOf(settlements, ids[0])[0]).toMatchObject({
      slotMs: NOON_MS - HOUR_MS,
      intervalHours: null,
      origin: "row",
    });
    expect([lastOf(settlements, 99), settlements.oldestReadMs(99)]).toEqual([null, null]);
  });

  test("and deleted from the oldest on, a slice at a time", () => {
    const { history, settlements, ids } = stored();
    using _ = history;
    const untilMs = NOON_MS + 4 * HOUR_MS;
    const deleted = () => settlements.deleteBefore(ids[0], untilMs, 2.5 * HOUR_MS);
    expect([deleted(), deleted(), deleted()]).toEqual([3, 1, 0]);
    expect(allOf(settlements, ids[0]).map(({ slotMs }) => slotMs)).toEqual([
      untilMs,
      untilMs + HOUR_MS,
    ]);
    expect(allOf(settlements, ids[1])).toHaveLength(6);
  });
});

describe("an accrued hour", () => {
  test("is stored once and read in a half-open range", () => {
    using history = new HistoryInFolder();
    const accruals = new AccrualRepository(history.db);
    const hours = [2, 1, 0].map(
      (hour) =>
        ({ hourEndMs: NOON_MS + hour * HOUR_MS, amount: `0.${hour}0`, unit: "fraction" }) as const,
    );
    expect(hours.map((hour) => accruals.put(1, hour))).toEqual([true, true, true]);
    expect(hours.map((hour) => accruals.put(1, { ...hour, amount: "9" }))).toEqual([
      false,
      false,
      false,
    ]);
    expect(accruals.range(1, NOON_MS, NOON_MS + 2 * HOUR_MS)).toEqual(hours.slice(1).toReversed());
    expect(allOf(accruals, 1).map(({ hourEndMs }) => hourEndMs)).toEqual([
      NOON_MS,
      NOON_MS + HOUR_MS,
      NOON_MS + 2 * HOUR_MS,
    ]);
    expect([accruals.oldestReadMs(1), accruals.oldestReadMs(2)]).toEqual([NOON_MS, null]);
    expect(accruals.deleteBefore(1, NOON_MS + HOUR_MS, 24 * HOUR_MS)).toBe(1);
    expect(allOf(accruals, 1)).toHaveLength(2);
  });
});

describe("the file", () => {
  const SERIES = 20;
  const PAGES = 20;
  const PAGE_ROWS = 100;

  /** Series by series, page by page, each page one transaction; the newest page first. */
  function bytesPerRow(row: (index: number) => Partial<SettledRate> & { rate: string }): number {
    using history = new HistoryInFolder();
    const settlements = new SettlementRepository(history.db);
    for (let series = 1; series <= SERIES; series += 1) {
      for (let page = 1; page <= PAGES; page += 1) {
        writeTransaction(history.db, () => {
          for (let index = page * PAGE_ROWS; index > (page - 1) * PAGE_ROWS; index -= 1)
            settlements.put(
              series * 500,
              { ...settled(""), atMs: NOON_MS - index * 8 * HOUR_MS, ...row(index) },
              "exchange",
            );
        });
      }
    }
    const size = history.db
      .query<{ bytes: number }, []>(
        "SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'settlements'",
      )
      .get();
    return (size?.bytes ?? Number.NaN) / (SERIES * PAGES * PAGE_ROWS);
  }

  const rateOf = (index: number): number => Math.sin(index * 7.1) * 0.0003;

  test.each([
    ["16 decimals", (index: number) => ({ rate: rateOf(index).toFixed(16) })],
    [
      "8 decimals, interval and mark price",
      (index: number) => ({
        rate: rateOf(index).toFixed(8),
        intervalHours: 8,
        markPrice: 100 + Math.sin(index),
      }),
    ],
  ])("has at most 48 bytes a payment after a backfill: %s", (_, row) => {
    expect(bytesPerRow(row)).toBeLessThan(48);
  });
});
