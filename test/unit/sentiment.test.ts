import { describe, expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import fc from "fast-check";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { BLOCKING_FLAGS, flagBit, FLAGS, isBlocked } from "../../src/domain/flags.ts";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import {
  findSentiments,
  type Sentiment,
  SENTIMENT_SORTS,
  type SentimentQuery,
} from "../../src/services/finder/sentiment.ts";
import { rankByVolume } from "../../src/services/finder/volume-ranking.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const ALL: SentimentQuery = {
  listings: NO_FILTER,
  minExchanges: 0,
  labels: null,
  sort: "exchanges",
  order: "desc",
};

function sentiments(rows: readonly BoardRow[], query: Partial<SentimentQuery> = {}) {
  return atOnce(findSentiments(snapshotOf("1-1", rows), new AssetGroups(), { ...ALL, ...query }));
}

function sentiment(rows: readonly BoardRow[], query: Partial<SentimentQuery> = {}): Sentiment {
  const [only, ...more] = sentiments(rows, query);
  if (only === undefined || more.length > 0) throw new Error("not one asset");
  return only;
}

const AT_BASELINE = flagBit("pinned_baseline");
const BTC = "BTC";

/** One listing of BTC, with a rate in units of 0.00001 per 8 hours. */
const at = (exchange: ExchangeId, rate: number, flags = 0, extra: Partial<MarketRecord> = {}) =>
  rowOf(exchange, BTC, { fundingRate: rate * 1e-5, ...extra }, flags);

/** 21.9, 21.9, -8.76 and 10.95 % a year, each by its own interval; the last one is frozen. */
const GOLDEN: readonly BoardRow[] = [
  at("binance", 20, 0, { openInterestUsd: 6e6, volume24hUsd: 1e6 }),
  at("okx", 10, 0, { fundingIntervalHours: 4, openInterestUsd: 2e6, volume24hUsd: null }),
  at("kraken", -1, 0, { fundingIntervalHours: 1, openInterestUsd: null, volume24hUsd: 3e6 }),
  at("hyperliquid", 1.25, AT_BASELINE, {
    fundingIntervalHours: 1,
    openInterestUsd: 2e6,
    volume24hUsd: 4e6,
  }),
  at("bybit", 900, flagBit("stale"), { openInterestUsd: 9e9, volume24hUsd: 9e9 }),
];

