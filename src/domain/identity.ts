import { commonName } from "./asset-names.ts";
import {
  apart,
  type Candidate,
  Cluster,
  type Decision,
  densestFirst,
  fits,
  type Identity,
  join,
  JOIN_WITHIN,
  kindOf,
  type Member,
  memberOf,
} from "./asset-cluster.ts";

/**
 * A ticker is not an asset: listings are one asset only when their price per one unit agrees. This decides, for the
 * listings of all tickers with one common name, which belong together, and remembers who belonged where.
 */

/** A member whose price is further than this from its asset's … */
const LEAVE_BEYOND = 0.1;
/** … in this many cycles of its exchange in a row leaves it. */
export const LEAVE_AFTER_CYCLES = 10;

/** An asset without a price holds its name against newcomers for this long after it was last seen. */
const NAME_HELD_MS = 3_600_000;

/** What no price has spoken for yet. */
export const UNDECIDED: Decision = { assetId: null, identity: "probable", provenMultiplier: null };

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
  const homeless = candidates.flatMap((candidate) =>
    isPlaced(candidate, clusters) || candidate.price === null
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
  const leaving = new Set<Member>();
  for (const cluster of clusters) {
    for (const member of cluster.members) {
      if (lasts(member.candidate, belongsElsewhere(member, cluster, clusters), doubts))
        leaving.add(member);
    }
  }
  return clusters.flatMap(({ assetId, members }) => {
    const staying = members.filter((member) => !leaving.has(member));
    return staying.length === 0 ? [] : [new Cluster(assetId, staying)];
  });
}

/**
 * Its price is far from its asset's, or cannot be told from that of an asset that stands before its own: with its
 * ticker's multiplier or, where several others agree, without it.
 */
function belongsElsewhere(member: Member, own: Cluster, clusters: readonly Cluster[]): boolean {
  const { candidate, unitPrice } = member;
  const center = middleBeside(member, own);
  if (candidate.price === null || unitPrice === null) return false;
  // A coin and a share whose prices met by chance part again as they met; one thing stays near its price.
  const within = own.mixesKinds && kindOf(member) !== null ? JOIN_WITHIN : LEAVE_BEYOND;
  if (center !== null && apart(unitPrice, center) > within) return true;
  const { multiplier, price } = candidate;
  return clusters.some((other) => {
    if (other === own || !standsBefore(other, own)) return false;
    if (fits(unitPrice, other)) return true;
    return multiplier !== 1 && other.exchanges > 1 && fits(price, other);
  });
}

/** What a member's price is held against: of two each is the other's measure, else the middle of all. */
function middleBeside(member: Member, { members, center }: Cluster): number | null {
  const priced = members.filter(({ unitPrice }) => unitPrice !== null);
  if (priced.length !== 2) return center;
  return priced.find((other) => other !== member)?.unitPrice ?? null;
}

/** A total order of assets: by exchanges, by listings, then by name, so that two equal ones can become one. */
function standsBefore(left: Cluster, right: Cluster): boolean {
  return (
    compareSize(left, right) < 0 || (compareSize(left, right) === 0 && nameOf(left) < nameOf(right))
  );
}

function nameOf({ assetId }: Cluster): string {
  return assetId ?? "";
}

/** Larger first. One exchange agrees with itself, whatever it lists: exchanges count before listings. */
function compareSize(left: Cluster, right: Cluster): number {
  return right.exchanges - left.exchanges || right.members.length - left.members.length;
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
    .map((cluster) => ({ cluster, plain: plainNameOf(cluster), held: cluster.assetId }))
    .toSorted(
      (left, right) =>
        compareSize(left.cluster, right.cluster) ||
        Number(right.held === right.plain) - Number(left.held === left.plain) ||
        openInterestOf(right.cluster) - openInterestOf(left.cluster) ||
        firstIdOf(left.cluster) - firstIdOf(right.cluster),
    );
  const owners = new Map<string, Cluster>();
  const give = (cluster: Cluster, assetId: string): void => {
    cluster.assetId = assetId;
    owners.set(assetId, cluster);
  };
  for (const { cluster, plain } of ranked) if (!owners.has(plain)) give(cluster, plain);
  const others = ranked.filter(({ cluster, plain }) => owners.get(plain) !== cluster);
  const kept = others.filter(({ held, plain }) => held?.startsWith(`${plain}~`) ?? false);
  for (const { cluster, held } of kept) if (held !== null) give(cluster, held);
  for (const { cluster, plain } of others.filter((other) => !kept.includes(other))) {
    let number = 2;
    while (owners.has(`${plain}~${number}`)) number += 1;
    give(cluster, `${plain}~${number}`);
  }
}

/** Its listings' ticker; the common name where prices have shown that several tickers mean it. */
function plainNameOf({ members }: Cluster): string {
  const tickers = new Set(members.map(({ candidate }) => candidate.base));
  const [ticker = ""] = tickers;
  return tickers.size > 1 ? commonName(ticker) : ticker;
}

function decisions(
  candidates: readonly Candidate[],
  clusters: readonly Cluster[],
): ReadonlyMap<number, Decision> {
  const decided = new Map<number, Decision>();
  for (const cluster of clusters) {
    const identity = identityOf(cluster, clusters);
    for (const { candidate, provenMultiplier } of cluster.members)
      decided.set(candidate.instrumentId, {
        assetId: cluster.assetId,
        identity,
        provenMultiplier,
      });
  }
  for (const { instrumentId } of candidates)
    if (!decided.has(instrumentId)) decided.set(instrumentId, UNDECIDED);
  return decided;
}

/** Only a second exchange confirms. What is alone beside another asset of its ticker, not a smaller one, is in conflict. */
function identityOf(cluster: Cluster, clusters: readonly Cluster[]): Identity {
  if (cluster.isConfirmed) return "confirmed";
  const tickers = new Set(cluster.members.map(({ candidate }) => candidate.base));
  const isContested = clusters.some(
    (other) =>
      other !== cluster &&
      other.exchanges >= cluster.exchanges &&
      other.members.some(({ candidate }) => tickers.has(candidate.base)),
  );
  return isContested ? "conflict" : "probable";
}

function isPlaced(candidate: Candidate, clusters: readonly Cluster[]): boolean {
  return clusters.some(({ members }) => members.some((member) => member.candidate === candidate));
}

function isRecent({ members }: Cluster, nowMs: number): boolean {
  return members.some(({ candidate }) => nowMs - candidate.observedAtMs < NAME_HELD_MS);
}

function openInterestOf({ members }: Cluster): number {
  return members.reduce((sum, { candidate }) => sum + (candidate.openInterestUsd ?? 0), 0);
}

function firstIdOf({ members }: Cluster): number {
  return Math.min(...members.map(({ candidate }) => candidate.instrumentId));
}
