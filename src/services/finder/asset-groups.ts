import { nameOfAsset } from "../../domain/asset-names.ts";
import { isBlocked } from "../../domain/flags.ts";
import { annualizedPct } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { isLarge, outlierTest } from "../../domain/outlier.ts";
import type { AssetClass } from "../../domain/quote.ts";
import { type FundingQuery, rowMatcher } from "./funding-query.ts";

/** The prices that legs are compared by, best first. */
export const PRICE_SOURCES = ["mark", "index", "last"] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/** One listing as comparisons see it. */
export interface Leg {
  readonly row: BoardRow;
  /** Percent a year, simple; null where the interval is unknown. */
  readonly annualizedPct: number | null;
  /** Of one unit of the asset in the quote currency. */
  readonly unitPrice: number | null;
  /** Which price that is; null where there is none. */
  readonly priceSource: PriceSource | null;
  /** Whether prices have shown that it is the asset of its group. */
  readonly identityKnown: boolean;
  /** As most listings of the same asset say; where equally many say another, as its own exchange does. */
  readonly assetClass: AssetClass | null;
  /** Of its exchange among those of the snapshot, from 0: quicker to compare and to look up than its name. */
  readonly exchangePlace: number;
  /** Whether its annual rate is far beyond those of the asset's listings; see domain/outlier. */
  readonly isOutlier: boolean;
}

/** All listings of one asset. Comparisons are made within a group and nowhere else. */
export interface AssetGroup {
  readonly assetId: string;
  /** Its name without a number: one for all, whatever their tickers are. */
  readonly base: string;
  /** Listings without a blocking flag whose asset is known, in the order of the snapshot. */
  readonly trusted: readonly Leg[];
  /**
   * The other ones, and those that bear the name while no price has told, or prices speak against it: they make no
   * opportunity and are shown as refused.
   */
  readonly refused: readonly Leg[];
}

/**
 * The listings of a snapshot by asset, made once and shared by every comparison. Those of the snapshot that was asked
 * for last are kept: the older ones of two minutes would be some 20 MB, to save a millisecond for a cursor.
 */
export class AssetGroups {
  #last: { readonly snapshot: Snapshot; readonly groups: readonly AssetGroup[] } | null = null;

  /** In the order in which the snapshot first names each asset. */
  of(snapshot: Snapshot): readonly AssetGroup[] {
    if (this.#last?.snapshot !== snapshot)
      this.#last = { snapshot, groups: groupsOf(snapshot.rows) };
    return this.#last.groups;
  }
}

function groupsOf(rows: readonly BoardRow[]): readonly AssetGroup[] {
  const groups = new Map<string, Draft>();
  let exchange: string | null = null;
  let exchangePlace = -1;
  for (const row of rows) {
    const { record } = row;
    // The rows of an exchange are next to each other.
    if (record.exchange !== exchange) {
      ({ exchange } = record);
      exchangePlace += 1;
    }
    const identityKnown = record.assetId !== null && record.identity !== "conflict";
    const assetId = identityKnown && record.assetId !== null ? record.assetId : record.base;
    let group = groups.get(assetId);
    if (group === undefined) {
      const base = identityKnown ? nameOfAsset(assetId) : assetId;
      group = { assetId, base, trusted: [], refused: [], known: [] };
      groups.set(assetId, group);
    }
    const leg = legOf(row, identityKnown, exchangePlace);
    if (identityKnown) group.known.push(leg);
    if (identityKnown && !isBlocked(row.flags)) group.trusted.push(leg);
    else group.refused.push(leg);
  }
  return groups
    .values()
    .map(({ assetId, base, trusted, refused, known }) => {
      const assetClass = classOfMost(known);
      if (assetClass !== null)
        for (const leg of known) if (leg.assetClass !== assetClass) leg.assetClass = assetClass;
      markOutliers(trusted);
      return { assetId, base, trusted, refused };
    })
    .toArray();
}

type LegDraft = { -readonly [Name in keyof Leg]: Leg[Name] };

interface Draft extends Pick<AssetGroup, "assetId" | "base"> {
  readonly trusted: LegDraft[];
  readonly refused: Leg[];
  /** Those of the two that are known to be of the asset. */
  readonly known: LegDraft[];
}

/** The class that most exchanges state; null where none does, or two classes are stated by equally many. */
function classOfMost(legs: readonly Leg[]): AssetClass | null {
  const [only, ...others] = classesOf(legs);
  // Nearly every asset is of one class to all.
  if (only === undefined || others.length === 0) return only ?? null;
  const exchangesOf = new Map<AssetClass, Set<string>>();
  for (const { assetClass, row } of legs) {
    if (assetClass === null) continue;
    const voices = exchangesOf.get(assetClass) ?? new Set();
    exchangesOf.set(assetClass, voices.add(row.record.exchange));
  }
  const ranked = [...exchangesOf].toSorted(([, left], [, right]) => right.size - left.size);
  const [first, second] = ranked;
  return first === undefined || first[1].size === second?.[1].size ? null : first[0];
}

function classesOf(legs: readonly Leg[]): ReadonlySet<AssetClass> {
  const classes = new Set<AssetClass>();
  for (const { assetClass } of legs) if (assetClass !== null) classes.add(assetClass);
  return classes;
}

/** Among the listings that can be trusted: what a stale or a contradicted one says is no measure. */
function markOutliers(trusted: readonly LegDraft[]): void {
  // Most assets have no such rate at all, and no need of their median.
  if (!trusted.some(({ annualizedPct: pct }) => isLarge(pct))) return;
  const isOutlier = outlierTest(trusted.map(({ annualizedPct: pct }) => pct));
  if (isOutlier === null) return;
  for (const leg of trusted) leg.isOutlier = isOutlier(leg.annualizedPct);
}

/** Whether a leg passes the filters of a query; the class that counts is the leg's. */
export function legMatcher(query: FundingQuery): (leg: Leg) => boolean {
  const { assetClasses } = query;
  const matches = rowMatcher({ ...query, assetClasses: null });
  if (assetClasses === null) return ({ row }) => matches(row);
  const wanted = new Set(assetClasses);
  return ({ row, assetClass }) => assetClass !== null && wanted.has(assetClass) && matches(row);
}

function priceOf({ markPrice, indexPrice, lastPrice }: BoardRow["record"]): {
  readonly price: number | null;
  readonly source: PriceSource | null;
} {
  if (markPrice !== null) return { price: markPrice, source: "mark" };
  if (indexPrice !== null) return { price: indexPrice, source: "index" };
  return { price: lastPrice, source: lastPrice === null ? null : "last" };
}

function legOf(row: BoardRow, identityKnown: boolean, exchangePlace: number): LegDraft {
  const { fundingRate, fundingIntervalHours, multiplier } = row.record;
  const { price, source } = priceOf(row.record);
  return {
    row,
    annualizedPct: annualizedPct(fundingRate, fundingIntervalHours),
    unitPrice: price === null ? null : price / multiplier,
    priceSource: source,
    identityKnown,
    assetClass: row.record.assetClass,
    exchangePlace,
    isOutlier: false,
  };
}
