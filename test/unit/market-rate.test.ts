import { expect, test } from "bun:test";
import fc from "fast-check";
import { annualizedPct } from "../../src/domain/funding.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { roundPct } from "../../src/domain/percent.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import { type MarketRate, marketRates } from "../../src/services/finder/market-rate.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const EXCHANGES = ["bybit", "gate", "kucoin", "okx"] as const;

/** The figures of a group, from its rows in snapshot order. */
function plainly(kind: MarketRate["kind"], rows: readonly BoardRow[]) {
  const known = rows.flatMap(({ record }) => {
    const { openInterestUsd: usd, fundingRate, fundingIntervalHours, exchange } = record;
    const pct = annualizedPct(fundingRate, fundingIntervalHours);
    return usd === null || pct === null ? [] : [{ usd, pct, exchange }];
  });
  const sum = known.reduce((total, { usd }) => total + usd, 0);
  const weighted = known.reduce((total, { usd, pct }) => total + usd * pct, 0);
  const weighing = new Set(known.flatMap(({ usd, exchange }) => (usd > 0 ? [exchange] : [])));
  const isEnough = kind === "exchange" ? sum > 0 : weighing.size >= 3;
  return {
    instruments: rows.length,
    exchanges: new Set(rows.map(({ record }) => record.exchange)).size,
    openInterestUsd: {
      sum: known.length === 0 ? null : sum,
      unknown: rows.length - known.length,
    },
    annualizedPct: isEnough ? roundPct(weighted / sum) : null,
  };
}

test("the figures of the market, its classes and exchanges equal those computed from their rows", () => {
  const listing = fc.record({
    exchange: fc.constantFrom(...EXCHANGES),
    openInterestUsd: fc.option(fc.constantFrom(0, 1, 250_000.25, 7e9), { freq: 4 }),
    fundingRate: fc.constantFrom(-0.01, -0.0001, 0, 0.00007, 0.02),
    fundingIntervalHours: fc.constantFrom(1, 4, 8),
    assetClass: fc.constantFrom("crypto", "stock", null),
  });
  let figures = 0;
  fc.assert(
    fc.property(fc.array(listing, { maxLength: 12 }), (listings) => {
      // One asset, so that the order within the groups is the snapshot's.
      const rows = listings.map(({ exchange, ...extra }, n) =>
        rowOf(exchange, "BTC", { ...extra, quote: `Q${n}`, exchangeSymbol: `BTC${n}` }),
      );
      const snapshot = snapshotOf("1-1", rows);
      for (const found of atOnce(marketRates(snapshot, new AssetGroups(), NO_FILTER))) {
        const own = snapshot.rows.filter(
          ({ record }) =>
            (found.kind !== "exchange" || record.exchange === found.exchange) &&
            (found.kind !== "asset_class" || record.assetClass === found.assetClass),
        );
        expect(found).toMatchObject(plainly(found.kind, own));
        if (found.annualizedPct !== null) figures += 1;
      }
    }),
    { numRuns: 1_000 },
  );
  expect(figures).toBeGreaterThan(1_000);
});
