import { describe, expect, test } from "bun:test";
import { judgeScale } from "../../src/collector/scale.ts";
import type { WireRow } from "../../src/simulator/wire.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { inPages, PAGED } from "../support/paged-lists.ts";
import { PART, partFor } from "../support/part-of-market.ts";
import { changedRow, times } from "../support/row-changes.ts";
import { wrongNumbers } from "../support/wrong-numbers.ts";

const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

const marketOf = (scale = SMALL_PART): MutatedMarket =>
  new MutatedMarket({ nowMs: () => MORNING_MS, scale });

test("a reply about another instrument than requested is ignored", async () => {
  const asking: ExchangeId[] = [];
  for (const id of EXCHANGE_IDS) {
    // Only a handful of BloFin's contracts are requested.
    const market = marketOf(id === "blofin" ? PART : SMALL_PART);
    const { instruments } = market.truth(id);
    const requested = new Set<string>();
    const other = (key: string, keys: readonly string[]): string => {
      requested.add(key);
      const place = keys.indexOf(key);
      return place % 2 === 0 ? (keys[(place + 1) % keys.length] ?? key) : key;
    };
    const batch = await refreshOver(market, id, { rotations: "all", answerAbout: other });
    expect([id, wrongNumbers(batch, instruments)]).toEqual([id, []]);
    if (requested.size === 0) continue;
    asking.push(id);
    const whole = await refreshOver(market, id, { rotations: "all" });
    expect([id, known(batch) < known(whole), known(batch) > 0]).toEqual([id, true, true]);
  }
  // All others get everything from lists.
  expect(asking.toSorted()).toEqual(ONE_BY_ONE.toSorted());
});

/** They request some figure by instrument. */
const ONE_BY_ONE: readonly ExchangeId[] = [
  "binance",
  "bingx",
  "xt",
  "blofin",
  "aster",
  "edgex",
  "cryptocom",
  "poloniex",
  "grvt",
  "hashkey",
];

/** How many figures a batch has. */
function known({ quotes }: Batch): number {
  return quotes.flatMap((quote) => Object.values(quote)).filter((value) => value !== null).length;
}

const doubled = (row: WireRow): WireRow => changedRow(row, (value) => times(value, 2));

describe.each(PAGED)("%s, a paged list", (id, paged) => {
  const market = marketOf();
  const { instruments } = market.truth(id);

  test("an empty page after the last ends it: nothing is lost, nothing is reported", async () => {
    for (const size of [1_000, 4]) {
      market.mutate(
        inPages(paged, (rows) =>
          Array.from({ length: Math.min(3, Math.ceil(rows.length / size)) }, (_page, nth) =>
            rows.slice(nth * size, nth === 2 ? rows.length : (nth + 1) * size),
          ),
        ),
      );
      const batch = await refreshOver(market, id);
      expect(wrongNumbers(batch, instruments)).toEqual([]);
      expect(batch).toMatchObject({ rejects: [] });
      expect(batch.quotes).toHaveLength(instruments.length);
      expect(batch.leftOut).toBeUndefined();
    }
  });

  test.each(["first", "last"])(
    "rows that occur twice on the %s page are not shown",
    async (place) => {
      const lost = new Set<unknown>();
      market.mutate(
        inPages(paged, (rows) => {
          const twice = rows
            .slice(0, 3)
            .flatMap((row) => [row, { ...doubled(row), symbol: row["symbol"] }]);
          for (const { symbol } of twice) lost.add(symbol);
          const page = [...twice, ...rows.slice(3, 4)];
          return place === "first" ? [page, rows] : [rows, page];
        }),
      );
      const batch = await refreshOver(market, id);
      expect(batch.quotes.filter(({ exchangeSymbol }) => lost.has(exchangeSymbol))).toEqual([]);
      expect(batch.quotes.length).toBeGreaterThan(0);
      const lostRejects = batch.rejects.filter(({ exchangeSymbol }) => lost.has(exchangeSymbol));
      expect(new Set(lostRejects.map(({ reason }) => reason))).toEqual(new Set(["ambiguous"]));
    },
  );

  test("a row that is repeated on another page with other figures is not shown, and counted", async () => {
    market.mutate(
      inPages(paged, (rows) => [
        rows,
        rows.slice(0, 3).map((row) => ({ ...doubled(row), symbol: row["symbol"] })),
      ]),
    );
    const batch = await refreshOver(market, id);
    expect(wrongNumbers(batch, instruments)).toEqual([]);
    expect(batch.quotes.length).toBeLessThan(instruments.length);
    expect(batch.quotes.length).toBeGreaterThan(0);
    expect(batch.rejects.length).toBeGreaterThan(0);
  });
});

/** Keys of prices; `a`, `c`, `i`, `k`, `m` and `v` are short ones, rates and times have prices in their names. */
const PRICE = /price|mark|index|oracle|spot|px$|last|rp$|^[acikm]$|close/i;
const NO_PRICE = /rate|fund|percent|pcnt|change|time|stamp|ts$|symbol|^index$/i;

/** With fewer instruments there is no median. */
const MIN_COMPARED = 20;

describe.each(EXCHANGE_IDS)("%s, all prices divided by a thousand", (id) => {
  test("is refused if enough can be compared with accepted ones", async () => {
    const small = marketOf();
    const isEnough = small.truth(id).instruments.length >= 2 * MIN_COMPARED;
    const market = isEnough ? small : marketOf(partFor(id));
    const rotations = id === "cryptocom" ? "all" : "none";
    const { quotes } = await refreshOver(market, id, { rotations });
    const last = quotes.map((quote) => ({
      ...quote,
      lastPrice: quote.lastPrice ?? null,
      observedAtMs: quote.receivedAtMs,
    }));
    expect(judgeScale(quotes, last, [], MORNING_MS)).toBeNull();
    market.mutate({
      rows: (rows, _list, { query }) => {
        // Crypto.com sends a mark as the value of a valuation.
        const isMark = query.get("valuation_type") === "mark_price";
        return rows.map((row) =>
          changedRow(row, (value, key) => {
            const isPrice = (PRICE.test(key) && !NO_PRICE.test(key)) || (isMark && key === "v");
            return isPrice ? times(value, 1000) : value;
          }),
        );
      },
    });
    const mutated = await refreshOver(market, id, { rotations });
    const refusal = judgeScale(mutated.quotes, last, [], MORNING_MS);
    if (TOO_FEW.has(id)) {
      expect(refusal).toBeNull();
      expect(quotes.length).toBeLessThan(MIN_COMPARED);
    } else
      expect(refusal?.reason).toMatch(/^prices are \d+ times those of the last accepted batch/);
  });
});

/** They list fewer contracts than a median needs. */
const TOO_FEW: ReadonlySet<ExchangeId> = new Set(["poloniex", "hashkey"]);
