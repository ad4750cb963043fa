import { describe, expect, test } from "bun:test";
import { judgeScale } from "../../src/collector/scale.ts";
import type { WireRequest, WireRow } from "../../src/simulator/wire.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { type Mutation, MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { PART, partFor } from "../support/part-of-market.ts";
import { changedRow, times } from "../support/row-changes.ts";
import { wrongNumbers } from "../support/wrong-numbers.ts";

const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

const marketOf = (scale = SMALL_PART): MutatedMarket =>
  new MutatedMarket({ nowMs: () => MORNING_MS, scale });

test("a reply about another instrument than was asked for is nobody's: nothing of it is shown", async () => {
  const asking: ExchangeId[] = [];
  for (const id of EXCHANGE_IDS) {
    // A handful of BloFin's contracts alone are asked about.
    const market = marketOf(id === "blofin" ? PART : SMALL_PART);
    const { instruments } = market.truth(id);
    const asked = new Set<string>();
    const other = (key: string, keys: readonly string[]): string => {
      asked.add(key);
      const place = keys.indexOf(key);
      return place % 2 === 0 ? (keys[(place + 1) % keys.length] ?? key) : key;
    };
    const batch = await refreshOver(market, id, { rotations: "all", answerAbout: other });
    expect([id, wrongNumbers(batch, instruments)]).toEqual([id, []]);
    if (asked.size === 0) continue;
    asking.push(id);
    const whole = await refreshOver(market, id, { rotations: "all" });
    expect([id, known(batch) < known(whole), known(batch) > 0]).toEqual([id, true, true]);
  }
  // All others learn everything from lists.
  expect(asking.toSorted()).toEqual(ONE_BY_ONE.toSorted());
});

/** They ask for some figure by instrument. */
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

/** What a list in pages says of the next one, and where a request names the page. */
interface Paged {
  readonly path: string;
  /** The page that is asked for, the first one is 1. */
  readonly pageOf: (request: WireRequest) => number;
  /** The reply with what tells that page `next` is to be asked for; null: the last one. */
  readonly withNext: (body: unknown, next: number | null) => unknown;
}

const PAGED: readonly (readonly [ExchangeId, Paged])[] = [
  [
    "bybit",
    {
      path: "/v5/market/instruments-info",
      pageOf: ({ query }) => Number(query.get("cursor")?.replace("first=", "") ?? 1),
      withNext: (body, next) => {
        const { result, ...rest } = Object(body);
        return {
          ...rest,
          result: { ...result, nextPageCursor: next === null ? "" : `first=${next}` },
        };
      },
    },
  ],
  [
    "delta",
    {
      path: "/v2/products",
      pageOf: ({ query }) => Number(query.get("after") ?? 1),
      withNext: (body, next) => ({
        ...Object(body),
        meta: { after: next === null ? null : String(next) },
      }),
    },
  ],
  [
    "phemex",
    {
      path: "/contract-biz/public/real-funding-rates",
      pageOf: ({ query }) => Number(query.get("pageNum")),
      withNext: (body, next) => {
        const { data, ...rest } = Object(body);
        return { ...rest, data: { ...data, total: next === null ? 0 : 1e6 } };
      },
    },
  ],
];

/** A list in these pages; the last one names one more page, which is empty and names yet another. */
function inPages(
  paged: Paged,
  pages: (rows: readonly WireRow[]) => readonly (readonly WireRow[])[],
): Mutation {
  const whole = new Map<string | null, readonly WireRow[]>();
  const isPaged = ({ path }: WireRequest): boolean => path === paged.path;
  return {
    rows: (rows, _list, request) => {
      if (!isPaged(request)) return rows;
      const page = paged.pageOf(request);
      if (page === 1) whole.set(request.host, rows);
      return pages(whole.get(request.host) ?? [])[page - 1] ?? [];
    },
    body: (body, request) =>
      isPaged(request) ? paged.withNext(body, paged.pageOf(request) + 1) : body,
  };
}

describe.each(PAGED)("%s, a list in pages", (id, paged) => {
  const market = marketOf();
  const { instruments } = market.truth(id);

  test("an empty page after the last ends it: nothing is lost, nothing is said", async () => {
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

  test("a row that comes again on another page with other figures is not shown, and counted", async () => {
    const twin = (row: WireRow): WireRow => changedRow(row, (value) => times(value, 2));
    market.mutate(
      inPages(paged, (rows) => [
        rows,
        rows.slice(0, 3).map((row) => ({ ...twin(row), symbol: row["symbol"] })),
      ]),
    );
    const batch = await refreshOver(market, id);
    expect(wrongNumbers(batch, instruments)).toEqual([]);
    expect(batch.quotes.length).toBeLessThan(instruments.length);
    expect(batch.quotes.length).toBeGreaterThan(0);
    expect(batch.rejects.length).toBeGreaterThan(0);
  });
});

/** Keys of prices; `a`, `c`, `i`, `k`, `m` and `v` are the short ones, rates and times have prices in their names. */
const PRICE = /price|mark|index|oracle|spot|px$|last|rp$|^[acikm]$|close/i;
const NO_PRICE = /rate|fund|percent|pcnt|change|time|stamp|ts$|symbol|^index$/i;

/** Fewer instruments make no middle. */
const LEAST_COMPARED = 20;

describe.each(EXCHANGE_IDS)("%s, all prices in a thousandth", (id) => {
  test("is refused where enough can be compared with what was accepted", async () => {
    const small = marketOf();
    const isEnough = small.truth(id).instruments.length >= 2 * LEAST_COMPARED;
    const market = isEnough ? small : marketOf(partFor(id));
    const rotations = id === "cryptocom" ? "all" : "none";
    const { quotes } = await refreshOver(market, id, { rotations });
    const last = quotes.map((quote) => ({
      ...quote,
      lastPrice: quote.lastPrice ?? null,
      observedAtMs: quote.receivedAtMs,
    }));
    expect(judgeScale(quotes, last, null, MORNING_MS)).toBeNull();
    market.mutate({
      rows: (rows, _list, { query }) => {
        // Crypto.com tells a mark as the value of a valuation.
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
    const refusal = judgeScale(mutated.quotes, last, null, MORNING_MS);
    if (TOO_FEW.has(id)) {
      expect(refusal).toBeNull();
      expect(quotes.length).toBeLessThan(LEAST_COMPARED);
    } else
      expect(refusal?.reason).toMatch(/^prices are \d+ times those of the last accepted batch/);
  });
});

/** They list fewer contracts than make a middle. */
const TOO_FEW: ReadonlySet<ExchangeId> = new Set(["poloniex", "hashkey"]);
