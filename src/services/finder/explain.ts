import { annualizedPct, HOURS_PER_DAY } from "../../domain/funding.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { BoardRow } from "../../domain/market.ts";
import type { Explanation } from "../../domain/quote.ts";

/** Asks whoever collects where a row came from; null when the payloads are not at hand. */
export type AskForOrigin = (request: {
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
}) => Promise<Explanation | null>;

/** How a number was made: the rule with names, the rule with the numbers in it, and what comes out. */
export interface Working {
  readonly formula: string;
  readonly withNumbers: string;
  readonly value: number;
}

/** Names a value inside a row of a payload: `{rates.fundingRate}`, `{prices.estimate.rate}`, `{status.12}`. */
const NAME = /\{([^{}]+)\}/g;

/** How the funding rate of the last cycle came from the payloads, values as received. */
export function rateWorking({ origin, quote }: Explanation): Working {
  const withNumbers = origin.formula.replaceAll(NAME, (_all, path: string) =>
    String(valueAt(origin.rows, path)),
  );
  return { formula: origin.formula, withNumbers, value: quote.fundingRate };
}

/** How annualized_pct comes from a row's own rate and interval; null where the interval is unknown. */
export function annualWorking({ record }: BoardRow): Working | null {
  const { fundingRate, fundingIntervalHours } = record;
  const value = annualizedPct(fundingRate, fundingIntervalHours);
  if (value === null) return null;
  return {
    formula: "{funding_rate} * (24 / {funding_interval_hours}) * 365 * 100",
    withNumbers: `${fundingRate} * (${HOURS_PER_DAY} / ${fundingIntervalHours}) * 365 * 100`,
    value,
  };
}

/** The value at a path of keys and places; undefined where there is none. */
function valueAt(rows: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
      rows,
    );
}
