import { expect, test } from "bun:test";
import fc from "fast-check";
import { PastReader } from "../../src/db/history/past-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { flatRows } from "../../src/lib/flat-table.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import type { KnownPast } from "../../src/reader/known-past.ts";
import { ledgerTable } from "../../src/reader/ledger.ts";
import { pairAnswer } from "../../src/reader/pair.ts";
import { settledPage } from "../../src/reader/settled.ts";
import { cumulativeTable } from "../../src/reader/tables.ts";
import { BACKTEST_DEFAULTS } from "../../src/services/history/backtest-query.ts";
import { type LedgerRange, rangesWithin } from "../../src/services/history/gap-ledger.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter } from "../support/history-db.ts";

/** What is said about the same payments must be the same, whichever answer says it and whatever range it is for. */

const START = Date.UTC(2026, 2, 1) / 1000;
const HOUR = 3600;
const HOURS = 60 * 24;
const UID = "okx-A";

/** Stretches of payments at one interval, with holes between them and payments missing among them. */
const stretch = fc.record({
  every: fc.constantFrom(1, 1, 2, 4, 8, 8, 24),
  payments: fc.integer({ min: 1, max: 40 }),
  without: fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 30 }),
  thenHours: fc.constantFrom(0, 1, 5, 24, 100, 200, 300, 600),
});

const anyPast = fc.record({
  offset: fc.nat({ max: 400 }),
  stretches: fc.array(stretch, { minLength: 1, maxLength: 6 }),
  statesInterval: fc.constantFrom(false, false, true),
  isContinuous: fc.constantFrom(false, false, false, true),
  isListed: fc.boolean(),
  history: fc.constantFrom("none", "unread", "partly", "whole", "cut"),
  ended: fc.constantFrom(null, null, 0, 200),
});

type Past = typeof anyPast extends fc.Arbitrary<infer One> ? One : never;

function hoursOf({ offset, stretches }: Past): ReadonlyMap<number, number> {
  const hours = new Map<number, number>();
  let at = offset;
  for (const { every, payments, without, thenHours } of stretches) {
    at = Math.ceil(at / every) * every;
    for (let nth = 0; nth < payments; nth += 1) {
      at += every;
      if (!without.includes(nth) && at <= HOURS) hours.set(at, every);
    }
    at += thenHours;
  }
  return hours;
}

function knownOf(of: Past): KnownPast {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const hours = hoursOf(of);
  const first = Math.min(HOURS, ...hours.keys());
  const last = Math.max(first, ...hours.keys());
  const series = seriesOf("A", {
    uid: UID,
    exchange: of.history === "none" ? "lbank" : "okx",
    accrual: of.isContinuous ? "continuous" : "periodic",
    listedAt: of.isListed ? (START + first * HOUR) * 1000 : null,
    firstSeen: (START + Math.min(first + 100, HOURS)) * 1000,
    endedAt: of.ended === null ? null : (START + (last + of.ended) * HOUR) * 1000,
  });
  const paid = [...hours].map(([hour, every]) => ({
    slot: START + hour * HOUR,
    rate: "0.0001",
    hours: of.statesInterval ? every : null,
  }));
  const id = writer.add(series, of.isContinuous ? [] : paid);
  if (of.isContinuous) for (const { slot } of paid) writer.accrue(id, slot, "1e-7", "fraction");
  const from = START + (of.history === "whole" ? first : Math.floor((first + last) / 2)) * HOUR;
  if (of.history !== "none" && of.history !== "unread")
    writer.backfilled(id, from, START + last * HOUR + 1, of.history !== "partly");
  const samples = new SampleReader(db);
  return { past: new PastReader(db), samples, withHistory: new Set(["okx"]) };
}

/** Unix ms, half-open. */
interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly asOfMs: number;
}

const filter = { names: null, exchanges: null, quotes: null, assetClasses: null };

function tableQuery({ fromMs, toMs, asOfMs }: Range) {
  return { filter, range: { fromMs, toMs }, asOfMs };
}

function pageOf(known: KnownPast, range: Range) {
  const page = atOnce(
    settledPage(known, { ...tableQuery(range), limit: 10_000, after: null, total: null }),
  );
  const slots = [...page.points.slotMs].map((ms, row) => [ms, page.points.intervalHours[row]]);
  const [{ lacking, lackingRanges } = { lacking: [], lackingRanges: 0 }] = page.series;
  return { slots, lacking, isCut: lackingRanges > lacking.length };
}

function ledgerLacking(known: KnownPast, range: Range): readonly LedgerRange[] {
  const answer = atOnce(ledgerTable(known, { ...tableQuery(range), maxRanges: 100 }));
  if (answer.kind !== "table") throw new Error("too wide");
  const { lacking } = answer;
  return Array.from({ length: lacking.length }, (_, row) => {
    const { series: _series, ...one } = flatRows(lacking)(row);
    return one as unknown as LedgerRange;
  });
}

