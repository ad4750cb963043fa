import { median } from "./median.ts";

/**
 * Detects quantities and rates that are off by a unit. Compares the figures of one asset across exchanges, each exchange
 * relative to its own usual ratio, so that a small exchange does not look wrong.
 */

/** Implausible fields of a row, as bits. */
export const IMPLAUSIBLE = { volume: 1, openInterest: 2, rate: 4 } as const;
export type ImplausibleBits = number;

/** A quantity this many times off its exchange's usual ratio to the market is in another unit. */
export const OUTLIER_FACTOR = 30;

/** The range of 24 h volume over open interest on every market observed so far. */
export const TURNOVER_MIN = 0.0005;
export const TURNOVER_MAX = 2000;

/** If an exchange's rates are this many times the others' they are in another unit: the smallest such error is 8. */
export const SCALE_FACTOR = 5;
/** A unit error affects all rates: three quarters of them must be off, not only the median. */
export const SCALE_SHARE = 0.75;

/**
 * Twice the usual interest component, 0.01 % per 8 h. Exchanges with and without an interest component have different
 * resting rates, and both are right: only assets whose rate has moved can show that rates are too small.
 */
export const MOVING_RATE_PER_HOUR = (2 * 0.0001) / 8;

/** An asset on fewer exchanges cannot be compared with the market. */
const MIN_EXCHANGES = 3;
/** An exchange with fewer comparable instruments has no usual ratio. */
export const MIN_INSTRUMENTS = 20;

/** The figures of one row that are checked. Quantities in US dollars, the rate as a fraction per hour; null: unknown. */
export interface Sizes {
  readonly instrumentId: number;
  readonly exchange: string;
  readonly quote: string;
  /** Rows without a confirmed asset are not compared. */
  readonly assetId: string | null;
  readonly volume24hUsd: number | null;
  readonly openInterestUsd: number | null;
  readonly ratePerHour: number | null;
}

/** The result of comparing each row and each exchange with the whole market. */
export interface MarketPlausibility {
  /** By instrument id; plausible rows are left out. */
  readonly rows: ReadonlyMap<number, ImplausibleBits>;
  /** Median ratio of an exchange's rates to the others'; null: not comparable. */
  readonly rateScale: ReadonlyMap<string, number | null>;
}

/** Compares every row with the rest of the market. */
export function implausibleInMarket(rows: readonly Sizes[]): MarketPlausibility {
  const implausible = new Map<number, ImplausibleBits>();
  const mark = (id: number, bit: ImplausibleBits): void => {
    implausible.set(id, (implausible.get(id) ?? 0) | bit);
  };
  for (const [bit, read] of QUANTITIES) {
    // A thin listing in another currency is not an error: each currency has its own usual ratio.
    const groups = ratiosBy(rows, read, ({ exchange, quote }) => `${exchange} ${quote}`);
    for (const ratios of groups.values()) {
      const habit =
        ratios.length < MIN_INSTRUMENTS ? null : median(ratios.map(([, ratio]) => ratio));
      if (habit === null) continue;
      for (const [row, ratio] of ratios)
        if (isOff(ratio / habit, OUTLIER_FACTOR)) mark(row.instrumentId, bit);
    }
  }
  const rates = ratiosBy(
    rows,
    ({ ratePerHour }) => sizeOf(ratePerHour),
    ({ exchange }) => exchange,
  );
  const rateScale = new Map<string, number | null>();
  const wrong = new Set<string>();
  for (const [exchange, ratios] of rates) {
    const enough = ratios.length >= MIN_INSTRUMENTS;
    rateScale.set(exchange, enough ? median(ratios.map(([, ratio]) => ratio)) : null);
    if (enough && isInAnotherUnit(ratios)) wrong.add(exchange);
  }
  for (const { exchange, instrumentId } of rows)
    if (wrong.has(exchange)) mark(instrumentId, IMPLAUSIBLE.rate);
  return { rows: implausible, rateScale };
}

