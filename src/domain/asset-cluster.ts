import { statedFamily } from "./disputed-classes.ts";
import { median, medianOfSorted } from "./median.ts";
import type { AssetClass } from "./quote.ts";
import { firstWhere } from "./sorted-search.ts";

/** `confirmed`: other exchanges agree; `probable`: nothing to compare with; `conflict`: another asset has its ticker. */
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
  /** Whether its exchange uses this class for everything without another mark. */
  readonly isClassByExclusion?: boolean;
  /** Units of base in one priced unit, by the ticker. */
  readonly multiplier: number;
  /** Of one priced unit: index, else mark, else last trade; null if none is recent enough. */
  readonly price: number | null;
  readonly openInterestUsd: number | null;
  readonly observedAtMs: number;
  /** The previous decision. */
  readonly held: Decision;
}

/** The decision on one listing; it is stored. */
export interface Decision {
  /** `LIT`, or `LIT~2` for another asset with that name; null before the first price. */
  readonly assetId: string | null;
  readonly identity: Identity;
  /** The multiplier that prices prove if they contradict the ticker's; null otherwise. */
  readonly provenMultiplier: number | null;
  /** The class of its asset; null (its own exchange's class applies) if unconfirmed or if no exchange states one. */
  readonly settledClass: AssetClass | null;
}

/** A listing and its price per unit of base, by the accepted multiplier. */
export interface Member {
  readonly candidate: Candidate;
  /** Of one unit of base. */
  readonly unitPrice: number | null;
  readonly provenMultiplier: number | null;
}

/** Listings that are considered one asset. */
export class Cluster {
  assetId: string | null;
  readonly members: Member[] = [];
  /** Prices per unit by exchange, ascending. */
  readonly #pricesOf = new Map<string, number[]>();
  readonly #families = new Set<string | null>();
  #center: number | null | undefined;

  constructor(assetId: string | null, members: readonly Member[]) {
    this.assetId = assetId;
    for (const member of members) this.add(member);
  }

  add(member: Member): void {
    const { candidate, unitPrice } = member;
    this.members.push(member);
    this.#families.add(familyOf(member));
    this.#center = undefined;
    const prices = this.#pricesOf.get(candidate.exchange) ?? [];
    this.#pricesOf.set(candidate.exchange, prices);
    if (unitPrice === null) return;
    const place = firstWhere(0, prices.length, (index) => (prices[index] ?? 0) > unitPrice);
    prices.splice(place, 0, unitPrice);
  }

  /** The number of exchanges that list it. */
  get exchanges(): number {
    return this.#pricesOf.size;
  }

  /** Whether two exchanges agree: on the price (implied by membership) and on the class, if both state one. */
  get isConfirmed(): boolean {
    if (this.#families.has(null) || this.#families.size === 1) return this.exchanges > 1;
    const exchangesOf = new Map<string | null, Set<string>>();
    for (const member of this.members) {
      // A class by exclusion contradicts no other class.
      if (member.candidate.isClassByExclusion === true) return this.exchanges > 1;
      const family = familyOf(member);
      exchangesOf.set(
        family,
        (exchangesOf.get(family) ?? new Set()).add(member.candidate.exchange),
      );
    }
    return exchangesOf.values().some(({ size }) => size > 1);
  }

  /** Whether its listings are stated to be of different class families. */
  get mixesFamilies(): boolean {
    return this.#families.size - (this.#families.has(null) ? 1 : 0) > 1;
  }

  /**
   * The median price per unit, null if no member has one. Each exchange counts once, otherwise the one with the most
   * listings would dominate.
   */
  get center(): number | null {
    if (this.#center === undefined) {
      const votes = this.#pricesOf.values().map((prices) => medianOfSorted(prices));
      this.#center = median(votes.filter((vote) => vote !== null).toArray());
    }
    return this.#center;
  }
}

/** The family of the class that its exchange states, null if it states none. */
export function familyOf({ candidate: { base, assetClass } }: Member): string | null {
  return statedFamily(base, assetClass);
}

/** A listing with its price per unit by `provenMultiplier`, or by its ticker's multiplier if that is null. */
export function memberOf(candidate: Candidate, { provenMultiplier }: Decision): Member {
  const { price, multiplier } = candidate;
  const unitPrice = price === null ? null : price / (provenMultiplier ?? multiplier);
  return { candidate, unitPrice, provenMultiplier };
}

/** Adds a listing to the asset that its price fits, by its ticker's multiplier or, failing that, without it. */
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

/** Of the assets that a price per unit fits, the one on the most exchanges; the first of several. */
function homeOf(unitPrice: number, clusters: readonly Cluster[]): Cluster | null {
  let home: Cluster | null = null;
  for (const cluster of clusters) {
    if (fits(unitPrice, cluster) && cluster.exchanges > (home?.exchanges ?? 0)) home = cluster;
  }
  return home;
}

/**
 * Whether a price per unit fits a cluster. Classes are ignored: if ticker and price agree, a different class is the
 * minority's mistake. A coin and a stock with the same ticker and by chance the same price count as one asset for as
 * long as that lasts.
 */
export function fits(unitPrice: number, { center }: Cluster): boolean {
  return center !== null && apart(unitPrice, center) <= JOIN_WITHIN;
}

/** The relative distance of a price from another. */
export function apart(price: number, center: number): number {
  return Math.abs(price / center - 1);
}