describe("the sentiment of an asset", () => {
  test("is computed from yearly rates of the trusted listings, without stale ones", () => {
    const { asset, atBaseline, atZero, figures } = sentiment(GOLDEN);
    expect([asset.exchanges, asset.listings.length, asset.untrusted]).toEqual([4, 4, 1]);
    expect([atBaseline, atZero]).toEqual([1, 0]);
    expect(asset.openInterestUsd).toEqual({ sum: 10e6, unknown: 1 });
    expect(asset.volume24hUsd).toEqual({ sum: 8e6, unknown: 1 });
    expect(figures?.meanPct).toBeCloseTo(11.4975, 9);
    expect(figures?.medianPct).toBeCloseTo(16.425, 9);
    expect(figures?.oiWeightedPct).toBeCloseTo(19.71, 9);
    expect(figures?.volumeWeightedPct).toBeCloseTo(4.9275, 9);
    expect(figures?.positiveShare).toBe(2 / 3);
    expect(figures?.label).toBe("longs_pay");
  });

  test("is unknown with fewer than three exchanges, however many listings they have", () => {
    const rows = [
      at("binance", 20),
      at("binance", 20, 0, { quote: "USDC", exchangeSymbol: "BTCUSDC" }),
      at("okx", 20),
    ];
    const { asset, figures } = sentiment(rows);
    expect([asset.exchanges, asset.listings.length, figures]).toEqual([2, 3, null]);
    expect(sentiment([...rows, at("kraken", 20)]).figures).not.toBeNull();
  });

  test.each([...BLOCKING_FLAGS])("is unknown if the third exchange is %s", (flag) => {
    const rows = [at("binance", 20), at("okx", 20), at("kraken", 20, flagBit(flag))];
    const { asset, figures } = sentiment(rows);
    expect([asset.exchanges, asset.untrusted, figures]).toEqual([2, 1, null]);
  });

  test("is shown as unknown, not omitted, if every listing is stale", () => {
    const rows = GOLDEN.map((row) => ({ ...row, flags: row.flags | flagBit("stale") }));
    const { asset, figures } = sentiment(rows);
    expect([asset.exchanges, asset.untrusted, figures]).toEqual([0, 5, null]);
    expect(asset.volume24hUsd).toEqual({ sum: null, unknown: 0 });
  });

  test("has no weighted mean if no weight is known", () => {
    const bare = { openInterestUsd: null, volume24hUsd: null };
    const rows = (["binance", "okx", "kraken"] as const).map((id) => at(id, 20, 0, bare));
    const { figures } = sentiment(rows);
    expect(figures).toMatchObject({ oiWeightedPct: null, volumeWeightedPct: null });
    expect(figures?.meanPct).toBeCloseTo(21.9, 9);
  });

  test.each([
    ["open interest", "openInterestUsd", "oiWeightedPct"],
    ["volume", "volume24hUsd", "volumeWeightedPct"],
  ] as const)("has no mean by %s if only two exchanges have a weight", (_, field, figure) => {
    const meanOf = (third: number | null) =>
      sentiment([
        at("binance", 20, 0, { [field]: 3e6 }),
        at("binance", 20, 0, { [field]: 3e6, quote: "USDC", exchangeSymbol: "BTCUSDC" }),
        at("okx", 10, 0, { [field]: 1e6 }),
        at("kraken", -5, 0, { [field]: third }),
      ]).figures?.[figure];
    expect([meanOf(null), meanOf(0)]).toEqual([null, null]);
    expect(meanOf(1e6)).toBeCloseTo(((20 * 6 + 10 - 5) / 8) * 1.095, 9);
  });

  test("keeps a different asset with the same ticker apart", () => {
    const rows = [
      at("binance", 20),
      at("okx", 20),
      at("kraken", 20),
      at("gate", -900, 0, { assetId: "BTC~2" }),
    ];
    expect(sentiments(rows).map(({ asset }) => [asset.assetId, asset.exchanges])).toEqual([
      ["BTC", 3],
      ["BTC~2", 1],
    ]);
  });

  test("does not count a listing not matched by price", () => {
    const rows = [at("binance", 20), at("okx", 20), at("kraken", 20, 0, { assetId: null })];
    const { asset } = sentiment(rows);
    expect([asset.exchanges, asset.untrusted]).toEqual([2, 0]);
  });
});

/** Rates of one listing per exchange: `b` at the baseline, 0 at zero. */
const LABELS: readonly (readonly [
  label: string,
  share: number | null,
  rates: readonly (number | "b")[],
])[] = [
  ["longs_pay", 1, [5, 5, 5]],
  ["longs_pay", 2 / 3, [5, 5, -5]],
  ["mixed", 0.5, [5, 5, -5, -5]],
  ["shorts_pay", 1 / 3, [5, -5, -5]],
  ["shorts_pay", 0, [-5, -5, -5]],
  ["resting", null, ["b", "b", "b"]],
  ["resting", 1, ["b", "b", 5]],
  ["longs_pay", 1, ["b", "b", 5, 5]],
  ["shorts_pay", 0, ["b", "b", -5, -5]],
  ["resting", null, [0, 0, 0]],
  ["resting", 0, [0, "b", -5]],
  ["shorts_pay", 0, [0, -5, -5]],
  ["longs_pay", 1, [0, 5, 5]],
];

describe("the label", () => {
  test.each(LABELS)("%s, with a positive share of %p: %p", (label, share, rates) => {
    const rows = rates.map((rate, index) =>
      rate === "b"
        ? at(EXCHANGE_IDS[index] ?? "okx", 10, AT_BASELINE)
        : at(EXCHANGE_IDS[index] ?? "okx", rate),
    );
    const { figures, atBaseline, atZero } = sentiment(rows);
    expect([figures?.label as string, figures?.positiveShare]).toEqual([label, share]);
    expect(atBaseline).toBe(rates.filter((rate) => rate === "b").length);
    expect(atZero).toBe(rates.filter((rate) => rate === 0).length);
  });
});

