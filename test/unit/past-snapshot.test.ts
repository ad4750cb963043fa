import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { flagBit, flagNames } from "../../src/domain/flags.ts";
import {
  boardRow,
  type BoardRow,
  type MarketRecord,
  type Snapshot,
} from "../../src/domain/market.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { exchangeTerms } from "../../src/services/board/exchange-terms.ts";
import {
  CLOSED_AFTER_MS,
  EXACT_FOR_MS,
  LOOK_BACK_MS,
  shownMomentMs,
} from "../../src/services/history/past-market.ts";
import { pastSnapshot } from "../../src/services/history/past-snapshot.ts";
import { rowOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";
import { SamplesInMemory } from "../support/samples-in-memory.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const LATER_MS = NOON_MS + CLOSED_AFTER_MS;

/** The row that a refresh at `atMs` stores, with the flags of that moment. */
function stored(record: MarketRecord, atMs: number): BoardRow {
  const observed = { ...record, observedAtMs: atMs };
  return boardRow(observed, atMs, exchangeTerms(record.exchange, MINUTE_MS));
}

function recordOf(...of: Parameters<typeof rowOf>): MarketRecord {
  return rowOf(...of).record;
}

async function snapshotAt(
  samples: SamplesInMemory,
  atMs: number,
  nowMs = LATER_MS,
): Promise<Snapshot> {
  const board = await samples.at(atMs);
  if (!("exchanges" in board)) throw new Error("no board");
  return atOnce(pastSnapshot(board, nowMs));
}

test("a past row has its own texts, whatever the live one has", async () => {
  const samples = oneRow();
  const board = await samples.at(NOON_MS);
  if (!("exchanges" in board)) throw new Error("no board");
  const alone = atOnce(pastSnapshot(board, LATER_MS));
  const { record } = rowOf("okx", "BTC");
  for (const changes of [
    {},
    { base: "XBT", settle: "USDC", assetId: "OTHER", exchangeSymbol: "X" },
  ]) {
    const live = { rows: [{ ...rowOf("okx", "BTC"), record: { ...record, ...changes } }] };
    expect(atOnce(pastSnapshot(board, LATER_MS, live))).toEqual(alone);
  }
});

function oneRow(): SamplesInMemory {
  const samples = new SamplesInMemory();
  samples.refresh("okx", NOON_MS, [stored(recordOf("okx", "BTC"), NOON_MS)]);
  return samples;
}

const flagsIn = ({ rows }: Snapshot) => rows.map(({ flags }) => flagNames(flags));

describe("a row of the past", () => {
  test("becomes stale three minutes after its sample, and lists its exchange as missing then", async () => {
    const samples = new SamplesInMemory();
    samples.refresh("okx", NOON_MS, [stored(recordOf("okx", "BTC"), NOON_MS)]);
    const fresh = await snapshotAt(samples, NOON_MS + 180_000);
    expect(flagsIn(fresh)).toEqual([[]]);
    expect(fresh.exchanges.map(({ status }) => status)).toEqual(["ok"]);
    const old = await snapshotAt(samples, NOON_MS + 181_000);
    expect(flagsIn(old)).toEqual([["stale"]]);
    expect(old.exchanges).toMatchObject([
      {
        exchange: "okx",
        status: "stale",
        missingBecause: "No new rates for too long.",
        symbols: 1,
      },
    ]);
  });

  test("has the next settlement as it was known: the one after, once it has passed; none once it has expired", async () => {
    const samples = new SamplesInMemory();
    const record = recordOf("okx", "BTC", { nextFundingAtMs: NOON_MS + MINUTE_MS });
    samples.refresh("okx", NOON_MS, [stored(record, NOON_MS)]);
    const at = async (ms: number) => {
      const { rows } = await snapshotAt(samples, NOON_MS + ms);
      return [rows[0]?.nextFundingAtMs, flagNames(rows[0]?.flags ?? 0)];
    };
    expect(await at(0)).toEqual([NOON_MS + MINUTE_MS, []]);
    expect(await at(MINUTE_MS)).toEqual([NOON_MS + MINUTE_MS + 8 * HOUR_MS, ["settling"]]);
    expect(await at(4 * MINUTE_MS)).toEqual([
      NOON_MS + MINUTE_MS + 8 * HOUR_MS,
      ["stale", "settling"],
    ]);
    expect(await at(4 * MINUTE_MS + 1_000)).toEqual([null, ["stale", "expired", "settling"]]);
  });

  test("has the flags and the asset of then, not those of a later review", async () => {
    const samples = new SamplesInMemory();
    const record = recordOf("okx", "LIT", { assetId: "LIT" });
    const conflict = flagBit("identity_conflict");
    samples.refresh("okx", NOON_MS, [stored(record, NOON_MS)]);
    samples.review(record.uid, NOON_MS + 30_000, conflict, "LIT~2");
    const before = await snapshotAt(samples, NOON_MS + 29_000);
    expect(before.rows).toMatchObject([{ flags: 0, record: { assetId: "LIT" } }]);
    const after = await snapshotAt(samples, NOON_MS + 30_000);
    expect(after.rows).toMatchObject([
      { flags: conflict, record: { assetId: "LIT~2", identity: "conflict" } },
    ]);
  });

  test("is there while the listing was: from its first sample until it was found delisted", async () => {
    const samples = new SamplesInMemory();
    const [old, young] = [recordOf("okx", "OLD"), recordOf("okx", "YOUNG")];
    samples.refresh("okx", NOON_MS, [stored(old, NOON_MS)]);
    samples.refresh("okx", NOON_MS + MINUTE_MS, [
      stored(old, NOON_MS + MINUTE_MS),
      stored(young, NOON_MS + MINUTE_MS),
    ]);
    samples.end(old.uid, NOON_MS + 2 * MINUTE_MS);
    const basesAt = async (ms: number) =>
      (await snapshotAt(samples, NOON_MS + ms)).rows.map(({ record }) => record.base);
    expect(await basesAt(0)).toEqual(["OLD"]);
    expect(await basesAt(MINUTE_MS)).toEqual(["OLD", "YOUNG"]);
    expect(await basesAt(2 * MINUTE_MS)).toEqual(["YOUNG"]);
    const { past } = await snapshotAt(samples, NOON_MS + 2 * MINUTE_MS);
    expect([...(past?.endedBases ?? [])]).toEqual(["OLD"]);
  });

  test("is not carried over a gap longer than the look-back", async () => {
    const samples = new SamplesInMemory();
    samples.refresh("okx", NOON_MS, [stored(recordOf("okx", "BTC"), NOON_MS)]);
    expect((await snapshotAt(samples, NOON_MS + LOOK_BACK_MS - 1)).rows).toHaveLength(1);
    expect(await samples.at(NOON_MS + LOOK_BACK_MS)).toEqual({ firstMs: NOON_MS });
  });

  test("of an exchange whose clock had stopped is stale at once, and the exchange is missing", async () => {
    const samples = new SamplesInMemory();
    const record = recordOf("okx", "BTC", { frozen: true });
    samples.refresh("okx", NOON_MS, [stored(record, NOON_MS)]);
    const snapshot = await snapshotAt(samples, NOON_MS);
    expect(flagsIn(snapshot)).toEqual([["stale"]]);
    expect(snapshot.exchanges).toMatchObject([
      { status: "stale", missingBecause: "No new rates for too long: its own clock stands still." },
    ]);
  });
});

test("an exchange with samples that cannot be read is missing, with the rows that it has left", async () => {
  const board = await oneRow().at(NOON_MS);
  if (!("exchanges" in board)) throw new Error("no board");
  const exchanges = board.exchanges.map((of) => ({ ...of, isDamaged: true }));
  const snapshot = atOnce(pastSnapshot({ ...board, exchanges }, LATER_MS));
  expect(snapshot.exchanges).toMatchObject([
    { status: "down", missingBecause: "Some of its samples cannot be read.", symbols: 1 },
  ]);
  expect(snapshot.rows).toHaveLength(1);
});

test("it is made in steps of a few rows", async () => {
  const rows = Array.from({ length: 1_000 }, (_, n) => stored(recordOf("okx", `A${n}`), NOON_MS));
  const samples = new SamplesInMemory();
  samples.refresh("okx", NOON_MS, rows);
  const board = await samples.at(NOON_MS);
  if (!("exchanges" in board)) throw new Error("no board");
  const work = pastSnapshot(board, LATER_MS);
  let steps = 1;
  while (work.next().done !== true) steps += 1;
  expect(steps).toBeGreaterThan(30);
});

describe("a snapshot of the past", () => {
  const edgeMs = fc.constantFrom(0, 1, 30_000, 60_000, 180_000, 240_000, HOUR_MS);
  const record = fc.record({
    base: fc.constantFrom("BTC", "ETH", "PEPE", "LIT"),
    exchange: fc.constantFrom("okx", "bybit"),
    fundingRate: fc.constantFrom(0.0001, -0.003, 0),
    fundingIntervalHours: fc.option(fc.constantFrom(1, 4, 8)),
    next: fc.option(edgeMs),
    frozen: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    settling: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    identity: fc.constantFrom("confirmed", "probable", "conflict"),
    rateCap: fc.constantFrom(null, 0.0001),
    baselineRate: fc.constantFrom(null, 0.0001),
    volume24hUsd: fc.option(fc.constantFrom(1_000, 1e7)),
    implausible: fc.constantFrom(0, 0, 4),
    accrual: fc.constantFrom("periodic", "continuous"),
  } as const);
  const records = fc
    .uniqueArray(record, { minLength: 1, selector: ({ base, exchange }) => base + exchange })
    .map((all) =>
      all.map(({ base, exchange, next, ...extra }) =>
        recordOf(exchange, base, {
          ...extra,
          nextFundingAtMs: next === null ? null : NOON_MS + next,
        }),
      ),
    );

  test("has the rows that a live one had at its time", async () => {
    await fc.assert(
      fc.asyncProperty(records, edgeMs, async (all, elapsedMs) => {
        const samples = new SamplesInMemory();
        const rows = all.map((one) => stored(one, NOON_MS));
        for (const [exchange, of] of Map.groupBy(rows, (row) => row.record.exchange))
          samples.refresh(exchange, NOON_MS, of);
        const atMs = NOON_MS + elapsedMs;
        const live = rows.map((row) =>
          boardRow(row.record, atMs, exchangeTerms(row.record.exchange, MINUTE_MS)),
        );
        const past = new Map(
          (await snapshotAt(samples, atMs)).rows.map((row) => [row.record.uid, row]),
        );
        expect(past.size).toBe(live.length);
        for (const row of live)
          expect(past.get(row.record.uid)).toMatchObject({
            flags: row.flags,
            nextFundingAtMs: row.nextFundingAtMs,
          });
      }),
    );
  });

  test("is identified by its moment and by what it contains", async () => {
    const closed = await snapshotAt(oneRow(), NOON_MS, NOON_MS + CLOSED_AFTER_MS);
    expect(closed.id).toMatch(/^past-1793620800-[0-9a-z]+$/);
    expect(closed.past?.isClosed).toBe(true);
    const open = await snapshotAt(oneRow(), NOON_MS, NOON_MS + CLOSED_AFTER_MS - 1_000);
    expect(open.id).toBe(closed.id);
    expect(open.past?.isClosed).toBe(false);
    const ids = new Set([closed.id]);
    const changes: Partial<MarketRecord>[] = [
      { fundingRate: 0.0002 },
      { markPrice: null },
      { nextFundingAtMs: null },
      { assetId: "BTC~2" },
      { quote: "USDC" },
      { identity: "conflict" },
      { assetClass: null },
    ];
    for (const change of changes) {
      const samples = new SamplesInMemory();
      samples.refresh("okx", NOON_MS, [stored(recordOf("okx", "BTC", change), NOON_MS)]);
      ids.add((await snapshotAt(samples, NOON_MS)).id);
    }
    const later = oneRow();
    later.refresh("okx", NOON_MS, [stored(recordOf("okx", "ETH"), NOON_MS)]);
    ids.add((await snapshotAt(later, NOON_MS)).id);
    ids.add((await snapshotAt(later, NOON_MS + 1_000)).id);
    expect(ids.size).toBe(changes.length + 3);
  });
});

test("a moment is shown exactly for 35 days, then the full hour before it", () => {
  const askedMs = NOON_MS + 1_234_000;
  expect(shownMomentMs(askedMs, askedMs)).toBe(askedMs);
  expect(shownMomentMs(askedMs, askedMs + EXACT_FOR_MS)).toBe(askedMs);
  expect(shownMomentMs(askedMs, askedMs + EXACT_FOR_MS + 1)).toBe(NOON_MS);
});
