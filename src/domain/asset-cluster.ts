import { statedKind } from "./disputed-classes.ts";
import { median, medianOfSorted } from "./median.ts";
import type { AssetClass } from "./quote.ts";
import { firstWhere } from "./sorted-search.ts";

/** `confirmed`: others agree; `probable`: nobody to compare with; `conflict`: another asset under the same ticker. */
export const IDENTITIES = ["confirmed", "probable", "conflict"] as const;
export type Identity = (typeof IDENTITIES)[number];

/** Prices per unit this close are of one asset. */
export const JOIN_WITHIN = 0.03;

/** One listing as identity sees it. */
export interface Candidate {
  readonly instrumentId: number;
  readonly exchange: string;
  readonly base: string;
  /** As its exchange states it. */
  readonly assetClass: AssetClass | null;
  /** Whether its exchange says so of whatever it does not mark as something else. */
  readonly isClassByExclusion?: boolean;
  /** Units of base in one priced unit, by the ticker. */
  readonly multiplier: number;
  /** Of one priced unit: index, else mark, else last trade; null when none is recent enough. */
  readonly price: number | null;
  readonly openInterestUsd: number | null;
  readonly observedAtMs: number;
  /** What was decided before. */
  readonly held: Decision;
}

/** What is decided, and kept, for one listing. */
export interface Decision {
  /** `LIT`, or `LIT~2` for another asset under that name; null while no price was seen. */
  readonly assetId: string | null;
  readonly identity: Identity;
  /** The multiplier that price proves where it contradicts the ticker's; null while it does not. */
  readonly provenMultiplier: number | null;
  /** The class of its asset, null while that is not confirmed or no exchange states one: its own exchange's word stands. */
  readonly settledClass: AssetClass | null;
}

/** A listing and its price of one unit of base, by the multiplier that is believed. */
export interface Member {
  readonly candidate: Candidate;
  /** Of one unit of base. */
  readonly unitPrice: number | null;
  readonly provenMultiplier: number | null;
}

/** Listings that are taken for one asset. */
export class Cluster {
  assetId: string | null;
  readonly members: Member[] = [];
  /** The prices per unit that each exchange has for it, rising. */
  readonly #pricesOf = new Map<string, number[]>();
  readonly #kinds = new Set<string | null>();
  #center: number | null | undefined;

  constructor(assetId: string | null, members: readonly Member[]) {
    this.assetId = assetId;
    for (const member of members) this.add(member);
  }

  add(member: Member): void {
    const { candidate, unitPrice } = member;
    this.members.push(member);
    this.#kinds.add(kindOf(member));
    this.#center = undefined;
    const prices = this.#pricesOf.get(candidate.exchange) ?? [];
    this.#pricesOf.set(candidate.exchange, prices);
    if (unitPrice === null) return;
    const place = firstWhere(0, prices.length, (index) => (prices[index] ?? 0) > unitPrice);
    prices.splice(place, 0, unitPrice);
  }

  /** On how many exchanges it is listed. */
  get exchanges(): number {
    return this.#pricesOf.size;
  }

  /** Whether two exchanges agree about it: in price, or they would not be here, and in its class where both state one. */
  get isConfirmed(): boolean {
    if (this.#kinds.has(null) || this.#kinds.size === 1) return this.exchanges > 1;
    const exchangesOf = new Map<string | null, Set<string>>();
    for (const member of this.members) {
      // What is only not marked as anything else speaks against no class.
      if (member.candidate.isClassByExclusion === true) return this.exchanges > 1;
      const kind = kindOf(member);
      exchangesOf.set(kind, (exchangesOf.get(kind) ?? new Set()).add(member.candidate.exchange));
    }
    return exchangesOf.values().some(({ size }) => size > 1);
  }

  /** Whether two kinds of class are stated of it. */
  get mixesKinds(): boolean {
    return this.#kinds.size - (this.#kinds.has(null) ? 1 : 0) > 1;
  }

  /**
   * The middle of the prices per unit, null when no member has one. Each exchange has one voice, or the one that lists
   * most would move it.
   */
  get center(): number | null {
    if (this.#center === undefined) {
      const voices = this.#pricesOf.values().map((prices) => medianOfSorted(prices));
      this.#center = median(voices.filter((voice) => voice !== null).toArray());
    }
    return this.#center;
  }
}

/** The kind of class that its exchange states, null where it states none. */
export function kindOf({ candidate: { base, assetClass } }: Member): string | null {
  return statedKind(base, assetClass);
}

/** A listing with its price per unit by `provenMultiplier`, or by its ticker's where that is null. */
export function memberOf(candidate: Candidate, { provenMultiplier }: Decision): Member {
  const { price, multiplier } = candidate;
  const unitPrice = price === null ? null : price / (provenMultiplier ?? multiplier);
  return { candidate, unitPrice, provenMultiplier };
}

/** Puts a listing into the asset that its price fits, by its ticker's multiplier or, failing that, without it. */
export function join({ candidate }: Member, clusters: readonly Cluster[]): boolean {
  if (candidate.price === null) return false;
  const unitPrice = candidate.price / candidate.multiplier;
  const home = homeOf(unitPrice, clusters);
  if (home !== null) {
    home.add({ candidate, unitPrice, provenMultiplier: null });
    return true;
  }
  const other = candidate.multiplier === 1 ? null : homeOf(candidate.price, clusters);
  other?.add({ candidate, unitPrice: candidate.price, provenMultiplier: 1 });
  return other !== null;
}

/** The asset on most exchanges among those that a price per unit fits, the first of several. */
function homeOf(unitPrice: number, clusters: readonly Cluster[]): Cluster | null {
  let home: Cluster | null = null;
  for (const cluster of clusters) {
    if (fits(unitPrice, cluster) && cluster.exchanges > (home?.exchanges ?? 0)) home = cluster;
  }
  return home;
}

/**
 * Whether a price per unit is that of a cluster. Classes are not asked: where ticker and price agree, a class that
 * differs is a mistake of the fewer. A coin and a share of one ticker whose prices meet by chance are taken for one
 * for as long as they do.
 */
export function fits(unitPrice: number, { center }: Cluster): boolean {
  return center !== null && apart(unitPrice, center) <= JOIN_WITHIN;
}

/** How far a price is from another, as a share of that. */
export function apart(price: number, center: number): number {
  return Math.abs(price / center - 1);
}
