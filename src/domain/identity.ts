import { commonName, nameOfAsset } from "./asset-names.ts";
import {
  apart,
  type Candidate,
  Cluster,
  type Decision,
  type Identity,
  join,
  JOIN_WITHIN,
  kindOf,
  type Member,
  memberOf,
} from "./asset-cluster.ts";
import { assetsBeside, classOfAsset, type NamedAsset } from "./disputed-classes.ts";
import { densestFirst } from "./price-groups.ts";
import { compareSize, Standing } from "./standing.ts";
import { ASSET_MARK } from "./symbol.ts";

/**
 * A ticker is not an asset: listings are one asset only when their price per one unit agrees. This decides, for the
 * listings of all tickers with one common name, which belong together, and remembers who belonged where.
 */

/** A member whose price is further than this from its asset's … */
export const LEAVE_BEYOND = 0.1;
/** … in this many cycles of its exchange in a row leaves it. */
export const LEAVE_AFTER_CYCLES = 10;

/** An asset without a price holds its name against newcomers for this long after it was last seen. */
const NAME_HELD_MS = 3_600_000;

/** What no price has spoken for yet. */
export const UNDECIDED: Decision = {
  assetId: null,
  identity: "probable",
  provenMultiplier: null,
  settledClass: null,
};

/** How often in a row, by observations, a listing has looked as if it belonged elsewhere. */
export interface Doubt {
  readonly cycles: number;
  readonly observedAtMs: number;
}

/** Doubts by instrument id, kept by the caller from one decision to the next. */
export type Doubts = Map<number, Doubt>;

/**
 * Decides for all listings of the tickers with one common name at `nowMs`; `doubts` is brought up to date. The order of
 * the listings does not matter.
 */
export function identify(
  listings: readonly Candidate[],
  doubts: Doubts,
  nowMs: number,
): ReadonlyMap<number, Decision> {
  const candidates = listings.toSorted((left, right) => left.instrumentId - right.instrumentId);
  const clusters = heldClusters(candidates, doubts);
  const placed = new Set(
    clusters.flatMap(({ members }) => members.map(({ candidate }) => candidate)),
  );
  const homeless = candidates.flatMap((candidate) =>
    placed.has(candidate) || candidate.price === null
      ? []
      : [memberOf(candidate, { ...candidate.held, provenMultiplier: null })],
  );
  // An asset of their ticker whose price is not known just now may be theirs: they wait until it speaks again.
  const silent = clusters.filter(({ center }) => center === null);
  const heldNames = new Set(
    silent.flatMap((cluster) =>
      isRecent(cluster, nowMs) ? cluster.members.map(({ candidate }) => candidate.base) : [],
    ),
  );
  const newcomers = homeless.filter(
    (member) => !join(member, clusters) && !heldNames.has(member.candidate.base),
  );
  for (const group of densestFirst(newcomers)) clusters.push(new Cluster(null, group));
  name(clusters);
  return decisions(candidates, clusters);
}

/** The clusters that were decided before, without the members whose doubts have lasted. */
function heldClusters(candidates: readonly Candidate[], doubts: Doubts): Cluster[] {
  const byId = new Map<string, Cluster>();
  for (const candidate of candidates) {
    const { assetId } = candidate.held;
    if (assetId === null) continue;
    const cluster = byId.get(assetId) ?? new Cluster(assetId, []);
    cluster.add(memberOf(candidate, candidate.held));
    byId.set(assetId, cluster);
  }
  const clusters = [...byId.values()];
  const standing = new Standing(clusters);
  const leaving = new Set<Member>();
  for (const cluster of clusters) {
    const measureOf = measures(cluster);
    for (const member of cluster.members) {
      const inDoubt = belongsElsewhere(member, cluster, measureOf(member), standing);
      if (lasts(member.candidate, inDoubt, doubts)) leaving.add(member);
    }
  }
  return clusters.flatMap(({ assetId, members }) => {
    const staying = members.filter((member) => !leaving.has(member));
    return staying.length === 0 ? [] : [new Cluster(assetId, staying)];
  });
}

/**
 * Its price is far from `measure`, or cannot be told from that of an asset that stands before its own: with its
 * ticker's multiplier or, where several others agree, without it.
 */
function belongsElsewhere(
  member: Member,
  own: Cluster,
  measure: number | null,
  standing: Standing,
): boolean {
  const { candidate, unitPrice } = member;
  if (candidate.price === null || unitPrice === null) return false;
  // A coin and a share whose prices met by chance part again as they met; one thing stays near its price.
  const within = own.mixesKinds && kindOf(member) !== null ? JOIN_WITHIN : LEAVE_BEYOND;
  if (measure !== null && apart(unitPrice, measure) > within) return true;
  const { multiplier, price } = candidate;
  if (standing.isFitBefore(own, unitPrice)) return true;
  return multiplier !== 1 && standing.isFitBefore(own, price, ({ exchanges }) => exchanges > 1);
}

/** What each member's price is held against: of two each is the other's measure, else the middle of all. */
function measures({ members, center }: Cluster): (member: Member) => number | null {
  const priced = members.filter(({ unitPrice }) => unitPrice !== null);
  if (priced.length !== 2) return () => center;
  return (member) => priced.find((other) => other !== member)?.unitPrice ?? null;
}

