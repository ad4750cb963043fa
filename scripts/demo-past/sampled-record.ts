import { lastingFlagsOf, sampleOf } from "../../src/collector/sampler.ts";
import type { SampledInstrument } from "../../src/db/history/sampled-refresh.ts";
import type { ExchangeTerms } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";

/** What the collector would sample of an instrument that has this row in the market. */
export function sampledRecord(
  record: MarketRecord,
  atMs: number,
  terms: ExchangeTerms,
): SampledInstrument {
  return {
    series: {
      uid: record.uid,
      exchange: record.exchange,
      exchangeSymbol: record.exchangeSymbol,
      base: record.base,
      quote: record.quote,
      settle: record.settle,
      multiplier: record.multiplier ?? record.tickerMultiplier,
      assetClass: record.assetClass,
      accrual: record.accrual,
      listedAt: record.listedAtMs,
      firstSeen: record.firstSeenMs,
      endedAt: null,
    },
    sample: sampleOf(record, record),
    flags: lastingFlagsOf(record, atMs, terms),
    assetId: record.assetId,
  };
}
