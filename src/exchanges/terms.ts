import { type ExchangeTerms, flagBit } from "../domain/flags.ts";
import type { ExchangeFacts } from "./exchange.ts";

/** What applies to every row of an exchange refreshed every `periodMs`. */
export function termsOf(
  { unverifiedRate, interestOf }: Pick<ExchangeFacts, "unverifiedRate" | "interestOf">,
  periodMs: number,
): ExchangeTerms {
  return {
    periodMs,
    marks: unverifiedRate === undefined ? 0 : flagBit("unverified_rate"),
    interestOfCoins: interestOf === "coins",
  };
}
