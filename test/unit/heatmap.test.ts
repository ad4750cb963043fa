import { describe, expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import fc from "fast-check";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import { annualizedPct } from "../../src/domain/funding.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { findExtremes } from "../../src/services/finder/extremes.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import { type Heatmap, heatmapOf, type HeatmapQuery } from "../../src/services/finder/heatmap.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const DEFAULTS: HeatmapQuery = {
  listings: NO_FILTER,
  value: "annualized_pct",
  sort: "volume",
  minExchanges: 1,
  columns: null,
};

function matrix(rows: readonly BoardRow[], extra: Partial<HeatmapQuery> = {}): Heatmap {
  return atOnce(
    heatmapOf(new AssetGroups().of(snapshotOf("1-1", rows)), { ...DEFAULTS, ...extra }),
  );
}

/** With values as written by hand. */
function rounded({ exchanges, lines }: Heatmap) {
  const short = (value: number | null) => (value === null ? null : Number(value.toPrecision(9)));
  return {
    exchanges,
    lines: lines.map(({ values, ...line }) => ({ ...line, values: values.map(short) })),
  };
}

const bases = ({ lines }: Heatmap): string[] => lines.map(({ base }) => base);

describe("a cell", () => {
  const LISTINGS = [
    rowOf("okx", "BTC", { fundingRate: 0.0001, volume24hUsd: 5 }),
    rowOf("okx", "BTC", { quote: "USDC", fundingRate: 0.0002, volume24hUsd: 9 }),
    rowOf("okx", "BTC", { quote: "USD", fundingRate: 0.0003, volume24hUsd: null }),
    rowOf("gate", "BTC", { fundingRate: 0.0004, fundingIntervalHours: 1 }),
  ];

  test("shows the most traded listing of the asset", () => {
    expect(rounded(matrix(LISTINGS))).toMatchObject({
      exchanges: ["gate", "okx"],
      lines: [{ base: "BTC", values: [350.4, 21.9], marks: [] }],
    });
  });

  test("does not show a listing that cannot be trusted, however much it trades", () => {
    const stale = rowOf("okx", "BTC", { quote: "EUR", volume24hUsd: 1e9 }, flagBit("stale"));
    expect(rounded(matrix([...LISTINGS, stale])).lines[0]).toMatchObject({
      values: [350.4, 21.9],
      marks: [],
    });
  });

  test("shows the first symbol if listings trade equally or their volume is unknown", () => {
    const alike = (volume24hUsd: number | null) => [
      rowOf("okx", "BTC", { exchangeSymbol: "BTC-2", fundingRate: 0.002, volume24hUsd }),
      rowOf("okx", "BTC", { exchangeSymbol: "BTC-1", fundingRate: 0.001, volume24hUsd }),
    ];
    const show = { value: "funding_rate_pct" } as const;
    expect(rounded(matrix(alike(7), show)).lines[0]?.values).toEqual([0.1]);
    expect(rounded(matrix(alike(null), show)).lines[0]?.values).toEqual([0.1]);
    const [silent, still] = [alike(null).slice(1), alike(0).slice(0, 1)];
    expect(rounded(matrix([...silent, ...still], show)).lines[0]?.values).toEqual([0.2]);
  });

  test("is one per exchange, however many listings of the asset it has", () => {
    const onOkx = LISTINGS.slice(0, 3);
    expect(matrix(onOkx, { minExchanges: 2 }).lines).toEqual([]);
    expect(matrix(onOkx).lines).toHaveLength(1);
  });

  test("shows the same hourly figure as the extremes", () => {
    const rates = fc.integer({ min: 1, max: 20_000 }).map((millionths) => millionths / 1e6);
    fc.assert(
      fc.property(rates, fc.constantFrom(1, 2, 3, 4, 6, 8, 24), (fundingRate, hours) => {
        const rows = [rowOf("okx", "BTC", { fundingRate, fundingIntervalHours: hours })];
        const [extreme] = atOnce(
          findExtremes(snapshotOf("1-1", rows), {
            rows: NO_FILTER,
            side: "both",
            per: "hour",
            limitPerSide: 1,
          }),
        );
        const [line] = matrix(rows, { value: "rate_per_hour_pct" }).lines;
        expect(line?.values).toEqual([extreme?.ratePerHourPct ?? null]);
      }),
    );
  });

  test("can be the rate of eight hours, of an hour or of the listing's own interval", () => {
    const rows = [rowOf("okx", "BTC", { fundingRate: 0.0008 })];
    const hourly = [rowOf("okx", "BTC", { fundingRate: 0.0008, fundingIntervalHours: 1 })];
    expect(rounded(matrix(hourly, { value: "rate_8h_pct" })).lines[0]?.values).toEqual([0.64]);
    expect(rounded(matrix(rows, { value: "rate_8h_pct" })).lines[0]?.values).toEqual([0.08]);
    expect(rounded(matrix(rows, { value: "rate_per_hour_pct" })).lines[0]?.values).toEqual([0.01]);
    expect(rounded(matrix(rows, { value: "funding_rate_pct" })).lines[0]?.values).toEqual([0.08]);
  });

  test("shows what the filters leave: another listing, or nothing", () => {
    const only = (extra: Partial<typeof NO_FILTER>) =>
      rounded(
        matrix(LISTINGS, { listings: { ...NO_FILTER, ...extra }, value: "funding_rate_pct" }),
      );
    expect(only({ quotes: ["USDT"] }).lines[0]?.values).toEqual([0.04, 0.01]);
    expect(only({ quotes: ["USDC"] })).toMatchObject({ exchanges: ["okx"] });
    expect(only({ bases: ["ETH"] })).toEqual({ exchanges: [], lines: [] });
  });
});

