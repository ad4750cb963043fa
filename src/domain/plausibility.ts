import { median } from "./median.ts";

/**
 * What no exchange could mean: quantities and rates that are off by a unit. Compared are sizes of one asset over all
 * exchanges, each exchange against its own habit, so that a small exchange is not taken for a wrong one.
 */

/** Fields of a row that are not believed, as bits. */
export const DOUBTED = { volume: 1, openInterest: 2, rate: 4 } as const;
export type DoubtBits = number;

/** A quantity this many times off its exchange's usual share of the market is in another unit. */
const OUTLIER_FACTOR = 30;

/** 24 h volume over open interest lies within these on every market that was ever seen. */
const TURNOVER_MIN = 0.0005;
const TURNOVER_MAX = 2000;

/** Rates of a whole exchange this many times the others' are in another unit: the least such error is 8. */
const SCALE_FACTOR = 5;

/** An asset on fewer exchanges than this has no market to compare with. */
const MIN_EXCHANGES = 3;
/** An exchange with fewer comparable instruments than this has no habit yet. */
const MIN_INSTRUMENTS = 20;

/** One row as plausibility sees it. Quantities in US dollars, the rate a fraction per hour; null: unknown. */
export interface Sizes {
  readonly instrumentId: number;
  readonly exchange: string;
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
    const { ratios, habits } = compare(rows, read);
    for (const [row, ratio] of ratios) {
      const habit = habits.get(row.exchange) ?? null;
      if (habit !== null && isOff(ratio / habit, OUTLIER_FACTOR)) doubt(row.instrumentId, bit);
    }
  }
  const { habits: rateScale } = compare(rows, ({ ratePerHour }) =>
    ratePerHour === null ? null : Math.abs(ratePerHour),
  );
  for (const row of rows) {
    const scale = rateScale.get(row.exchange) ?? null;
    if (scale !== null && isOff(scale, SCALE_FACTOR)) doubt(row.instrumentId, DOUBTED.rate);
  }
  return { rows: doubts, rateScale };
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

/** Each row's size over the middle of its asset, and the middle of those for each exchange. */
function compare(
  rows: readonly Sizes[],
  read: (row: Sizes) => number | null,
): {
  readonly ratios: ReadonlyMap<Sizes, number>;
  readonly habits: ReadonlyMap<string, number | null>;
} {
  const middles = middlesOf(rows, read);
  const ratios = new Map<Sizes, number>();
  const byExchange = new Map<string, number[]>();
  for (const row of rows) {
    const size = read(row);
    const middle = row.assetId === null ? undefined : middles.get(row.assetId);
    const ofExchange = byExchange.get(row.exchange) ?? [];
    byExchange.set(row.exchange, ofExchange);
    if (!size || middle === undefined) continue;
    ratios.set(row, size / middle);
    ofExchange.push(size / middle);
  }
  const habits = new Map<string, number | null>();
  for (const [exchange, all] of byExchange)
    habits.set(exchange, all.length < MIN_INSTRUMENTS ? null : median(all));
  return { ratios, habits };
}

/** The middle size of each asset that enough exchanges have. Zeros say nothing about units and are left out. */
function middlesOf(
  rows: readonly Sizes[],
  read: (row: Sizes) => number | null,
): ReadonlyMap<string, number> {
  const byAsset = new Map<string, { readonly sizes: number[]; readonly exchanges: Set<string> }>();
  for (const row of rows) {
    const size = read(row);
    if (!size || row.assetId === null) continue;
    const asset = byAsset.get(row.assetId) ?? { sizes: [], exchanges: new Set() };
    asset.sizes.push(size);
    asset.exchanges.add(row.exchange);
    byAsset.set(row.assetId, asset);
  }
  const middles = new Map<string, number>();
  for (const [assetId, { sizes, exchanges }] of byAsset) {
    const middle = exchanges.size < MIN_EXCHANGES ? null : median(sizes);
    if (middle !== null) middles.set(assetId, middle);
  }
  return middles;
}

function isOff(ratio: number, factor: number): boolean {
  return ratio > factor || ratio < 1 / factor;
}
