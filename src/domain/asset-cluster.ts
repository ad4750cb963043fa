import { median } from "./median.ts";
import type { AssetClass } from "./quote.ts";

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
  readonly assetClass: AssetClass | null;
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
  readonly members: Member[];
  #center: number | null | undefined;

  constructor(assetId: string | null, members: Member[]) {
    this.assetId = assetId;
    this.members = members;
  }

  add(member: Member): void {
    this.members.push(member);
    this.#center = undefined;
  }

  /** On how many exchanges it is listed. */
  get exchanges(): number {
    return new Set(this.members.map(({ candidate }) => candidate.exchange)).size;
  }

  /** Whether two exchanges agree about it: in price, or they would not be here, and in its class where both state one. */
  get isConfirmed(): boolean {
    const exchangesOf = new Map<string | null, Set<string>>();
    for (const member of this.members) {
      const kind = kindOf(member);
      exchangesOf.set(kind, (exchangesOf.get(kind) ?? new Set()).add(member.candidate.exchange));
    }
    if (exchangesOf.has(null)) return this.exchanges > 1;
    return exchangesOf.values().some(({ size }) => size > 1);
  }

  /** Whether two kinds of class are stated of it. */
  get mixesKinds(): boolean {
    const kinds = new Set(this.members.map(kindOf));
    kinds.delete(null);
    return kinds.size > 1;
  }

  /**
   * The middle of the prices per unit, null when no member has one. Each exchange has one voice, or the one that lists
   * most would move it.
   */
  get center(): number | null {
    if (this.#center === undefined) {
      const priced = this.members.filter(({ unitPrice }) => unitPrice !== null);
      const voices = Map.groupBy(priced, ({ candidate }) => candidate.exchange).values();
      this.#center = median(voices.map((members) => middleOf(members) ?? Number.NaN).toArray());
    }
    return this.#center;
  }
}

function middleOf(members: readonly Member[]): number | null {
  return median(members.flatMap(({ unitPrice }) => (unitPrice === null ? [] : [unitPrice])));
}

/** The kind of class that its exchange states, null where it states none. */
export function kindOf({ candidate: { assetClass } }: Member): string | null {
  return assetClass === null ? null : KIND_OF_CLASS[assetClass];
}

/** A listing with its price per unit by `provenMultiplier`, or by its ticker's where that is null. */
export function memberOf(candidate: Candidate, { provenMultiplier }: Decision): Member {
  const { price, multiplier } = candidate;
  const unitPrice = price === null ? null : price / (provenMultiplier ?? multiplier);
  return { candidate, unitPrice, provenMultiplier };
}

/** Puts a listing into the asset that its price fits, by its ticker's multiplier or, failing that, without it. */
export function join(member: Member, clusters: readonly Cluster[]): boolean {
  const { candidate } = member;
  for (const proven of candidate.multiplier === 1 ? [null] : [null, 1]) {
    const joined = memberOf(candidate, { ...candidate.held, provenMultiplier: proven });
    const { unitPrice } = joined;
    if (unitPrice === null) continue;
    const home = clusters
      .filter((cluster) => fits(unitPrice, cluster))
      .toSorted((left, right) => right.exchanges - left.exchanges)[0];
    if (home === undefined) continue;
    home.add(joined);
    return true;
  }
  return false;
}

/**
 * Listings that agree with nobody yet, as groups that agree among themselves, those on most exchanges first. Each
 * member is near the middle of its group. Of two groups alike the one with the first listing is made first.
 */
export function densestFirst(newcomers: readonly Member[]): Member[][] {
  const groups: Member[][] = [];
  let left = [...newcomers];
  while (left.length > 0) {
    let best = new Cluster(null, []);
    for (const middle of left) {
      const group = groupAround(middle, left);
      if (isLarger(group, best)) best = group;
      if (best.members.length === left.length) break;
    }
    groups.push(best.members);
    const taken = new Set(best.members);
    const cluster = new Cluster(null, best.members);
    // A multiplier that price contradicts may be the only thing between a listing and this group.
    left = left.filter((member) => {
      const mayContradict = taken.size > 1 && member.candidate.multiplier !== 1;
      return !taken.has(member) && !(mayContradict && join(member, [cluster]));
    });
  }
  return groups;
}

function isLarger(left: Cluster, right: Cluster): boolean {
  const more = left.exchanges - right.exchanges || left.members.length - right.members.length;
  return more > 0;
}

/** Those whose price is near `middle`'s, without those that are far from the middle of the rest. Never empty. */
function groupAround(middle: Member, left: readonly Member[]): Cluster {
  // A price per unit that is too small for a number is near nothing, not even itself.
  if (!isNear(middle, middle.unitPrice)) return new Cluster(null, [middle]);
  let group = new Cluster(
    null,
    left.filter((member) => isNear(member, middle.unitPrice)),
  );
  for (;;) {
    const near = group.members.filter((member) => isNear(member, group.center));
    // Each round takes one away at least; what is left is near `middle`, hence some of it near its own center.
    if (near.length === group.members.length) return group;
    // But for the last digit of a quotient at the very border: a loop without an end would be worse than a group of one.
    if (near.length === 0) return new Cluster(null, [middle]);
    group = new Cluster(null, near);
  }
}

function isNear({ unitPrice }: Member, center: number | null): boolean {
  return unitPrice !== null && center !== null && apart(unitPrice, center) <= JOIN_WITHIN;
}

/**
 * Whether a price per unit is that of a cluster. Classes are not asked: where ticker and price agree, a class that
 * differs is a mistake of the fewer. A coin and a share of one ticker whose prices meet by chance are taken for one
 * for as long as they do.
 */
export function fits(unitPrice: number, { center }: Cluster): boolean {
  return center !== null && apart(unitPrice, center) <= JOIN_WITHIN;
}

/** Classes that exchanges use for the same thing: gold is a metal here and a commodity there. */
const KIND_OF_CLASS: Readonly<Record<AssetClass, string>> = {
  crypto: "crypto",
  stock: "equity",
  etf: "equity",
  index: "equity",
  metal: "commodity",
  commodity: "commodity",
  forex: "forex",
};

/** How far a price is from another, as a share of that. */
export function apart(price: number, center: number): number {
  return Math.abs(price / center - 1);
}
