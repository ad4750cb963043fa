import { median } from "./median.ts";

/**
 * What no exchange could mean: quantities and rates that are off by a unit. Compared are sizes of one asset over all
 * exchanges, each exchange against its own habit, so that a small exchange is not taken for a wrong one.
 */

/** Fields of a row that are not believed, as bits. */
export const DOUBTED = { volume: 1, openInterest: 2, rate: 4 } as const;
export type DoubtBits = number;

/** A quantity this many times off its exchange's usual share of the market is in another unit. */
export const OUTLIER_FACTOR = 30;

/** 24 h volume over open interest lies within these on every market that was ever seen. */
export const TURNOVER_MIN = 0.0005;
export const TURNOVER_MAX = 2000;

/** Rates of a whole exchange this many times the others' are in another unit: the least such error is 8. */
export const SCALE_FACTOR = 5;
/** An error of unit moves all rates: three quarters of them must be off, not the middle one alone. */
const SCALE_SHARE = 0.75;

/**
 * Twice the usual interest component, 0.01 % per 8 h. An exchange that charges no interest rests far below one that
 * does, and both are right: only assets whose rate has left its rest can show rates that are too small.
 */
const MOVING_RATE_PER_HOUR = (2 * 0.0001) / 8;

/** An asset on fewer exchanges than this has no market to compare with. */
const MIN_EXCHANGES = 3;
/** An exchange with fewer comparable instruments than this has no habit yet. */
const MIN_INSTRUMENTS = 20;

/** One row as plausibility sees it. Quantities in US dollars, the rate a fraction per hour; null: unknown. */
export interface Sizes {
  readonly instrumentId: number;
  readonly exchange: string;
  readonly quote: string;
  /** Rows without a confirmed asset are compared with nothing. */
  readonly assetId: string | null;
  readonly volume24hUsd: number | null;
  readonly openInterestUsd: number | null;
  readonly ratePerHour: number | null;
}

/** What the whole market says about each row and each exchange. */
export interface MarketDoubts {
  /** By instrument id; rows without a doubt are left out. */
  readonly rows: ReadonlyMap<number, DoubtBits>;
  /** How many times the others' the rates of an exchange are, in the middle; null: not comparable. */
  readonly rateScale: ReadonlyMap<string, number | null>;
}

/** Judges every row against the others. */
export function doubtsOfMarket(rows: readonly Sizes[]): MarketDoubts {
  const doubts = new Map<number, DoubtBits>();
  const doubt = (id: number, bit: DoubtBits): void => {
    doubts.set(id, (doubts.get(id) ?? 0) | bit);
  };
  for (const [bit, read] of QUANTITIES) {
    // A thin listing in another currency beside the main one is no error: each currency has its own habit.
    const groups = ratiosBy(rows, read, ({ exchange, quote }) => `${exchange} ${quote}`);
    for (const ratios of groups.values()) {
      const habit =
        ratios.length < MIN_INSTRUMENTS ? null : median(ratios.map(([, ratio]) => ratio));
      if (habit === null) continue;
      for (const [row, ratio] of ratios)
        if (isOff(ratio / habit, OUTLIER_FACTOR)) doubt(row.instrumentId, bit);
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
    if (wrong.has(exchange)) doubt(instrumentId, DOUBTED.rate);
  return { rows: doubts, rateScale };
}

/** Whether nearly all rates of one exchange are off by more than any habit explains. */
function isInAnotherUnit(ratios: readonly Ratio[]): boolean {
  const large = ratios.filter(([, ratio]) => ratio > SCALE_FACTOR).length;
  if (large >= ratios.length * SCALE_SHARE) return true;
  const moving = ratios.filter(([, , middle]) => middle >= MOVING_RATE_PER_HOUR);
  const small = moving.filter(([, ratio]) => ratio < 1 / SCALE_FACTOR).length;
  return moving.length >= MIN_INSTRUMENTS && small >= moving.length * SCALE_SHARE;
}

function sizeOf(rate: number | null): number | null {
  return rate === null ? null : Math.abs(rate);
}

const QUANTITIES = [
  [DOUBTED.volume, (row: Sizes) => row.volume24hUsd],
  [DOUBTED.openInterest, (row: Sizes) => row.openInterestUsd],
] as const;

/**
 * Which of a row's own quantities cannot both be: their ratio is one that no market has, and which of the two is
 * wrong cannot be told. A quantity of exactly 0 is a real zero, no error of unit.
 */
export function doubtsOfRow(
  volume24hUsd: number | null,
  openInterestUsd: number | null,
): DoubtBits {
  if (!volume24hUsd || !openInterestUsd) return 0;
  const turnover = volume24hUsd / openInterestUsd;
  const isPossible = turnover >= TURNOVER_MIN && turnover <= TURNOVER_MAX;
  return isPossible ? 0 : DOUBTED.volume | DOUBTED.openInterest;
}

/** A row's quantities with null for what is doubted, by the market (`marketDoubts`) or by its own other quantity. */
export function believed(
  row: { readonly volume24hUsd: number | null; readonly openInterestUsd: number | null },
  marketDoubts: DoubtBits,
): { volume24hUsd: number | null; openInterestUsd: number | null; doubts: DoubtBits } {
  const { volume24hUsd, openInterestUsd } = row;
  const doubts = marketDoubts | doubtsOfRow(volume24hUsd, openInterestUsd);
  return {
    volume24hUsd: (doubts & DOUBTED.volume) === 0 ? volume24hUsd : null,
    openInterestUsd: (doubts & DOUBTED.openInterest) === 0 ? openInterestUsd : null,
    doubts,
  };
}

/** A row, its size over the middle of its asset, and that middle. */
type Ratio = readonly [row: Sizes, ratio: number, middle: number];

/** The ratios of all rows that can be compared, by group. A group without any is there, too. */
function ratiosBy(
  rows: readonly Sizes[],
  read: (row: Sizes) => number | null,
  groupOf: (row: Sizes) => string,
): ReadonlyMap<string, readonly Ratio[]> {
  const middles = middlesOf(rows, read);
  const groups = new Map<string, Ratio[]>();
  for (const row of rows) {
    const group = groupOf(row);
    const ratios = groups.get(group) ?? [];
    groups.set(group, ratios);
    const size = read(row);
    const middle = row.assetId === null ? undefined : middles.get(row.assetId);
    if (size && middle !== undefined) ratios.push([row, size / middle, middle]);
  }
  return groups;
}

/**
 * The middle size of each asset that enough exchanges have, of each exchange the largest. Zeros say nothing about
 * units and are left out.
 */
function middlesOf(
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
  const middles = new Map<string, number>();
  for (const [assetId, largest] of byAsset) {
    const middle = largest.size < MIN_EXCHANGES ? null : median([...largest.values()]);
    if (middle !== null) middles.set(assetId, middle);
  }
  return middles;
}

function isOff(ratio: number, factor: number): boolean {
  return ratio > factor || ratio < 1 / factor;
}
