import type { CalendarRow } from "../../src/http/api/calendar/schema.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import { breakevenHours, feeBpsOf, type Fees } from "./money-recount.ts";

/**
 * The figures of the finder, recomputed from the rows of /api/funding/current as a reader with a spreadsheet would:
 * nothing here is shared with the service.
 */

const BLOCKING = new Set(["stale", "expired", "interval_unknown", "identity_conflict", "suspect"]);
const HOURS_A_YEAR = 365 * 24;

/** Annual rates that differ by less are one rate, stated for two intervals. */
const NOTHING_PCT = 1e-9;

function isBlocked({ flags }: FundingRow): boolean {
  return flags.some((flag) => BLOCKING.has(flag));
}

export function yearlyPct({ funding_rate: rate, funding_interval_hours: hours }: FundingRow) {
  return hours === null ? null : (100 * rate * HOURS_A_YEAR) / hours;
}

/** The annual rate of a row that has one. Throws if it has none. */
function yearlyOf(row: FundingRow): number {
  const yearly = row.annualized_pct;
  if (yearly === null) throw new Error(`${row.uid} has no annual rate`);
  return yearly;
}

/** Rows of known identity without a blocking flag, by asset, each list in the order of the answer. */
export function trustedByAsset(rows: readonly FundingRow[]): Map<string, FundingRow[]> {
  const trusted = rows.filter((row) => row.asset_id !== null && !isBlocked(row));
  return Map.groupBy(trusted, (row) => row.asset_id ?? "");
}

/** Rows that no figure may use, by the asset whose name they have. */
export function refusedByAsset(rows: readonly FundingRow[]): Map<string, FundingRow[]> {
  const refused = rows.filter((row) => row.asset_id === null || isBlocked(row));
  return Map.groupBy(refused, (row) =>
    row.flags.includes("identity_conflict") ? row.base : (row.asset_id ?? row.base),
  );
}

export interface Plan {
  readonly fetchedAt: number;
  readonly holdHours: number;
  readonly notionalUsd: number;
}

/** The yield of holding these two legs. Null if unknown. */
export function pairFigures(long: FundingRow, short: FundingRow, fees: Fees, plan: Plan) {
  const gross = yearlyOf(short) - yearlyOf(long);
  const [longBps, shortBps] = [feeBpsOf(long, fees), feeBpsOf(short, fees)];
  const feesPct = longBps === null || shortBps === null ? null : (longBps + shortBps) / 50;
  const [paid, received] = [charges(long, plan), charges(short, plan)];
  const feesUsd = feesPct === null ? null : (feesPct * plan.notionalUsd) / 100;
  const fundingUsd = paid.usd === null || received.usd === null ? null : received.usd - paid.usd;
  return {
    gross_apr_pct: gross,
    fees_pct: feesPct,
    net_apr_pct: feesPct === null ? null : gross - (feesPct * HOURS_A_YEAR) / plan.holdHours,
    breakeven_hours: breakevenHours(long, short, feesPct, plan.fetchedAt),
    breakeven_hours_smooth: smoothBreakeven(gross, feesPct),
    price_gap_pct: priceGap(long, short),
    expected_cash: {
      notional_usd: plan.notionalUsd,
      hold_hours: plan.holdHours,
      long_settlements: paid.settlements,
      short_settlements: received.settlements,
      long_usd: paid.usd === null ? null : -paid.usd,
      short_usd: received.usd,
      funding_usd: fundingUsd,
      fees_usd: feesUsd,
      net_usd: fundingUsd === null || feesUsd === null ? null : fundingUsd - feesUsd,
    },
  };
}

function smoothBreakeven(grossPct: number, feesPct: number | null): number | null {
  if (feesPct === null || (feesPct > 0 && grossPct <= NOTHING_PCT)) return null;
  return feesPct === 0 ? 0 : (feesPct * HOURS_A_YEAR) / grossPct;
}

/** Whether two prices of one unit are too far apart for one asset. */
function isRefusedGap(long: FundingRow, short: FundingRow): boolean {
  return Math.abs(priceGap(long, short) ?? 0) > 10;
}

function priceGap(long: FundingRow, short: FundingRow): number | null {
  const [low, high] = [unitPrice(long), unitPrice(short)];
  return low === null || high === null ? null : (200 * (high - low)) / (high + low);
}

function unitPrice(row: FundingRow) {
  const { mark_price: mark, index_price: index, last_price: last, multiplier } = row;
  const price = mark ?? index ?? last;
  return price === null || multiplier === null ? null : price / multiplier;
}

