import type { ExchangeId } from "../../domain/exchange.ts";
import { type ExchangeTerms, flagBit } from "../../domain/flags.ts";
import type { ExchangeFacts } from "../../exchanges/exchange.ts";
import { EXCHANGES } from "../../exchanges/registry.ts";

/** What applies to every row of an exchange refreshed every `periodMs`, according to its adapter. */
export function exchangeTerms(exchange: ExchangeId, periodMs: number): ExchangeTerms {
  const { unverifiedRate, interestOf }: ExchangeFacts = EXCHANGES[exchange].facts;
  return {
    periodMs,
    marks: unverifiedRate === undefined ? 0 : flagBit("unverified_rate"),
    interestOfCoins: interestOf === "coins",
  };
}
