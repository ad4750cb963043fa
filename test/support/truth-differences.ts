import type { TrueInstrument } from "../../src/simulator/truth.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

/** The numbers agree to this share: both sides compute in doubles, in a different order. */
const RELATIVE_TOLERANCE = 1e-9;

/** Every served field for which the simulator knows the truth. */
const COMPARED = [
  "exchange",
  "exchange_symbol",
  "base",
  "quote",
  "settle",
  "multiplier",
  "asset_class",
  "accrual",
  "funding_rate",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "instant_rate",
  "settled_rate",
  "settled_at",
  "mark_price",
  "index_price",
  "last_price",
  "volume_24h_usd",
  "open_interest_usd",
] as const satisfies readonly (keyof TrueInstrument & keyof FundingRow)[];

type ComparedField = (typeof COMPARED)[number];

/** A wrong rule is wrong on every row: the first ones show it. */
const MAX_LINES = 20;

/**
 * The differences between what is served and what is true, in words; `but` lists fields to ignore. At most the first
 * twenty, and how many more there are.
 */
export function truthDifferences(
  served: readonly FundingRow[],
  truth: readonly TrueInstrument[],
  but: readonly ComparedField[] = [],
): string[] {
  const bySymbol = new Map(served.map((row) => [row.exchange_symbol, row]));
  const fields = COMPARED.filter((field) => !but.includes(field));
  const lines = truth.flatMap((instrument) => {
    const row = bySymbol.get(instrument.exchange_symbol);
    if (row === undefined) return [`${instrument.exchange_symbol} is missing`];
    return fields
      .filter((field) => !isSame(row[field], instrument[field]))
      .map(
        (field) => `${row.exchange_symbol} ${field}: ${row[field]} instead of ${instrument[field]}`,
      );
  });
  const left = lines.length - MAX_LINES;
  return left > 0 ? [...lines.slice(0, MAX_LINES), `and ${left} more`] : lines;
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "number" || typeof right !== "number") return left === right;
  return Math.abs(left - right) <= RELATIVE_TOLERANCE * Math.max(Math.abs(left), Math.abs(right));
}
