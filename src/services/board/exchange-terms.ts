import type { ExchangeId } from "../../domain/exchange.ts";
import { type ExchangeTerms, flagBit } from "../../domain/flags.ts";
import type { MarketRecord } from "../../domain/market.ts";
import type { ExchangeFacts } from "../../exchanges/exchange.ts";
import { EXCHANGES } from "../../exchanges/registry.ts";

/** What holds for every row of an exchange, by what its adapter says of it. */
export function exchangeTerms(
  exchange: ExchangeId,
  { periodMs, nonCoins }: Pick<ExchangeTerms, "periodMs" | "nonCoins">,
): ExchangeTerms {
  const { unverifiedRate, interestOf }: ExchangeFacts = EXCHANGES[exchange].facts;
  return {
    periodMs,
    nonCoins,
    marks: unverifiedRate === undefined ? 0 : flagBit("unverified_rate"),
    interestOfCoins: interestOf === "coins",
  };
}

/** The assets that at least one exchange states to be something else than a coin, and none to be one. */
export function nonCoinsOf(records: Iterable<MarketRecord>): ReadonlySet<string> {
  const [coins, others] = [new Set<string>(), new Set<string>()];
  for (const { assetId, assetClass } of records) {
    if (assetId !== null && assetClass !== null)
      (assetClass === "crypto" ? coins : others).add(assetId);
  }
  return others.difference(coins);
}
