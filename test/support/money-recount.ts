import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

/**
 * The payments of a pair over time, computed from its two rows settlement by settlement; shares nothing with the
 * service.
 */

/** Basis points by exchange; null: unknown. */
export type Fees = ReadonlyMap<string, number | null>;

const HORIZON_SECONDS = 90 * 86_400;
/** Sums of decimals differ in their last digits. */
const NOTHING = 1e-9;

/** Basis points per fill on a listing: what its exchange states for it, otherwise the exchange's. */
export function feeBpsOf(row: FundingRow, fees: Fees): number | null {
  return row.taker_fee_bps ?? fees.get(row.exchange) ?? null;
}

/** The same, as shown on the leg of a pair. */
export function feeOf(row: FundingRow, fees: Fees) {
  const bps = feeBpsOf(row, fees);
  const source = row.taker_fee_bps === null ? "exchange" : "listing";
  return { taker_fee_bps: bps, taker_fee_source: bps === null ? null : source };
}

/** Unix seconds of every settlement up to 90 days ahead; none for what accrues; null if unknown. */
function settlementsOf(row: FundingRow, from: number): number[] | null {
  const { funding_interval_hours: hours, next_funding_time: next, accrual } = row;
  if (hours === null) return null;
  if (accrual === "continuous") return [];
  if (next === null) return null;
  const times: number[] = [];
  for (let at = next; at <= from + HORIZON_SECONDS; at += hours * 3600) times.push(at);
  return times;
}

/** What a short of the row receives each second, as a fraction of its notional; 0 if it settles. */
function accruedPerSecond({
  accrual,
  funding_rate: rate,
  funding_interval_hours: hours,
}: FundingRow) {
  return accrual === "continuous" && hours !== null ? rate / (hours * 3600) : 0;
}

/** Hours after `from` (unix seconds) until the payments of both legs have paid the fees, percent of notional. */
export function breakevenHours(
  long: FundingRow,
  short: FundingRow,
  feesPct: number | null,
  from: number,
): number | null {
  const [paid, received] = [settlementsOf(long, from), settlementsOf(short, from)];
  if (feesPct === null || paid === null || received === null) return null;
  if (feesPct === 0) return 0;
  const payments = [
    ...paid.map((at) => ({ at, amount: -long.funding_rate })),
    ...received.map((at) => ({ at, amount: short.funding_rate })),
  ].toSorted((left, right) => left.at - right.at);
  const times = [...new Set(payments.map(({ at }) => at)), from + HORIZON_SECONDS];
  const perSecond = accruedPerSecond(short) - accruedPerSecond(long);
  const goal = feesPct / 100;
  let settled = 0;
  let [last, read] = [from, 0];
  for (const at of times) {
    // Between two settlements only accrual counts.
    const reachedAt = from + (goal - settled) / perSecond;
    if (perSecond > 0 && reachedAt > last && reachedAt < at) return (reachedAt - from) / 3600;
    for (; payments[read]?.at === at; read += 1) settled += payments[read]?.amount ?? 0;
    if (settled + perSecond * (at - from) >= goal * (1 - NOTHING)) return (at - from) / 3600;
    last = at;
  }
  return null;
}

/** The median of the absolute yearly rates, percent. */
function medianSize(rows: readonly FundingRow[]): number {
  const sizes = rows.map(({ annualized_pct: pct }) => Math.abs(pct ?? 0)).toSorted((a, b) => a - b);
  const center = (sizes.length - 1) / 2;
  return ((sizes[Math.floor(center)] ?? 0) + (sizes[Math.ceil(center)] ?? 0)) / 2;
}

/** Whether the yearly rate of a row is an outlier among the trusted rows of its asset. */
function isOutlier({ annualized_pct: pct }: FundingRow, ofAsset: readonly FundingRow[]): boolean {
  const size = Math.abs(pct ?? 0);
  return ofAsset.length > 3 && size >= 50 && size > 100 * medianSize(ofAsset);
}

interface Reckoned {
  readonly net_apr_pct: number | null;
  readonly expected_cash: {
    readonly long_settlements: number | null;
    readonly short_settlements: number | null;
    readonly notional_usd: number;
    readonly net_usd: number | null;
  };
}

/** The reasons to watch a pair that are about its money. */
const MONEY_REASONS = ["outlier", "no_settlement_in_hold", "not_profitable"] as const;

export function moneyReasonsIn(reasons: readonly string[]): string {
  return MONEY_REASONS.filter((reason) => reasons.includes(reason)).join(" ");
}

export function moneyReasons(
  long: FundingRow,
  short: FundingRow,
  ofAsset: readonly FundingRow[],
  { net_apr_pct: net, expected_cash: cash }: Reckoned,
): string[] {
  const isIdle = cash.long_settlements === 0 && cash.short_settlements === 0;
  const loses = (figure: number | null) => figure !== null && figure <= NOTHING;
  const cashPct = cash.net_usd === null ? null : (100 * cash.net_usd) / cash.notional_usd;
  return [
    ...([long, short].some((row) => isOutlier(row, ofAsset)) ? ["outlier"] : []),
    ...(isIdle ? ["no_settlement_in_hold"] : []),
    ...(loses(net) || (!isIdle && loses(cashPct)) ? ["not_profitable"] : []),
  ];
}