/** Whether nearly all rates of one exchange are off by more than ordinary differences. */
function isInAnotherUnit(ratios: readonly Ratio[]): boolean {
  const large = ratios.filter(([, ratio]) => ratio > SCALE_FACTOR).length;
  if (large >= ratios.length * SCALE_SHARE) return true;
  const moving = ratios.filter(([, , assetMedian]) => assetMedian >= MOVING_RATE_PER_HOUR);
  const small = moving.filter(([, ratio]) => ratio < 1 / SCALE_FACTOR).length;
  return moving.length >= MIN_INSTRUMENTS && small >= moving.length * SCALE_SHARE;
}

function sizeOf(rate: number | null): number | null {
  return rate === null ? null : Math.abs(rate);
}

const QUANTITIES = [
  [IMPLAUSIBLE.volume, (row: Sizes) => row.volume24hUsd],
  [IMPLAUSIBLE.openInterest, (row: Sizes) => row.openInterestUsd],
] as const;

/**
 * Both quantities of a row if their ratio occurs on no market: it is unknown which of the two is wrong. A quantity of
 * exactly 0 is a real zero, not a unit error.
 */
export function implausibleInRow(
  volume24hUsd: number | null,
  openInterestUsd: number | null,
): ImplausibleBits {
  if (!volume24hUsd || !openInterestUsd) return 0;
  const turnover = volume24hUsd / openInterestUsd;
  const isPossible = turnover >= TURNOVER_MIN && turnover <= TURNOVER_MAX;
  return isPossible ? 0 : IMPLAUSIBLE.volume | IMPLAUSIBLE.openInterest;
}

/** A row's quantities with null for those implausible by the market (`byMarket`) or by the row's other quantity. */
export function withoutImplausible(
  row: { readonly volume24hUsd: number | null; readonly openInterestUsd: number | null },
  byMarket: ImplausibleBits,
): { volume24hUsd: number | null; openInterestUsd: number | null; implausible: ImplausibleBits } {
  const { volume24hUsd, openInterestUsd } = row;
  const implausible = byMarket | implausibleInRow(volume24hUsd, openInterestUsd);
  return {
    volume24hUsd: (implausible & IMPLAUSIBLE.volume) === 0 ? volume24hUsd : null,
    openInterestUsd: (implausible & IMPLAUSIBLE.openInterest) === 0 ? openInterestUsd : null,
    implausible,
  };
}

/** A row, the ratio of its figure to the median of its asset, and that median. */
type Ratio = readonly [row: Sizes, ratio: number, assetMedian: number];

/** The ratios of all comparable rows by group, including groups without any. */
function ratiosBy(
  rows: readonly Sizes[],
  read: (row: Sizes) => number | null,
  groupOf: (row: Sizes) => string,
): ReadonlyMap<string, readonly Ratio[]> {
  const medians = mediansOf(rows, read);
  const groups = new Map<string, Ratio[]>();
  for (const row of rows) {
    const group = groupOf(row);
    const ratios = groups.get(group) ?? [];
    groups.set(group, ratios);
    const size = read(row);
    const assetMedian = row.assetId === null ? undefined : medians.get(row.assetId);
    if (size && assetMedian !== undefined) ratios.push([row, size / assetMedian, assetMedian]);
  }
  return groups;
}

/**
 * The median of each asset that is on enough exchanges, using the largest figure of each. Zeros say nothing about units
 * and are skipped.
 */
function mediansOf(
  rows: readonly Sizes[],
  read: (row: Sizes) => number | null,
): ReadonlyMap<string, number> {
  const byAsset = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const size = read(row);
    if (!size || row.assetId === null) continue;
    const largest = byAsset.get(row.assetId) ?? new Map<string, number>();
    largest.set(row.exchange, Math.max(size, largest.get(row.exchange) ?? 0));
    byAsset.set(row.assetId, largest);
  }
  const medians = new Map<string, number>();
  for (const [assetId, largest] of byAsset) {
    const assetMedian = largest.size < MIN_EXCHANGES ? null : median([...largest.values()]);
    if (assetMedian !== null) medians.set(assetId, assetMedian);
  }
  return medians;
}

function isOff(ratio: number, factor: number): boolean {
  return ratio > factor || ratio < 1 / factor;
}
