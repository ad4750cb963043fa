import { median } from "./median.ts";
import type { AssetClass } from "./quote.ts";

/** `confirmed`: others agree; `probable`: nobody to compare with; `conflict`: another asset under the same ticker. */
export const IDENTITIES = ["confirmed", "probable", "conflict"] as const;
export type Identity = (typeof IDENTITIES)[number];

/** Prices per unit this close are of one asset. */
const JOIN_WITHIN = 0.03;
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
  /** `LIT`, or `LIT~2` for another asset under that ticker; null while no price was seen. */
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

  /** The middle of the prices per unit, null when no member has one. */
  get center(): number | null {
    this.#center ??= median(
      this.members.flatMap(({ unitPrice }) => (unitPrice === null ? [] : [unitPrice])),
    );
    return this.#center;
  }
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
      .filter((cluster) => fits(candidate, unitPrice, cluster))
      .toSorted((left, right) => right.exchanges - left.exchanges)[0];
    if (home === undefined) continue;
    home.add(joined);
    return true;
  }
  return false;
}

/** Listings that agree with nobody yet, as groups that agree among themselves, the largest first. */
export function densestFirst(strangers: readonly Member[]): Member[][] {
  const groups: Member[][] = [];
  let left = [...strangers];
  while (left.length > 0) {
    let best: Member[] = [];
    for (const middle of left) {
      for (const group of groupsAround(middle, left)) if (group.length > best.length) best = group;
    }
    groups.push(best);
    const taken = new Set(best);
    const cluster = new Cluster(null, best);
    // A multiplier that price contradicts may be the only thing between a listing and this group.
    left = left.filter(
      (member) => !taken.has(member) && !(taken.size > 1 && join(member, [cluster])),
    );
  }
  return groups;
}

/** Those whose price is near `middle`'s: one group for each kind of class among them, the unknown ones in each. */
function groupsAround(middle: Member, left: readonly Member[]): Member[][] {
  const near = left.filter(
    ({ unitPrice }) =>
      unitPrice !== null &&
      middle.unitPrice !== null &&
      apart(unitPrice, middle.unitPrice) <= JOIN_WITHIN,
  );
  const kinds = new Set(near.map(kinOf));
  if (kinds.size <= 1) return [near];
  kinds.delete(null);
  return [...kinds].map((kind) =>
    near.filter((member) => kinOf(member) === kind || kinOf(member) === null),
  );
}

/** Whether a price per unit and a class are those of a cluster. */
export function fits({ assetClass }: Candidate, unitPrice: number, cluster: Cluster): boolean {
  const center = cluster.center;
  if (center === null || apart(unitPrice, center) > JOIN_WITHIN) return false;
  return cluster.members.every(({ candidate }) => areCompatible(assetClass, candidate.assetClass));
}

/** Classes that exchanges use for the same thing: gold is a metal here and a commodity there. */
const KIN: Readonly<Record<AssetClass, string>> = {
  crypto: "crypto",
  stock: "equity",
  etf: "equity",
  index: "equity",
  metal: "commodity",
  commodity: "commodity",
  forex: "forex",
};

function kinOf({ candidate }: Member): string | null {
  return candidate.assetClass === null ? null : KIN[candidate.assetClass];
}

/** A class that nobody told joins whichever agrees in price. */
function areCompatible(left: AssetClass | null, right: AssetClass | null): boolean {
  return left === null || right === null || KIN[left] === KIN[right];
}

/** How far a price is from another, as a share of that. */
export function apart(price: number, center: number): number {
  return Math.abs(price / center - 1);
}