describe("an exchange that lists an asset without a trusted rate", () => {
  const ROWS = [
    rowOf("okx", "LIT"),
    rowOf("gate", "LIT", {}, flagBit("stale") | flagBit("thin")),
    rowOf("bybit", "LIT", { assetId: "LIT~2", identity: "conflict" }, flagBit("identity_conflict")),
    rowOf("kraken", "LIT", { assetId: null, identity: "probable" }, flagBit("thin")),
    rowOf("mexc", "ETH"),
  ];

  test("has null with the reason", () => {
    const { exchanges, lines } = rounded(matrix(ROWS));
    expect(exchanges).toEqual(["bybit", "gate", "kraken", "mexc", "okx"]);
    expect(lines.find(({ base }) => base === "LIT")).toMatchObject({
      values: [null, null, null, null, 10.95],
      marks: [
        { exchange: "bybit", flag: "identity_conflict" },
        { exchange: "gate", flag: "stale" },
        { exchange: "kraken", flag: "identity_unknown" },
      ],
    });
  });

  test("does not count: assets without any rate are shown on request", () => {
    const none = [rowOf("gate", "NEW", {}, flagBit("suspect"))];
    expect(matrix(none)).toEqual({ exchanges: [], lines: [] });
    expect(matrix(none, { minExchanges: 0 })).toMatchObject({
      exchanges: ["gate"],
      lines: [{ base: "NEW", values: [null], marks: [{ exchange: "gate", flag: "suspect" }] }],
    });
  });

  test("has no column if its only assets are left out", () => {
    expect(rounded(matrix([...ROWS, rowOf("okx", "ETH")], { minExchanges: 2 }))).toMatchObject({
      exchanges: ["mexc", "okx"],
      lines: [{ base: "ETH", values: [10.95, 10.95] }],
    });
  });
});

test("assets with one ticker that differ in price have a line each", () => {
  const rows = [rowOf("okx", "LIT"), rowOf("gate", "LIT", { assetId: "LIT~2" })];
  expect(rounded(matrix(rows)).lines.map(({ assetId, values }) => [assetId, values])).toEqual([
    ["LIT", [null, 10.95]],
    ["LIT~2", [10.95, null]],
  ]);
});

describe("the lines", () => {
  const ROWS = [
    rowOf("okx", "WIDE", { fundingRate: -0.001, volume24hUsd: 4 }),
    rowOf("gate", "WIDE", { fundingRate: 0.001, volume24hUsd: 4 }),
    rowOf("okx", "MUCH", { volume24hUsd: 6 }),
    rowOf("bybit", "MUCH", { volume24hUsd: 3 }),
    rowOf("gate", "MUCH", { volume24hUsd: null }),
    rowOf("okx", "ALONE", { volume24hUsd: null }),
    rowOf("okx", "ZERO", { volume24hUsd: 0 }),
  ];

  test.each([
    ["volume", ["MUCH", "WIDE", "ZERO", "ALONE"]],
    ["spread", ["WIDE", "MUCH", "ALONE", "ZERO"]],
    ["base", ["ALONE", "MUCH", "WIDE", "ZERO"]],
  ] as const)("by %s, unknown last, ties by name", (sort, expected) => {
    expect(bases(matrix(ROWS, { sort }))).toEqual([...expected]);
  });
});

const market = fc
  .uniqueArray(
    fc.record({
      exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 6)),
      base: fc.constantFrom("BTC", "ETH", "SOL", "PEPE"),
      quote: fc.constantFrom("USDT", "USDC"),
      rate: fc.double({ min: -0.01, max: 0.01, noNaN: true }),
      volume: fc.option(fc.integer({ min: 0, max: 9 })),
      isStale: fc.boolean(),
    }),
    { maxLength: 30, selector: ({ exchange, base, quote }) => `${exchange} ${base} ${quote}` },
  )
  .map((listings) =>
    listings.map(({ exchange, base, quote, rate, volume, isStale }) =>
      rowOf(
        exchange,
        base,
        { quote, fundingRate: rate, volume24hUsd: volume },
        isStale ? flagBit("stale") : 0,
      ),
    ),
  );

test("a cell is a number if and only if a listing can be trusted, a mark if none of several can", () => {
  fc.assert(
    fc.property(market, (rows) => {
      const { exchanges, lines } = matrix(rows, { minExchanges: 0 });
      for (const { base, values, marks } of lines) {
        expect(values).toHaveLength(exchanges.length);
        for (const [column, exchange] of exchanges.entries()) {
          const listed = rows.filter(
            ({ record }) => record.base === base && record.exchange === exchange,
          );
          const numbers = listed
            .filter(({ flags }) => flags === 0)
            .map(({ record }) => annualizedPct(record.fundingRate, record.fundingIntervalHours));
          const value = values[column] ?? null;
          if (numbers.length === 0) expect(value).toBeNull();
          else expect(numbers).toContain(value);
          const isMarked = marks.some((mark) => mark.exchange === exchange);
          expect(isMarked).toBe(listed.length > 0 && numbers.length === 0);
        }
      }
    }),
  );
});
