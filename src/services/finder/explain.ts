import { annualizedPct, HOURS_PER_DAY, observedAtMs } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { Origin, OriginRequest } from "../../domain/origin.ts";
import type { Explanation } from "../../domain/quote.ts";

/** Asks the collector for the origin of a row of the batch stored at `storedAtMs`. */
export type AskForOrigin = (request: OriginRequest) => Promise<Origin>;

/** The origin of a row of a snapshot; `being_replaced` if the payloads give another number than the row has. */
export async function originOf(
  { exchanges }: Snapshot,
  { record }: BoardRow,
  askForOrigin: AskForOrigin,
): Promise<Origin> {
  const { exchange, exchangeSymbol } = record;
  const view = exchanges.find((one) => one.exchange === exchange);
  const storedAtMs = view?.state.lastOkAtMs ?? null;
  if (storedAtMs === null) return "not_in_memory";
  const origin = await askForOrigin({ exchange, exchangeSymbol, storedAtMs });
  if (typeof origin === "string") return origin;
  const { fundingRate, exchangeTimeMs, receivedAtMs } = origin.quote;
  const isSame =
    fundingRate === record.fundingRate &&
    observedAtMs(exchangeTimeMs, receivedAtMs) === record.observedAtMs;
  return isSame ? origin : "being_replaced";
}

/** How a number was computed: the rule with names, the rule with numbers, and the result. */
export interface Working {
  readonly formula: string;
  readonly withNumbers: string;
  readonly value: number;
}

/** Refers to a value inside a payload's row: `{rates.fundingRate}`, `{prices.estimate.rate}`, `{status.12}`. */
const NAME = /\{([^{}]+)\}/g;

/** How the funding rate of the last cycle was read from the payloads, values as received. */
export function rateWorking({ origin, quote }: Explanation): Working {
  const withNumbers = origin.formula.replaceAll(NAME, (_all, path: string) =>
    String(valueAt(origin.rows, path)),
  );
  return { formula: origin.formula, withNumbers, value: quote.fundingRate };
}

/** How annualized_pct follows from a row's rate and interval; null if the interval is unknown. */
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

/** The value at a path of keys and indexes; undefined if there is none. */
function valueAt(rows: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
      rows,
    );
}
