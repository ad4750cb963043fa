import { commonName, nameOfAsset } from "./asset-names.ts";
import {
  apart,
  type Candidate,
  Cluster,
  type Decision,
  type Identity,
  join,
  JOIN_WITHIN,
  familyOf,
  type Member,
  memberOf,
} from "./asset-cluster.ts";
import { otherAssets, classOfAsset, type NamedAsset } from "./disputed-classes.ts";
import { densestFirst } from "./price-groups.ts";
import { compareSize, Standing } from "./standing.ts";
import { ASSET_MARK } from "./symbol.ts";

/**
 * A ticker is not an asset: listings are one asset only if their prices per unit agree. Given the listings of all
 * tickers with one common name, this decides which belong together, based on the previous decisions.
 */

/** An older price is not compared with others. */
export const PRICE_FRESH_MS = 120_000;

/** A member whose price deviates from its asset's by more than this … */
export const LEAVE_BEYOND = 0.1;
/** … in this many consecutive cycles of its exchange leaves the asset. */
export const LEAVE_AFTER_CYCLES = 10;

/** An asset without a price reserves its name for this long after it was last seen. */
export const NAME_HELD_MS = 3_600_000;

/** The decision on a listing without any price yet. */
export const UNDECIDED: Decision = {
  assetId: null,
  identity: "probable",
  provenMultiplier: null,
  settledClass: null,
};

/** For how many consecutive observations a listing has looked as if it belonged to another asset. */
export interface Misfit {
  readonly cycles: number;
  readonly observedAtMs: number;
}

/** Misfits by instrument id, kept by the caller between decisions. */
export type Misfits = Map<number, Misfit>;

/**
 * Decides for all listings of the tickers with one common name at `nowMs`; updates `misfits`. The order of the listings
 * does not matter.
 */
export function identify(
  listings: readonly Candidate[],
  misfits: Misfits,
  nowMs: number,
): ReadonlyMap<number, Decision> {
  const candidates = listings.toSorted((left, right) => left.instrumentId - right.instrumentId);
  const clusters = heldClusters(candidates, misfits);
  const placed = new Set(
    clusters.flatMap(({ members }) => members.map(({ candidate }) => candidate)),
  );
  const unassigned = candidates.flatMap((candidate) =>
    placed.has(candidate) || candidate.price === null
      ? []
      : [memberOf(candidate, { ...candidate.held, provenMultiplier: null })],
  );
  // An asset with their ticker whose price is currently unknown may be theirs: they wait until it has one.
  const unpriced = clusters.filter(({ center }) => center === null);
  const heldNames = new Set(
    unpriced.flatMap((cluster) =>
      isRecent(cluster, nowMs) ? cluster.members.map(({ candidate }) => candidate.base) : [],
    ),
  );
  const newcomers = unassigned.filter(
    (member) => !join(member, clusters) && !heldNames.has(member.candidate.base),
  );
  for (const group of densestFirst(newcomers)) clusters.push(new Cluster(null, group));
  name(clusters);
  return decisions(candidates, clusters);
}

/** The previously decided clusters, without persistent misfits. */
function heldClusters(candidates: readonly Candidate[], misfits: Misfits): Cluster[] {
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
      const isMisfit = belongsElsewhere(member, cluster, measureOf(member), standing);
      if (persists(member.candidate, isMisfit, misfits)) leaving.add(member);
    }
  }
  return clusters.flatMap(({ assetId, members }) => {
    const staying = members.filter((member) => !leaving.has(member));
    return staying.length === 0 ? [] : [new Cluster(assetId, staying)];
  });
}

/**
 * Whether a member's price is far from `measure`, or fits an asset that ranks before its own: with its ticker's
 * multiplier or, if several exchanges agree, without it.
 */
function belongsElsewhere(
  member: Member,
  own: Cluster,
  measure: number | null,
  standing: Standing,
): boolean {
  const { candidate, unitPrice } = member;
  if (candidate.price === null || unitPrice === null) return false;
  // A coin and a stock whose prices met by chance separate at the threshold at which they joined; others get more room.
  const within = own.mixesFamilies && familyOf(member) !== null ? JOIN_WITHIN : LEAVE_BEYOND;
  if (measure !== null && apart(unitPrice, measure) > within) return true;
  const { multiplier, price } = candidate;
  if (standing.isFitBefore(own, unitPrice)) return true;
  return multiplier !== 1 && standing.isFitBefore(own, price, ({ exchanges }) => exchanges > 1);
}

/** The price to compare each member with: of two members the other one's, otherwise the median of all. */
function measures({ members, center }: Cluster): (member: Member) => number | null {
  const priced = members.filter(({ unitPrice }) => unitPrice !== null);
  if (priced.length !== 2) return () => center;
  return (member) => priced.find((other) => other !== member)?.unitPrice ?? null;
}

/** Counts a misfit once per observation; true if it has persisted long enough to act on it. */
function persists(
  { instrumentId, observedAtMs }: Candidate,
  isMisfit: boolean,
  misfits: Misfits,
): boolean {
  if (!isMisfit) {
    misfits.delete(instrumentId);
    return false;
  }
  const before = misfits.get(instrumentId);
  const isNew = before?.observedAtMs !== observedAtMs;
  const cycles = (before?.cycles ?? 0) + (isNew ? 1 : 0);
  misfits.set(instrumentId, { cycles, observedAtMs });
  if (cycles < LEAVE_AFTER_CYCLES) return false;
  misfits.delete(instrumentId);
  return true;
}

/**
 * Gives every asset its name. Of assets with the same name the largest (by exchanges, listings, then open interest) has
 * it without a number, the others get one. A name is kept until another asset is larger.
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
  const assign = (cluster: Cluster, assetId: string): void => {
    cluster.assetId = assetId;
    owners.set(assetId, cluster);
  };
  for (const { cluster, plain } of ranked) if (!owners.has(plain)) assign(cluster, plain);
  const others = ranked.filter(({ cluster, plain }) => owners.get(plain) !== cluster);
  const isKept = ({ held, plain }: (typeof ranked)[number]): boolean =>
    held?.startsWith(`${plain}${ASSET_MARK}`) ?? false;
  for (const other of others)
    if (other.held !== null && isKept(other)) assign(other.cluster, other.held);
  const last = new Map<string, number>();
  for (const { cluster, plain } of others.filter((other) => !isKept(other))) {
    let number = (last.get(plain) ?? 1) + 1;
    while (owners.has(`${plain}${ASSET_MARK}${number}`)) number += 1;
    last.set(plain, number);
    assign(cluster, `${plain}${ASSET_MARK}${number}`);
  }
}

/** The listings' ticker, or the common name if prices have shown that several tickers are this asset. */
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
  const others = otherAssets(assets);
  for (const { cluster, ...asset } of assets) {
    const { assetId, members, isConfirmed } = cluster;
    // Only a second exchange confirms. An unconfirmed asset conflicts with another of its ticker that is not smaller.
    const unconfirmed: Identity = isContested(cluster) ? "conflict" : "probable";
    const identity = isConfirmed ? "confirmed" : unconfirmed;
    const settledClass = isConfirmed ? classOfAsset(asset.name, asset.statements, others) : null;
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

/** Tests whether another asset on at least as many exchanges has a listing with one of the asset's tickers. */
function contests(clusters: readonly Cluster[]): (cluster: Cluster) => boolean {
  // The two assets on the most exchanges for each ticker: at least one of them is not the tested one.
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
