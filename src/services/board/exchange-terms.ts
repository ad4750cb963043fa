import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeTerms } from "../../domain/flags.ts";
import { EXCHANGE_FACTS } from "./exchange-facts.ts";
import { termsOf } from "../../exchanges/terms.ts";

/** What applies to every row of an exchange refreshed every `periodMs`, according to its adapter. */
export function exchangeTerms(exchange: ExchangeId, periodMs: number): ExchangeTerms {
  return termsOf(EXCHANGE_FACTS[exchange], periodMs);
}

/** Whether an exchange states taker fees of single listings. */
export function statesListingFees(exchange: ExchangeId): boolean {
  return EXCHANGE_FACTS[exchange].providedFields.includes("takerFeeBps");
}
