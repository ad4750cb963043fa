import type { ExchangeId } from "../../domain/exchange.ts";
import { type ExchangeTerms, flagBit } from "../../domain/flags.ts";
import type { ExchangeFacts } from "../../exchanges/exchange.ts";
import { EXCHANGES } from "../../exchanges/registry.ts";

/** What holds for every row of an exchange that is refreshed every `periodMs`, by what its adapter says of it. */
export function exchangeTerms(exchange: ExchangeId, periodMs: number): ExchangeTerms {
  const { unverifiedRate, interestOf }: ExchangeFacts = EXCHANGES[exchange].facts;
  return {
    periodMs,
    marks: unverifiedRate === undefined ? 0 : flagBit("unverified_rate"),
    interestOfCoins: interestOf === "coins",
  };
}
