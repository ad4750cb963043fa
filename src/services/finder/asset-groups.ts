import { commonName, nameOfAsset } from "../../domain/asset-names.ts";
import { isBlocked } from "../../domain/flags.ts";
import { annualizedPct } from "../../domain/funding.ts";
import { knownAssetOf, type PriceSource, unitPriceOf } from "../../domain/leg.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { isLarge, outlierTest } from "../../domain/outlier.ts";

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
   * The other ones, and those whose ticker is the asset's while no price has told, or prices speak against it: they
   * make no opportunity and are shown as refused.
   */
  readonly refused: readonly Leg[];
}

/**
 * The listings of a snapshot by asset, made once and shared by every comparison. Those of the snapshot that was asked
 * for last are kept: the older ones of two minutes would be some 20 MB, to save a millisecond for a cursor.
 */
export class AssetGroups {
  #last: { readonly snapshot: Snapshot; readonly groups: readonly AssetGroup[] } | null = null;

  /** In the order in which the snapshot first names each asset, those last that no listing is known to be. */
  of(snapshot: Snapshot): readonly AssetGroup[] {
    if (this.#last?.snapshot !== snapshot)
      this.#last = { snapshot, groups: groupsOf(snapshot.rows) };
    return this.#last.groups;
  }
}

function groupsOf(rows: readonly BoardRow[]): readonly AssetGroup[] {
  const groups = new Map<string, Draft>();
  /** By a ticker that is not its asset's name. */
  const byTicker = new Map<string, Draft>();
  const refused: LegDraft[] = [];
  let exchange: string | null = null;
  let exchangePlace = -1;
  for (const row of rows) {
    const { record } = row;
    // The rows of an exchange are next to each other.
    if (record.exchange !== exchange) {
      ({ exchange } = record);
      exchangePlace += 1;
    }
    const { base } = record;
    const assetId = knownAssetOf(record);
    const leg = legOf(row, assetId !== null, exchangePlace);
    if (assetId === null || isBlocked(row.flags)) refused.push(leg);
    if (assetId === null) continue;
    const group = groups.get(assetId) ?? addGroup(groups, assetId, nameOfAsset(assetId));
    if (base !== assetId && !byTicker.has(base)) byTicker.set(base, group);
    if (!isBlocked(row.flags)) group.trusted.push(leg);
  }
  for (const { trusted } of groups.values()) markOutliers(trusted);
  // Only now every asset is there that one of unknown identity may stand beside.
  for (const leg of refused) {
    const { record } = leg.row;
    const name = knownAssetOf(record) ?? record.base;
    const group =
      groups.get(name) ??
      byTicker.get(name) ??
      groups.get(commonName(name)) ??
      addGroup(groups, name, name);
    group.refused.push(leg);
  }
  return [...groups.values()];
}

type LegDraft = { -readonly [Name in keyof Leg]: Leg[Name] };

interface Draft extends AssetGroup {
  readonly trusted: LegDraft[];
  readonly refused: LegDraft[];
}

function addGroup(groups: Map<string, Draft>, assetId: string, base: string): Draft {
  const group: Draft = { assetId, base, trusted: [], refused: [] };
  groups.set(assetId, group);
  return group;
}

/** Among the listings that can be trusted: what a stale or a contradicted one says is no measure. */
function markOutliers(trusted: readonly LegDraft[]): void {
  // Most assets have no such rate at all, and no need of their median.
  if (!trusted.some(({ annualizedPct: pct }) => isLarge(pct))) return;
  const isOutlier = outlierTest(trusted.map(({ annualizedPct: pct }) => pct));
  if (isOutlier === null) return;
  for (const leg of trusted) leg.isOutlier = isOutlier(leg.annualizedPct);
}

function legOf(row: BoardRow, identityKnown: boolean, exchangePlace: number): LegDraft {
  const { fundingRate, fundingIntervalHours } = row.record;
  return {
    row,
    annualizedPct: annualizedPct(fundingRate, fundingIntervalHours),
    ...unitPriceOf(row.record),
    identityKnown,
    exchangePlace,
    isOutlier: false,
  };
}
