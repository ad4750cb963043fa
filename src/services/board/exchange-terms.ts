import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeTerms } from "../../domain/flags.ts";
import type { ExchangeFacts } from "../../exchanges/exchange.ts";
import { EXCHANGES } from "../../exchanges/registry.ts";
import { termsOf } from "../../exchanges/terms.ts";

/** What applies to every row of an exchange refreshed every `periodMs`, according to its adapter. */
export function exchangeTerms(exchange: ExchangeId, periodMs: number): ExchangeTerms {
  return termsOf(EXCHANGES[exchange].facts, periodMs);
}

/** Whether an exchange states taker fees of single listings. */
export function statesListingFees(exchange: ExchangeId): boolean {
  const { providedFields }: ExchangeFacts = EXCHANGES[exchange].facts;
  return providedFields.includes("takerFeeBps");
}
