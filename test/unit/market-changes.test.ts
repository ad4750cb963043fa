import { describe, expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow, MarketRecord, Snapshot } from "../../src/domain/market.ts";
import {
  type FundingQuery,
  NO_FILTER,
  selectRows,
} from "../../src/services/finder/funding-query.ts";
import { changesOf, differences } from "../../src/services/finder/market-changes.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const THIN = flagBit("thin");
const STALE = flagBit("stale");

function changesFor(before: readonly BoardRow[], after: readonly BoardRow[], query = NO_FILTER) {
  const [from, to] = [snapshotOf("1-1", before), snapshotOf("1-2", after)];
  const { rows, removed } = changesOf(differences(from, to), query);
  return { rows: rows.map((row) => row.record.uid), removed };
}

const NOTHING = { rows: [], removed: [] };
const BTC = "okx:BTCUSDT:1";

describe("what differs between two snapshots", () => {
  test("excludes rows that are the same objects, in any position", () => {
    const [btc, eth, sol] = ["BTC", "ETH", "SOL"].map((base) => rowOf("okx", base));
    if (btc === undefined || eth === undefined || sol === undefined) throw new Error("no rows");
    const first = rowOf("okx", "AAA");
    const found = differences(
      snapshotOf("1-1", [btc, eth, sol]),
      snapshotOf("1-2", [first, btc, sol]),
    );
    expect(found).toEqual([
      { before: null, after: first },
      { before: eth, after: null },
    ]);
  });

  test("shows a reused ticker as one removed row and one new row", () => {
    const old = rowOf("okx", "BTC");
    const reused = rowOf("okx", "BTC", { uid: "okx:BTCUSDT:2" });
    expect(changesFor([old], [reused])).toEqual({ rows: ["okx:BTCUSDT:2"], removed: [BTC] });
  });
});

describe("what readers receive", () => {
  const before = rowOf("okx", "BTC");

  const news: readonly [string, Partial<MarketRecord>, number][] = [
    ["the rate", { fundingRate: 0.0002 }, 0],
    ["a rate that becomes zero", { fundingRate: 0 }, 0],
    ["the interval", { fundingIntervalHours: 4 }, 0],
    ["an interval that is not known any more", { fundingIntervalHours: null }, 0],
    ["the next time", { nextFundingAtMs: NOON_MS + 8 * 3_600_000 }, 0],
    ["a next time that is not known any more", { nextFundingAtMs: null }, 0],
    ["the flags", {}, STALE],
    ["which asset it is", { assetId: "BTC~2" }, 0],
  ];
  test.each(news)("%s", (_, extra, flags) => {
    expect(changesFor([before], [rowOf("okx", "BTC", extra, flags)])).toEqual({
      rows: [BTC],
      removed: [],
    });
  });

  test("excludes prices, volumes and times of observation", () => {
    const later = rowOf("okx", "BTC", {
      markPrice: 101,
      indexPrice: 102,
      volume24hUsd: 1,
      openInterestUsd: 2,
      observedAtMs: NOON_MS,
      settledRate: 0.1,
      predictedRate: 0.2,
    });
    expect(changesFor([before], [later])).toEqual(NOTHING);
  });

  test("excludes changes of the next time within its second, as only the second is sent", () => {
    const at = (ms: number) => rowOf("okx", "BTC", { nextFundingAtMs: NOON_MS + ms });
    expect(changesFor([at(1_000)], [at(1_999)])).toEqual(NOTHING);
    expect(changesFor([at(1_000)], [at(2_000)])).toEqual({ rows: [BTC], removed: [] });
  });

  test("a new listing is added, a delisted one removed", () => {
    expect(changesFor([], [before])).toEqual({ rows: [BTC], removed: [] });
    expect(changesFor([before], [])).toEqual({ rows: [], removed: [BTC] });
  });

  test("a row whose volume crosses the minimum is added or removed, though nothing else changed", () => {
    const query: FundingQuery = { ...NO_FILTER, minVolumeUsd: 1_000_000 };
    const small = rowOf("okx", "BTC", { volume24hUsd: 999_999 });
    const large = rowOf("okx", "BTC", { volume24hUsd: 1_000_000 });
    expect(changesFor([small], [large], query)).toEqual({ rows: [BTC], removed: [] });
    expect(changesFor([large], [small], query)).toEqual({ rows: [], removed: [BTC] });
    expect(changesFor([large], [rowOf("okx", "BTC", { volume24hUsd: 5_000_000 })], query)).toEqual(
      NOTHING,
    );
  });

  test("a row that gets or loses the requested flag is added or removed", () => {
    const query: FundingQuery = { ...NO_FILTER, flags: ["stale"] };
    const stale = rowOf("okx", "BTC", {}, STALE);
    expect(changesFor([before], [stale], query)).toEqual({ rows: [BTC], removed: [] });
    expect(changesFor([stale], [before], query)).toEqual({ rows: [], removed: [BTC] });
  });

  test("excludes rows that match neither before nor after", () => {
    const changed = rowOf("okx", "BTC", { fundingRate: 0.5 });
    expect(changesFor([before], [changed], { ...NO_FILTER, exchanges: ["bybit"] })).toEqual(
      NOTHING,
    );
    expect(changesFor([before], [], { ...NO_FILTER, bases: ["ETH"] })).toEqual(NOTHING);
  });
});

