import type { ExchangeId } from "../domain/exchange.ts";
import { type FlagBits, flagBit } from "../domain/flags.ts";
import type { ExchangeFacts } from "../exchanges/exchange.ts";
import { EXCHANGES } from "../exchanges/registry.ts";

/** The flags that every row of an exchange bears, by what its adapter says of it. */
export function exchangeMarks(exchange: ExchangeId): FlagBits {
  const { unverifiedRate }: ExchangeFacts = EXCHANGES[exchange].facts;
  return unverifiedRate === undefined ? 0 : flagBit("unverified_rate");
}
