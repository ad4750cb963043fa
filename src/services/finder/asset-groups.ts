import { commonName, nameOfAsset } from "../../domain/asset-names.ts";
import { type FlagBits, isBlocked } from "../../domain/flags.ts";
import { annualizedPct } from "../../domain/funding.ts";
import { knownAssetOf, type PriceSource, unitPriceOf } from "../../domain/leg.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { isLarge, outlierTest } from "../../domain/outlier.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import { type TimeStep, untimedStep } from "../../lib/time-step.ts";

/**
 * One listing, prepared for comparisons. What every query looks at is copied from the row: reading it there for 12,000
 * listings takes longer than all else that a query does with them.
 */
export interface Leg {
  readonly row: BoardRow;
  readonly flags: FlagBits;
  /** US dollars, as in the row. */
  readonly volume24hUsd: number | null;
  readonly openInterestUsd: number | null;
  /** Its own taker fee, basis points per fill; null if the exchange states none for it. */
  readonly takerFeeBps: number | null;
  /** Percent per year, simple; null if the interval is unknown. */
  readonly annualizedPct: number | null;
  /** Price of one unit of the asset, in the quote currency. */
  readonly unitPrice: number | null;
  /** Which price that is; null if there is none. */
  readonly priceSource: PriceSource | null;
  /** Whether prices have confirmed that it is the asset of its group. */
  readonly identityKnown: boolean;
  /** Index of its exchange in the snapshot, from 0: faster to compare and look up than the name. */
  readonly exchangeIndex: number;
  /** Whether its annual rate is far beyond those of the asset's other listings; see domain/outlier. */
  readonly isOutlier: boolean;
}

/** All listings of one asset. Listings are only compared within a group. */
export interface AssetGroup {
  readonly assetId: string;
  /** The asset's name without a number: the same for all its tickers. */
  readonly base: string;
  /** Listings without a blocking flag and with a known identity, in snapshot order. */
  readonly trusted: readonly Leg[];
  /**
   * The other ones, and those with the asset's ticker that prices have not confirmed or contradict: they are no
   * opportunities and are reported as refused.
   */
  readonly refused: readonly Leg[];
}

/** Rows grouped before requests are served again: about half a millisecond. */
const ROWS_PER_STEP = 2_000;

/** The snapshot being served and the one being prepared. */
const MAX_KEPT = 2;

/**
 * The listings of a snapshot by asset, computed once and shared by every comparison. Only the groups of the two snapshots
 * that came last are kept, as the one being served and the one being prepared are in use at the same time, and only those
 * of the newer one once it is served: those of the last two minutes would take some 20 MB to save a millisecond per cursor request.
 */
export class AssetGroups {
  /** Newest last. */
  #kept: readonly Grouping[] = [];

  /** In the order in which assets first occur in the snapshot; assets without identified listings last. */
  of(snapshot: Snapshot): readonly AssetGroup[] {
    const grouping = this.#start(snapshot);
    while (grouping.groups === null) grouping.step();
    return grouping.groups;
  }

  /**
   * Groups the listings of a new snapshot in steps that yield to requests, before they are needed. A request that needs
   * them earlier finishes the rest; a newer snapshot aborts it.
   */
  async prepare(snapshot: Snapshot, timeStep: TimeStep = untimedStep): Promise<void> {
    const grouping = this.#start(snapshot);
    while (grouping.groups === null) {
      await yieldToEventLoop();
      if (grouping.groups !== null || this.#kept.at(-1) !== grouping) return;
      timeStep("groups", () => grouping.step());
    }
  }

  /** Releases the groups of all other snapshots: this one is served from now on. */
  keepOnly(snapshot: Snapshot): void {
    this.#kept = this.#kept.filter((grouping) => grouping.snapshot === snapshot);
  }

  #start(snapshot: Snapshot): Grouping {
    const kept = this.#kept.find((grouping) => grouping.snapshot === snapshot);
    if (kept !== undefined) return kept;
    const started = new Grouping(snapshot);
    this.#kept = [...this.#kept.slice(1 - MAX_KEPT), started];
    return started;
  }
}

/** The grouping of one snapshot, step by step. */
class Grouping {
  readonly snapshot: Snapshot;
  readonly #groups = new Map<string, Draft>();
  /** By tickers that differ from their asset's name. */
  readonly #byTicker = new Map<string, Draft>();
  readonly #refused: LegDraft[] = [];
  #rowsDone = 0;
  #exchange: string | null = null;
  #exchangeIndex = -1;
  #result: readonly AssetGroup[] | null = null;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** Null before the last step. */
  get groups(): readonly AssetGroup[] | null {
    return this.#result;
  }

  step(): void {
    const { rows } = this.snapshot;
    const end = Math.min(rows.length, this.#rowsDone + ROWS_PER_STEP);
    if (this.#rowsDone === rows.length) this.#finish();
    for (const row of rows.slice(this.#rowsDone, end)) this.#add(row);
    this.#rowsDone = end;
  }

  #add(row: BoardRow): void {
    const { record } = row;
    // The rows of an exchange are contiguous.
    if (record.exchange !== this.#exchange) {
      this.#exchange = record.exchange;
      this.#exchangeIndex += 1;
    }
    const { base } = record;
    const assetId = knownAssetOf(record);
    const leg = legOf(row, assetId !== null, this.#exchangeIndex);
    if (assetId === null || isBlocked(row.flags)) this.#refused.push(leg);
    if (assetId === null) return;
    const group =
      this.#groups.get(assetId) ?? addGroup(this.#groups, assetId, nameOfAsset(assetId));
    if (base !== assetId && !this.#byTicker.has(base)) this.#byTicker.set(base, group);
    if (!isBlocked(row.flags)) group.trusted.push(leg);
  }

  #finish(): void {
    const groups = this.#groups;
    for (const { trusted } of groups.values()) markOutliers(trusted);
    // Only now does every asset exist that a listing of unknown identity may belong to.
    for (const leg of this.#refused) {
      const { record } = leg.row;
      const name = knownAssetOf(record) ?? record.base;
      const group =
        groups.get(name) ??
        this.#byTicker.get(name) ??
        groups.get(commonName(name)) ??
        addGroup(groups, name, name);
      group.refused.push(leg);
    }
    this.#result = [...groups.values()];
  }
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

/** Considers trusted listings only: stale or contradicted ones are no reference. */
function markOutliers(trusted: readonly LegDraft[]): void {
  // Most assets have no large rate, so their median is not needed.
  if (!trusted.some(({ annualizedPct: pct }) => isLarge(pct))) return;
  const isOutlier = outlierTest(trusted.map(({ annualizedPct: pct }) => pct));
  if (isOutlier === null) return;
  for (const leg of trusted) leg.isOutlier = isOutlier(leg.annualizedPct);
}

function legOf(row: BoardRow, identityKnown: boolean, exchangeIndex: number): LegDraft {
  const { record, flags } = row;
  const { unitPrice, priceSource } = unitPriceOf(record);
  return {
    row,
    flags,
    volume24hUsd: record.volume24hUsd,
    openInterestUsd: record.openInterestUsd,
    takerFeeBps: record.takerFeeBps,
    annualizedPct: annualizedPct(record.fundingRate, record.fundingIntervalHours),
    unitPrice,
    priceSource,
    identityKnown,
    exchangeIndex,
    isOutlier: false,
  };
}