/** The fields that readers receive, and the uid. */
function essence({ record, flags, nextFundingAtMs }: BoardRow) {
  const { uid, fundingRate, fundingIntervalHours } = record;
  const nextAt = nextFundingAtMs === null ? null : Math.floor(nextFundingAtMs / 1000);
  return { uid, fundingRate, fundingIntervalHours, nextAt, flags };
}

const exchanges: readonly ExchangeId[] = ["binance", "bybit", "okx"];

const row = fc
  .record({
    exchange: fc.constantFrom(...exchanges),
    base: fc.constantFrom("BTC", "ETH", "SOL", "XRP"),
    listing: fc.integer({ min: 1, max: 2 }),
    rate: fc.constantFrom(-0.001, 0, 0.0001),
    hours: fc.constantFrom(null, 1, 8),
    nextMs: fc.constantFrom(null, NOON_MS, NOON_MS + 1, NOON_MS + 3_600_000),
    volume: fc.constantFrom(null, 50_000, 2_000_000),
    flags: fc.constantFrom(0, THIN, STALE, THIN | STALE),
  })
  .map(({ exchange, base, listing, rate, hours, nextMs, volume, flags }) =>
    rowOf(
      exchange,
      base,
      {
        uid: `${exchange}:${base}USDT:${listing}`,
        fundingRate: rate,
        fundingIntervalHours: hours,
        nextFundingAtMs: nextMs,
        volume24hUsd: volume,
      },
      flags,
    ),
  );

const rows = fc.uniqueArray(row, {
  selector: ({ record }) => `${record.exchange} ${record.exchangeSymbol}`,
  maxLength: 12,
});

/** A market and its later snapshots: in each, some rows are those of the one before, the same objects. */
const history = fc
  .tuple(rows, fc.array(fc.tuple(rows, fc.integer({ min: 0, max: 4095 })), { maxLength: 5 }))
  .map(([first, steps]): Snapshot[] => {
    const snapshots = [snapshotOf("1-0", first)];
    for (const [fresh, keep] of steps) {
      const remaining = (snapshots.at(-1)?.rows ?? []).filter((_, place) => (keep >> place) & 1);
      const symbols = new Set(remaining.map(({ record }) => record.exchange + record.base));
      const added = fresh.filter(({ record }) => !symbols.has(record.exchange + record.base));
      snapshots.push(snapshotOf(`1-${snapshots.length}`, [...remaining, ...added]));
    }
    return snapshots;
  });

const query = fc.record({
  exchanges: fc.constantFrom(null, ["okx"], ["binance", "bybit"]),
  bases: fc.constantFrom(null, ["BTC", "ETH"]),
  flags: fc.constantFrom(null, ["stale"], ["thin"]),
  intervalHours: fc.constantFrom(null, [8], [1, 8]),
  minVolumeUsd: fc.constantFrom(0, 1_000_000),
}) as fc.Arbitrary<Partial<FundingQuery>>;

describe("a reader that starts with the list of a filter and applies the changes", () => {
  const follow = (snapshots: readonly Snapshot[], filter: FundingQuery) => {
    const held = new Map<string, BoardRow>();
    let at: Snapshot | null = null;
    for (const to of snapshots) {
      if (at === null)
        for (const one of atOnce(selectRows(to, filter))) held.set(one.record.uid, one);
      else {
        const changes = changesOf(differences(at, to), filter);
        for (const uid of changes.removed) {
          if (!held.delete(uid))
            throw new Error(`received the removal of ${uid}, which was not there`);
        }
        for (const one of changes.rows) held.set(one.record.uid, one);
      }
      at = to;
    }
    return [...held.values()]
      .map(essence)
      .toSorted((left, right) => (left.uid < right.uid ? -1 : 1));
  };

  test("has the list of that filter at the last snapshot, whatever happened and however many were left out", () => {
    fc.assert(
      fc.property(history, query, fc.integer({ min: 0, max: 63 }), (snapshots, part, seen) => {
        const filter: FundingQuery = { ...NO_FILTER, ...part };
        const last = snapshots.at(-1);
        if (last === undefined) throw new Error("no snapshot");
        const expected = atOnce(selectRows(last, filter))
          .map(essence)
          .toSorted((left, right) => (left.uid < right.uid ? -1 : 1));
        const watched = snapshots.filter((one, place) => one === last || (seen >> place) & 1);
        expect(follow(watched, filter)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
