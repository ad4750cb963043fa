import { type OnceResult, PERIOD_MS } from "../collector/collect-once.ts";
import { observedAtMs } from "../domain/funding.ts";
import { UNDECIDED } from "../domain/identity.ts";
import { boardRow } from "../domain/market.ts";
import { exchangeTerms } from "../services/board/exchange-terms.ts";
import { withoutImplausible } from "../domain/plausibility.ts";
import { fundingRow } from "../http/lists/funding-row.ts";
import type { FundingRow } from "../http/lists/funding-schema.ts";

/** An API row without a database: the instrument has no uid. */
type OnceRow = Omit<FundingRow, "uid"> & { readonly uid: null };

/** The rows of one refresh with the fields and units of the API, ordered by exchange_symbol. */
export function onceRows(result: OnceResult, nowMs: number): OnceRow[] {
  const terms = exchangeTerms(result.exchange, PERIOD_MS);
  const rows = result.quotes.map((quote) => {
    const record = {
      ...quote,
      lastPrice: quote.lastPrice ?? null,
      ...withoutImplausible(quote, 0),
      ...UNDECIDED,
      instrumentId: 0,
      uid: "",
      exchange: result.exchange,
      tickerMultiplier: quote.multiplier,
      takerFeeBps: quote.takerFeeBps ?? null,
      settled7dAprPct: null,
      firstSeenMs: nowMs,
      intervalChangedAtMs: null,
      frozen: false,
      observedAtMs: observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs),
    };
    const row = fundingRow(boardRow(record, nowMs, terms), Math.floor(nowMs / 1000));
    return { ...row, uid: null };
  });
  return rows.toSorted((left, right) => (left.exchange_symbol < right.exchange_symbol ? -1 : 1));
}

const COLUMNS = [
  "exchange",
  "exchange_symbol",
  "base",
  "funding_rate_pct",
  "funding_interval_hours",
  "annualized_pct",
  "next_funding_time",
  "volume_24h_usd",
  "flags",
] as const satisfies readonly (keyof OnceRow)[];

/** Rows in aligned columns, numbers right-aligned; unknown is a dash. */
export function rowsTable(rows: readonly OnceRow[]): string {
  const lines = [
    COLUMNS as readonly string[],
    ...rows.map((row) => COLUMNS.map((column) => cell(row, column))),
  ];
  const widths = COLUMNS.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((text, index) => align(text, widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
    .concat("\n");
}

function cell(row: OnceRow, column: (typeof COLUMNS)[number]): string {
  const value = row[column];
  if (value === null) return "-";
  if (Array.isArray(value)) return value.join(" ") || "-";
  if (column === "next_funding_time")
    return new Date(Number(value) * 1000).toISOString().slice(0, 16);
  if (typeof value !== "number") return String(value);
  return column === "volume_24h_usd"
    ? String(Math.round(value))
    : String(Number(value.toPrecision(6)));
}

function align(text: string, width: number): string {
  return /^-?\d/.test(text) ? text.padStart(width) : text.padEnd(width);
}
