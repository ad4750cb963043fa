import type { TrueInstrument } from "../../src/simulator/truth.ts";
import type { Batch, Quote } from "../../src/domain/quote.ts";

/** The numbers agree to this share: both sides compute in doubles, in a different order. */
const TOLERANCE = 1e-9;

/** A missing price may be substituted by another one, and quantities depend on prices. */
const SUBSTITUTE_TOLERANCE = 0.02;

type Check = readonly [name: string, served: unknown, truth: unknown, tolerance: number];

function checksOf(quote: Quote, real: TrueInstrument): readonly Check[] {
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  return [
    ["base", quote.base, real.base, 0],
    ["quote", quote.quote, real.quote, 0],
    ["multiplier", quote.multiplier, real.multiplier, 0],
    ["class", quote.assetClass, real.asset_class, 0],
    ["rate", quote.fundingRate, real.funding_rate, TOLERANCE],
    ["interval", quote.fundingIntervalHours, real.funding_interval_hours, 0],
    ["next time", seconds(comingOf(quote)), real.next_funding_time, TOLERANCE],
    ["predicted rate", quote.predictedRate, real.predicted_rate, TOLERANCE],
    ["instant rate", quote.instantRate, real.instant_rate, TOLERANCE],
    ["settled rate", quote.settledRate, real.settled_rate, TOLERANCE],
    ["settled at", seconds(quote.settledAtMs), real.settled_at, TOLERANCE],
    ["mark price", quote.markPrice, real.mark_price, SUBSTITUTE_TOLERANCE],
    ["index price", quote.indexPrice, real.index_price, SUBSTITUTE_TOLERANCE],
    ["volume", quote.volume24hUsd, real.volume_24h_usd, SUBSTITUTE_TOLERANCE],
    ["open interest", quote.openInterestUsd, real.open_interest_usd, SUBSTITUTE_TOLERANCE],
  ];
}

/** What is wrong in a batch, in words: a row that is not to be shown, or a field that is neither true nor null. */
export function wrongNumbers(batch: Batch, truth: readonly TrueInstrument[]): readonly string[] {
  const bySymbol = new Map(truth.map((row) => [row.exchange_symbol, row]));
  return batch.quotes.flatMap((quote) => {
    const real = bySymbol.get(quote.exchangeSymbol);
    if (real === undefined) return [`${quote.exchangeSymbol} is shown`];
    return checksOf(quote, real)
      .filter(([, served, is, tolerance]) => served !== null && !isNear(served, is, tolerance))
      .map(([name, served, is]) => `${quote.exchangeSymbol} ${name} ${served}, not ${is}`);
  });
}

/** A settlement in the past shows how old a row is: it is never served. */
function comingOf({ nextFundingAtMs, receivedAtMs }: Quote): number | null {
  return nextFundingAtMs !== null && nextFundingAtMs <= receivedAtMs ? null : nextFundingAtMs;
}

function isNear(served: unknown, truth: unknown, tolerance: number): boolean {
  if (typeof served !== "number" || typeof truth !== "number") return served === truth;
  return Math.abs(served - truth) <= tolerance * Math.max(Math.abs(served), Math.abs(truth));
}