function cumulativeOf(known: KnownPast, range: Range) {
  const answer = atOnce(cumulativeTable(known, tableQuery(range)));
  if (answer.kind !== "table") throw new Error("too wide");
  return answer.table.length === 0 ? null : flatRows(answer.table)(0);
}

/** What a backtest lacks, and for which slots: those with entry < slot <= exit, and the hour of the exit. */
function backtested(known: KnownPast, range: Range, isContinuous: boolean) {
  const leg = { uid: UID, feeBps: 0 };
  const answer = atOnce(
    pairAnswer(known, { ...BACKTEST_DEFAULTS, ...range, long: leg, short: leg, gaps: "allow" }),
  );
  if (answer.kind !== "done") throw new Error(answer.kind);
  const [trade] = answer.trades;
  if (trade === undefined) return null;
  const toMs = trade.exitMs + (isContinuous ? HOUR * 1000 : 1);
  return { fromMs: trade.entryMs + 1, toMs, lacking: answer.lacking[0]?.ranges ?? [] };
}

const ranges = fc
  .tuple(
    fc.nat({ max: HOURS + 48 }),
    fc.nat({ max: HOURS + 48 }),
    fc.constantFrom(0, 60, 600, 1_800),
    fc.nat({ max: 200 }),
  )
  .map(([one, other, seconds, later]): Range => {
    const fromMs = (START + Math.min(one, other) * HOUR) * 1000;
    const toMs = (START + Math.max(one, other) * HOUR + seconds) * 1000;
    return { fromMs, toMs, asOfMs: toMs + later * HOUR * 1000 };
  });

test("a page of history, the gaps, the sums and a backtest agree on the intervals and on what is missing", () => {
  fc.assert(
    fc.property(anyPast, ranges, (of, range) => {
      const known = knownOf(of);
      const page = pageOf(known, range);
      if (isInTables(known, range)) expect(ledgerLacking(known, range)).toEqual([...page.lacking]);
      const held = backtested(known, range, of.isContinuous);
      if (held !== null) {
        const { lacking, ...during } = held;
        expect([...lacking]).toEqual([...pageOf(known, { ...range, ...during }).lacking]);
      }
      const upToNow = { ...range, asOfMs: range.toMs };
      const now = pageOf(known, upToNow);
      const sum = cumulativeOf(known, upToNow);
      if (sum === null) return;
      const hours = now.slots.map(([, interval]) => interval ?? 0);
      const isKnown = hours.every((interval) => interval > 0);
      const coveredHours = hours.reduce((all, interval) => all + interval, 0);
      expect(sum["coveredHours"]).toBe(isKnown ? coveredHours : null);
      expect(sum["isComplete"]).toBe(now.lacking.length === 0);
    }),
    { numRuns: 450 },
  );
});

/** Tables leave out what had ended before. */
function isInTables(known: KnownPast, { fromMs }: Range): boolean {
  const [series] = known.past.everySeries();
  return (series?.endedAtMs ?? Number.POSITIVE_INFINITY) >= fromMs;
}

test("a part of a range lacks what the whole range lacks in it, and its payments have the same intervals", () => {
  fc.assert(
    fc.property(
      anyPast,
      ranges,
      fc.nat({ max: 100 }),
      fc.nat({ max: 100 }),
      (of, range, one, other) => {
        const known = knownOf(of);
        const at = (share: number) =>
          range.fromMs + Math.floor(((range.toMs - range.fromMs) * share) / 6e6) * 60_000;
        const [fromMs, toMs] = [at(Math.min(one, other)), at(Math.max(one, other))];
        const whole = pageOf(known, range);
        fc.pre(!whole.isCut);
        const part = pageOf(known, { ...range, fromMs, toMs });
        expect(part.slots).toEqual(whole.slots.filter(([ms = 0]) => ms >= fromMs && ms < toMs));
        expect([...part.lacking]).toEqual([...rangesWithin(whole.lacking, fromMs, toMs)]);
      },
    ),
    { numRuns: 450 },
  );
});

test("a payment whose slot has just passed is pending everywhere, and nothing is complete", () => {
  const known = knownOf({
    offset: 0,
    stretches: [{ every: 8, payments: 30, without: [], thenHours: 0 }],
    statesInterval: false,
    isContinuous: false,
    isListed: true,
    history: "whole",
    ended: null,
  });
  const slotMs = (START + 31 * 8 * HOUR) * 1000;
  const range = {
    fromMs: slotMs - 20 * HOUR * 1000,
    toMs: slotMs + 60_000,
    asOfMs: slotMs + 60_000,
  };
  const pending = [
    { state: "pending", firstSlotMs: slotMs, lastSlotMs: slotMs, intervalHours: 8, slots: 1 },
  ] as const;
  expect(pageOf(known, range).lacking).toEqual(pending);
  expect(ledgerLacking(known, range)).toEqual([...pending]);
  expect(backtested(known, range, false)?.lacking).toEqual(pending);
  expect(cumulativeOf(known, range)).toMatchObject({ isComplete: false, expected: 3, count: 2 });
});