/** Counts a doubt once per observation; true when it has lasted long enough to act on it. */
function lasts(
  { instrumentId, observedAtMs }: Candidate,
  inDoubt: boolean,
  doubts: Doubts,
): boolean {
  if (!inDoubt) {
    doubts.delete(instrumentId);
    return false;
  }
  const before = doubts.get(instrumentId);
  const isNew = before?.observedAtMs !== observedAtMs;
  const cycles = (before?.cycles ?? 0) + (isNew ? 1 : 0);
  doubts.set(instrumentId, { cycles, observedAtMs });
  if (cycles < LEAVE_AFTER_CYCLES) return false;
  doubts.delete(instrumentId);
  return true;
}

/**
 * Gives every asset its name. Of those that would bear the same one the largest (by exchanges, by listings, then by open
 * interest) has it plain, the others with a number. A name stays where it is until another asset is larger.
 */
function name(clusters: readonly Cluster[]): void {
  const ranked = clusters
    .map((cluster) => ({
      cluster,
      plain: plainNameOf(cluster),
      held: cluster.assetId,
      openInterest: openInterestOf(cluster),
      firstId: firstIdOf(cluster),
    }))
    .toSorted(
      (left, right) =>
        compareSize(left.cluster, right.cluster) ||
        Number(right.held === right.plain) - Number(left.held === left.plain) ||
        right.openInterest - left.openInterest ||
        left.firstId - right.firstId,
    );
  const owners = new Map<string, Cluster>();
  const give = (cluster: Cluster, assetId: string): void => {
    cluster.assetId = assetId;
    owners.set(assetId, cluster);
  };
  for (const { cluster, plain } of ranked) if (!owners.has(plain)) give(cluster, plain);
  const others = ranked.filter(({ cluster, plain }) => owners.get(plain) !== cluster);
  const isKept = ({ held, plain }: (typeof ranked)[number]): boolean =>
    held?.startsWith(`${plain}${ASSET_MARK}`) ?? false;
  for (const other of others)
    if (other.held !== null && isKept(other)) give(other.cluster, other.held);
  const last = new Map<string, number>();
  for (const { cluster, plain } of others.filter((other) => !isKept(other))) {
    let number = (last.get(plain) ?? 1) + 1;
    while (owners.has(`${plain}${ASSET_MARK}${number}`)) number += 1;
    last.set(plain, number);
    give(cluster, `${plain}${ASSET_MARK}${number}`);
  }
}

/** Its listings' ticker; the common name where prices have shown that several tickers mean it. */
function plainNameOf(cluster: Cluster): string {
  const tickers = tickersOf(cluster);
  const [ticker = ""] = tickers;
  return tickers.size > 1 ? commonName(ticker) : ticker;
}

function decisions(
  candidates: readonly Candidate[],
  clusters: readonly Cluster[],
): ReadonlyMap<number, Decision> {
  const decided = new Map<number, Decision>();
  const isContested = contests(clusters);
  const assets = clusters.map((cluster) => ({ cluster, ...namedAssetOf(cluster) }));
  const beside = assetsBeside(assets);
  for (const { cluster, ...asset } of assets) {
    const { assetId, members, isConfirmed } = cluster;
    // Only a second exchange confirms. What is alone beside another asset of its ticker, not a smaller one, is in conflict.
    const doubted: Identity = isContested(cluster) ? "conflict" : "probable";
    const identity = isConfirmed ? "confirmed" : doubted;
    const settledClass = isConfirmed ? classOfAsset(asset.name, asset.statements, beside) : null;
    for (const { candidate, provenMultiplier } of members)
      decided.set(candidate.instrumentId, { assetId, identity, provenMultiplier, settledClass });
  }
  for (const { instrumentId } of candidates)
    if (!decided.has(instrumentId)) decided.set(instrumentId, UNDECIDED);
  return decided;
}

function namedAssetOf({ assetId, members }: Cluster): NamedAsset {
  return {
    name: nameOfAsset(assetId ?? ""),
    statements: members.map(({ candidate }) => candidate),
  };
}

/** Tells of an asset whether another one, on as many exchanges or more, has a listing with one of its tickers. */
function contests(clusters: readonly Cluster[]): (cluster: Cluster) => boolean {
  // Of each ticker the two assets on most exchanges: one of them is another one than that which is asked about.
  const largest = new Map<string, readonly Cluster[]>();
  for (const cluster of clusters) {
    for (const ticker of tickersOf(cluster)) {
      const two = [...(largest.get(ticker) ?? []), cluster]
        .toSorted((left, right) => right.exchanges - left.exchanges)
        .slice(0, 2);
      largest.set(ticker, two);
    }
  }
  return (cluster) =>
    tickersOf(cluster)
      .values()
      .some((ticker) =>
        (largest.get(ticker) ?? []).some(
          (other) => other !== cluster && other.exchanges >= cluster.exchanges,
        ),
      );
}

function tickersOf({ members }: Cluster): ReadonlySet<string> {
  return new Set(members.map(({ candidate }) => candidate.base));
}

function isRecent({ members }: Cluster, nowMs: number): boolean {
  return members.some(({ candidate }) => nowMs - candidate.observedAtMs < NAME_HELD_MS);
}

function openInterestOf({ members }: Cluster): number {
  return members.reduce((sum, { candidate }) => sum + (candidate.openInterestUsd ?? 0), 0);
}

function firstIdOf({ members }: Cluster): number {
  return members.reduce(
    (first, { candidate }) => Math.min(first, candidate.instrumentId),
    Number.POSITIVE_INFINITY,
  );
}
