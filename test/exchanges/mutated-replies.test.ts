import { describe, expect, test } from "bun:test";
import type { PayloadKind } from "../../src/simulator/wire.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { isFundingInterval } from "../../src/domain/funding.ts";
import type { Batch } from "../../src/domain/quote.ts";
import {
  INTERVAL_KEYS,
  IN_MINUTES,
  intervalKeysOf,
  UNSHOWN_CHANGE,
} from "../support/interval-keys.ts";
import { MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { changedRow, insteadOf, times } from "../support/row-changes.ts";
import { wrongNumbers } from "../support/wrong-numbers.ts";

/** In the first half of every period: the next time distinguishes a period from its half and its double. */
const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Just before all contracts settle: the next time contradicts no interval, however short. */
const BEFORE_MIDNIGHT_MS = Date.UTC(2026, 10, 2, 23, 58, 30);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

const marketAt = (atMs: number, scale = SMALL_PART): MutatedMarket =>
  new MutatedMarket({ nowMs: () => atMs, scale });

const TELLING = EXCHANGE_IDS.filter((id) => typeof INTERVAL_KEYS[id] !== "string");

describe.each(TELLING)("%s, its intervals in another unit", (id) => {
  const market = marketAt(BEFORE_MIDNIGHT_MS);
  const { instruments } = market.truth(id);
  const keys = intervalKeysOf(id);

  async function refreshWith(change: (interval: unknown) => unknown): Promise<Batch> {
    market.mutate({
      rows: (rows) =>
        rows.map((row) => changedRow(row, (value, key) => (keys.has(key) ? change(value) : value))),
    });
    const batch = await refreshOver(market, id);
    expect(wrongNumbers(batch, instruments)).toEqual([]);
    // A contract without an interval is shown, with a flag for it.
    expect(batch.quotes).toHaveLength(instruments.length);
    return batch;
  }

  test.each([60, 1 / 60, 3600, 1 / 3600, 1000, 1 / 1000])(
    "times %p: none has a published interval, and all have their rate",
    async (factor) => {
      const { quotes } = await refreshWith((value) => times(value, factor));
      const published = quotes.filter(({ intervalSource }) => intervalSource === "published");
      expect(published.map((quote) => quote.exchangeSymbol)).toEqual([]);
    },
  );

  test.each([...(IN_MINUTES.has(id) ? [] : [480]), 5, 7])("all %p", async (number) => {
    await refreshWith((value) => insteadOf(value, number));
  });
});

test("an interval in another unit keeps its format", () => {
  expect([8, "8", "8H", "PT8H", "BTC"].map((value) => times(value, 60))).toEqual([
    480,
    "480",
    "480H",
    "PT480H",
    "BTC",
  ]);
  expect([8, "8", "8H", "PT8H", "BTC"].map((value) => insteadOf(value, 5))).toEqual([
    5,
    "5",
    "5H",
    "PT5H",
    "BTC",
  ]);
});

test("480 is only an interval for those that count minutes", async () => {
  for (const id of IN_MINUTES) {
    const market = marketAt(BEFORE_MIDNIGHT_MS);
    const keys = intervalKeysOf(id);
    market.mutate({
      rows: (rows) =>
        rows.map((row) =>
          changedRow(row, (value, key) => (keys.has(key) ? insteadOf(value, 480) : value)),
        ),
    });
    const { quotes } = await refreshOver(market, id);
    expect([id, new Set(quotes.map((quote) => quote.fundingIntervalHours))]).toEqual([
      id,
      new Set([8]),
    ]);
  }
});

/** Problems after all intervals were changed, while lists are older; the contracts that were changed. */
async function afterChange(id: ExchangeId, factor: number) {
  const market = marketAt(MORNING_MS);
  const cache = new Map();
  await refreshOver(market, id, { cache });
  let changed = 0;
  for (const row of market.truth(id).instruments) {
    const hours = (row.funding_interval_hours ?? 0) * factor;
    if (!isFundingInterval(hours)) continue;
    market.setInterval(id, row.exchange_symbol, hours);
    changed += 1;
  }
  const { instruments } = market.truth(id);
  const batch = await refreshOver(market, id, { cache });
  expect(batch.quotes).toHaveLength(instruments.length);
  return { changed, wrong: wrongNumbers(batch, instruments) };
}

describe("a list older than a change of intervals", () => {
  const unshown = new Map(UNSHOWN_CHANGE);
  test.each(TELLING.filter((id) => !unshown.has(id)))(
    "%s, halved and doubled: none is wrong",
    async (id) => {
      const [half, twice] = [await afterChange(id, 0.5), await afterChange(id, 2)];
      expect([half.wrong, twice.wrong]).toEqual([[], []]);
      expect(half.changed + twice.changed).toBeGreaterThan(0);
    },
  );

  test.each(UNSHOWN_CHANGE)("%s: it is accepted, for %s", async (id) => {
    expect((await afterChange(id, 2)).wrong).not.toEqual([]);
  });
});

/** Payloads whose rows are the values of an object: its parser keeps the last one with a name. */
const BY_NAME: readonly (readonly [ExchangeId, RegExp])[] = [
  ["dydx", /perpetualMarkets/],
  ["toobit", /quote\/v1\/index/],
  ["hashkey", /quote\/v1\/index/],
];

/** Keys whose numbers are not figures: times, names and precisions. */
const NO_FIGURE = /time|date|stamp|at$|precision|decimals|scale$|id$|^t$|ts$|^index$/i;

/** One row in this many is duplicated. */
const TWIN_EVERY = 5;

describe.each(EXCHANGE_IDS)("%s, rows that occur twice in one reply", (id) => {
  const market = marketAt(MORNING_MS);
  const { instruments } = market.truth(id);
  const byName = new Map(BY_NAME).get(id);

  async function withTwins(place: "first" | "last", kind: PayloadKind, factor: number) {
    let twins = 0;
    market.mutate({
      rows: (rows, list, { path }) => {
        if (list.kind !== kind || rows.length < 2 || byName?.test(path) === true) return rows;
        const made = rows
          .filter((_row, nth) => nth % TWIN_EVERY === 0)
          .map((row) =>
            changedRow(row, (value, key) =>
              factor === 1 || NO_FIGURE.test(key) ? value : times(value, factor),
            ),
          );
        twins += made.length;
        return place === "first" ? [...made, ...rows] : [...rows, ...made];
      },
    });
    return { twins, batch: await refreshOver(market, id) };
  }

  test.each(["first", "last"] as const)("equal ones, %s, are one", async (place) => {
    for (const kind of ["rates", "list", "secondary"] as const) {
      const { batch } = await withTwins(place, kind, 1);
      expect(wrongNumbers(batch, instruments)).toEqual([]);
      expect([kind, batch.quotes.length, batch.rejects.length]).toEqual([
        kind,
        instruments.length,
        0,
      ]);
    }
  });

  test.each(["first", "last"] as const)(
    "different ones, %s: no figure of either is shown, and the row is counted",
    async (place) => {
      for (const kind of ["rates", "list", "secondary"] as const) {
        const { twins, batch } = await withTwins(place, kind, 2);
        expect(wrongNumbers(batch, instruments)).toEqual([]);
        const lost = instruments.length - batch.quotes.length;
        const reasons = new Set(batch.rejects.map(({ reason }) => reason));
        expect([kind, [...reasons].filter((reason) => reason !== "ambiguous")]).toEqual([kind, []]);
        expect(batch.rejects.length).toBeGreaterThanOrEqual(lost);
        if (kind === "rates" && twins > 0) expect([id, lost]).not.toEqual([id, 0]);
        if (kind === "secondary") expect([id, lost]).toEqual([id, 0]);
      }
    },
  );
});

test("rows that are the values of an object cannot occur twice: only the last one is read", async () => {
  for (const [id, path] of BY_NAME) {
    const market = marketAt(MORNING_MS);
    market.mutate({
      rows: (rows, _list, request) => (path.test(request.path) ? [...rows, ...rows] : rows),
    });
    const { quotes, rejects } = await refreshOver(market, id);
    expect([id, quotes.length, rejects]).toEqual([id, market.truth(id).instruments.length, []]);
  }
});