/** What a long of this row pays in the holding time, settlement by settlement. */
function charges(row: FundingRow, { fetchedAt, holdHours, notionalUsd }: Plan) {
  const { funding_rate: rate, funding_interval_hours: hours, next_funding_time: next } = row;
  if (hours !== null && row.accrual === "continuous")
    return { settlements: null, usd: (rate * notionalUsd * holdHours) / hours };
  if (hours === null || next === null) return { settlements: null, usd: null };
  let settlements = 0;
  for (let at = next; at <= fetchedAt + holdHours * 3600; at += hours * 3600) settlements += 1;
  return { settlements, usd: settlements * rate * notionalUsd };
}

/** Every pair of listings on two exchanges, the lower rate first. */
export function* pairsOf(listings: readonly FundingRow[]): Generator<[FundingRow, FundingRow]> {
  for (const [index, left] of listings.entries()) {
    for (const right of listings.slice(index + 1)) {
      if (left.exchange === right.exchange || isRefusedGap(left, right)) continue;
      yield yearlyOf(left) <= yearlyOf(right) ? [left, right] : [right, left];
    }
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const center = (sorted.length - 1) / 2;
  return meanOf([
    sorted[Math.floor(center)] ?? Number.NaN,
    sorted[Math.ceil(center)] ?? Number.NaN,
  ]);
}

type Size = "open_interest_usd" | "volume_24h_usd";

function exchangesOf(listings: readonly FundingRow[]): number {
  return new Set(listings.map(({ exchange }) => exchange)).size;
}

/** The mean weighted by size; null with fewer than three exchanges that state one. */
function weightedMean(listings: readonly FundingRow[], size: Size): number | null {
  const weighty = listings.filter((row) => (row[size] ?? 0) > 0);
  if (exchangesOf(weighty) < 3) return null;
  const total = weighty.reduce((sum, row) => sum + (row[size] ?? 0), 0);
  return weighty.reduce((sum, row) => sum + yearlyOf(row) * ((row[size] ?? 0) / total), 0);
}

/** Their number and their total size. */
function sizesOf(listings: readonly FundingRow[]) {
  const total = (size: Size): number | null => {
    const known = listings.flatMap((row) => row[size] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  };
  return {
    exchanges: exchangesOf(listings),
    instruments: listings.length,
    open_interest_usd: total("open_interest_usd"),
    open_interest_unknown: listings.filter((row) => row.open_interest_usd === null).length,
    volume_24h_usd: total("volume_24h_usd"),
    volume_unknown: listings.filter((row) => row.volume_24h_usd === null).length,
  };
}

export function sentimentFigures(listings: readonly FundingRow[]) {
  const atBaseline = listings.filter(({ flags }) => flags.includes("pinned_baseline"));
  const moving = listings.filter(
    (row) => !row.flags.includes("pinned_baseline") && row.funding_rate !== 0,
  );
  const resting = listings.length - moving.length;
  const share =
    moving.length === 0
      ? null
      : moving.filter(({ funding_rate: rate }) => rate > 0).length / moving.length;
  const isKnown = exchangesOf(listings) >= 3;
  const known = <T>(value: T): T | null => (isKnown ? value : null);
  const yearly = listings.map(yearlyOf);
  return {
    ...sizesOf(listings),
    at_baseline: atBaseline.length,
    at_zero: resting - atBaseline.length,
    mean_annualized_pct: known(meanOf(yearly)),
    median_annualized_pct: known(medianOf(yearly)),
    oi_weighted_annualized_pct: known(weightedMean(listings, "open_interest_usd")),
    volume_weighted_annualized_pct: known(weightedMean(listings, "volume_24h_usd")),
    positive_share: known(share),
    label: known(labelOf(2 * resting > listings.length ? null : share)),
    reason: isKnown ? null : "too_few_exchanges",
  };
}

function labelOf(share: number | null): string {
  if (share === null) return "resting";
  if (share >= 2 / 3) return "longs_pay";
  return share <= 1 / 3 ? "shorts_pay" : "mixed";
}

export function volumeFigures(listings: readonly FundingRow[]) {
  const sizes = sizesOf(listings);
  const yearly = listings.map(yearlyOf);
  const byExchange = Map.groupBy(listings, ({ exchange }) => exchange);
  const volumes = [...byExchange].map(([exchange, rows]) => ({
    exchange,
    usd: sizesOf(rows).volume_24h_usd ?? 0,
  }));
  const [top] = volumes.toSorted((left, right) => right.usd - left.usd);
  const isKnown = top !== undefined && top.usd > 0 && sizes.volume_24h_usd !== null;
  return {
    ...sizes,
    volume_weighted_annualized_pct: weightedMean(listings, "volume_24h_usd"),
    lowest_annualized_pct: Math.min(...yearly),
    highest_annualized_pct: Math.max(...yearly),
    top_exchange: isKnown ? top.exchange : null,
    top_exchange_share: isKnown ? top.usd / (sizes.volume_24h_usd ?? Number.NaN) : null,
  };
}

/** The diverging rates of an asset; null unless two exchanges pay on opposite sides. */
export function divergenceFigures(listings: readonly FundingRow[]) {
  const straddles = [...pairsOf(listings)]
    .filter(([long, short]) => yearlyOf(long) < 0 && yearlyOf(short) > 0)
    .map(([long, short]) => yearlyOf(short) - yearlyOf(long));
  if (straddles.length === 0) return null;
  const yearly = listings.map(yearlyOf);
  const mean = meanOf(yearly);
  return {
    exchanges: exchangesOf(listings),
    instruments: listings.length,
    positive: yearly.filter((rate) => rate > 0).length,
    negative: yearly.filter((rate) => rate < 0).length,
    gross_apr_pct: Math.max(...straddles),
    mean_annualized_pct: mean,
    standard_deviation_pct: Math.sqrt(meanOf(yearly.map((rate) => (rate - mean) ** 2))),
  };
}

/** The most traded listing of each exchange: the cell of the heatmap. */
export function cellsOf(listings: readonly FundingRow[]): Map<string, number> {
  const cells = new Map<string, number>();
  for (const [exchange, rows] of Map.groupBy(listings, (row) => row.exchange)) {
    const [mostTraded] = rows.toSorted(
      (left, right) => (right.volume_24h_usd ?? -1) - (left.volume_24h_usd ?? -1),
    );
    if (mostTraded !== undefined) cells.set(exchange, yearlyOf(mostTraded));
  }
  return cells;
}

type Settlement = Omit<
  CalendarRow,
  "exchange" | "exchange_symbol" | "symbol" | "asset_id" | "base" | "quote"
>;

/** The settlements in the hours ahead of a row that is not settling, by time. */
export function settlementsOf(row: FundingRow, fetchedAt: number, hours: number): Settlement[] {
  const { next_funding_time: next, funding_interval_hours: interval } = row;
  const found: Settlement[] = [];
  if (row.accrual === "continuous" || isBlocked(row)) return found;
  if (next === null || interval === null) return found;
  const rates = [row.funding_rate, row.predicted_rate];
  for (let nth = 0; next + nth * interval * 3600 <= fetchedAt + hours * 3600; nth += 1) {
    const rate = rates[nth] ?? null;
    const openInterest = row.open_interest_usd;
    found.push({
      settles_at: next + nth * interval * 3600,
      seconds_ahead: next + nth * interval * 3600 - fetchedAt,
      uid: row.uid,
      funding_interval_hours: interval,
      funding_rate: rate,
      funding_rate_pct: rate === null ? null : rate * 100,
      annualized_pct: rate === null ? null : (100 * rate * HOURS_A_YEAR) / interval,
      rate_8h_pct: rate === null ? null : (100 * rate * 8) / interval,
      open_interest_usd: openInterest,
      rate_source: rate === null ? null : nth === 0 ? "live" : "predicted",
      payment_usd: rate === null || openInterest === null ? null : rate * openInterest,
      flags: row.flags,
    });
  }
  return found;
}

/**
 * Where `actual` differs from the recomputed values: numbers to 1e-9, everything else exactly. Fields that were not
 * recomputed are ignored.
 */
export function differences(actual: unknown, reckoned: unknown, path = ""): string[] {
  if (typeof actual === "number" && typeof reckoned === "number") {
    const isNear = Math.abs(actual - reckoned) <= 1e-9 * Math.max(1, Math.abs(reckoned));
    return isNear ? [] : [`${path}: ${actual}, reckoned ${reckoned}`];
  }
  if (typeof actual === "object" && actual !== null && typeof reckoned === "object" && reckoned)
    return Object.entries(reckoned).flatMap(([name, value]: [string, unknown]) =>
      differences((actual as Record<string, unknown>)[name], value, `${path}.${name}`),
    );
  return actual === reckoned
    ? []
    : [`${path}: ${JSON.stringify(actual)}, reckoned ${JSON.stringify(reckoned)}`];
}