const ROW = fc
  .record({
    exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 6)),
    base: fc.constantFrom("BTC", "ETH", "SOL"),
    quote: fc.constantFrom("USDT", "USDC"),
    rate: fc.constantFrom(-3, -1, 0, 1, 2, 50),
    interval: fc.constantFrom(1, 4, 8),
    volume: fc.option(fc.integer({ min: 0, max: 1000 })),
    openInterest: fc.option(fc.integer({ min: 0, max: 1000 })),
    flag: fc.option(fc.constantFrom(...FLAGS)),
  })
  .map(({ exchange, base, quote, rate, interval, volume, openInterest, flag }) =>
    rowOf(
      exchange,
      base,
      {
        quote,
        fundingRate: rate * 1e-5,
        fundingIntervalHours: interval,
        volume24hUsd: volume,
        openInterestUsd: openInterest,
      },
      flag === null ? 0 : flagBit(flag),
    ),
  );
const MARKET = fc.uniqueArray(ROW, { maxLength: 30, selector: ({ record }) => record.uid });

describe("generated markets", () => {
  test("figures exist if and only if there are three exchanges, and are within the rates", () => {
    fc.assert(
      fc.property(MARKET, (rows) => {
        for (const { asset, atBaseline, atZero, figures } of sentiments(rows)) {
          expect(figures !== null).toBe(asset.exchanges >= 3);
          expect(atBaseline + atZero).toBeLessThanOrEqual(asset.listings.length);
          if (figures === null) continue;
          const rates = asset.listings.map(({ annualizedPct }) => annualizedPct);
          const { meanPct, medianPct, oiWeightedPct, volumeWeightedPct } = figures;
          for (const pct of [meanPct, medianPct, oiWeightedPct, volumeWeightedPct]) {
            if (pct === null) continue;
            expect(pct).toBeGreaterThanOrEqual(Math.min(...rates) - 1e-9);
            expect(pct).toBeLessThanOrEqual(Math.max(...rates) + 1e-9);
          }
        }
      }),
    );
  });

  test("sentiment and the ranking by volume count every trusted listing once, and agree", () => {
    fc.assert(
      fc.property(MARKET, (rows) => {
        const snapshot = snapshotOf("1-1", rows);
        const trusted = rows.filter(({ flags }) => !isBlocked(flags)).length;
        const known = sentiments(rows).filter(({ asset }) => asset.exchanges > 0);
        const ranked = atOnce(rankByVolume(snapshot, new AssetGroups(), NO_FILTER));
        const listed = ranked.flatMap(({ asset }) => asset.listings).length;
        expect(listed).toBe(trusted);
        const volumeByAsset = new Map(ranked.map((one) => [one.asset.assetId, one]));
        expect(volumeByAsset.size).toBe(known.length);
        for (const { asset, figures } of known) {
          const one = volumeByAsset.get(asset.assetId);
          expect(one?.asset).toEqual(asset);
          expect(one?.volumeWeightedPct).toBe(figures?.volumeWeightedPct ?? null);
        }
      }),
    );
  });

  test("every order puts unknown values last and breaks ties by asset", () => {
    const sort = fc.constantFrom(...SENTIMENT_SORTS.filter((name) => name !== "base"));
    fc.assert(
      fc.property(MARKET, sort, fc.constantFrom("asc", "desc"), (rows, by, order) => {
        const keys = sentiments(rows, { sort: by, order }).map((one) => [
          keyOf(one, by),
          one.asset.assetId,
        ]);
        const expected = keys.toSorted(([a, left], [b, right]) => {
          if (a === b) return String(left) < String(right) ? -1 : 1;
          if (a === null || b === null) return a === null ? 1 : -1;
          return (Number(a) - Number(b)) * (order === "asc" ? 1 : -1);
        });
        expect(keys).toEqual(expected);
      }),
    );
  });
});

function keyOf({ asset, figures }: Sentiment, by: Exclude<SentimentQuery["sort"], "base">) {
  return {
    exchanges: asset.exchanges,
    mean_annualized_pct: figures?.meanPct ?? null,
    median_annualized_pct: figures?.medianPct ?? null,
    oi_weighted_annualized_pct: figures?.oiWeightedPct ?? null,
    volume_weighted_annualized_pct: figures?.volumeWeightedPct ?? null,
    positive_share: figures?.positiveShare ?? null,
    open_interest_usd: asset.openInterestUsd.sum,
    volume_24h_usd: asset.volume24hUsd.sum,
  }[by];
}
