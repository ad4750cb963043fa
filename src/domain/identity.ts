import {
  apart,
  type Candidate,
  Cluster,
  type Decision,
  densestFirst,
  fits,
  type Identity,
  join,
  type Member,
  memberOf,
} from "./asset-cluster.ts";

/**
 * A ticker is not an asset: listings are one asset only when their price per one unit agrees. This decides, for the
 * listings of one base, which belong together, and remembers who belonged where.
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

/** Decides for all listings of one base at `nowMs`; `doubts` is brought up to date. */
export function identify(
  candidates: readonly Candidate[],
  doubts: Doubts,
  nowMs: number,
): ReadonlyMap<number, Decision> {
  const base = candidates[0]?.base ?? "";
  const clusters = heldClusters(candidates, doubts);
  const homeless = candidates.flatMap((candidate) =>
    isPlaced(candidate, clusters) || candidate.price === null
      ? []
      : [memberOf(candidate, { ...candidate.held, provenMultiplier: null })],
  );
  const strangers = homeless.filter((member) => !join(member, clusters));
  // An asset whose price is not known just now may be theirs: they wait until it speaks again.
  if (clusters.every((cluster) => cluster.center !== null || !isRecent(cluster, nowMs))) {
    for (const group of densestFirst(strangers)) clusters.push(new Cluster(null, group));
  }
  name(clusters, base);
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
  if (center !== null && apart(unitPrice, center) > LEAVE_BEYOND) return true;
  const { multiplier, price } = candidate;
  return clusters.some((other) => {
    if (other === own || !standsBefore(other, own)) return false;
    if (fits(candidate, unitPrice, other)) return true;
    return multiplier !== 1 && other.exchanges > 1 && fits(candidate, price, other);
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
 * Gives every asset its name: the largest (by exchanges, by listings, then by open interest) has the plain one. A
 * name stays where it is until another asset is larger.
 */
function name(clusters: readonly Cluster[], base: string): void {
  const ranked = clusters.toSorted(
    (left, right) =>
      compareSize(left, right) ||
      Number(right.assetId === base) - Number(left.assetId === base) ||
      openInterestOf(right) - openInterestOf(left),
  );
  const [largest] = ranked;
  if (largest === undefined) return;
  const plain = clusters.find(({ assetId }) => assetId === base);
  if (plain !== largest) {
    if (plain !== undefined) plain.assetId = largest.assetId;
    largest.assetId = base;
  }
  const taken = new Set(clusters.map(({ assetId }) => assetId));
  let next = 2;
  for (const cluster of ranked) {
    if (cluster.assetId !== null) continue;
    while (taken.has(`${base}~${next}`)) next += 1;
    cluster.assetId = `${base}~${next}`;
    taken.add(cluster.assetId);
  }
}

function decisions(
  candidates: readonly Candidate[],
  clusters: readonly Cluster[],
): ReadonlyMap<number, Decision> {
  const most = Math.max(0, ...clusters.map(({ exchanges }) => exchanges));
  const isTied = clusters.filter(({ exchanges }) => exchanges === most).length > 1;
  const decided = new Map<number, Decision>();
  for (const { assetId, members, exchanges } of clusters) {
    const isLargest = exchanges === most;
    const identity = isTied && isLargest ? "conflict" : identityOf(exchanges, isLargest);
    for (const { candidate, provenMultiplier } of members)
      decided.set(candidate.instrumentId, { assetId, identity, provenMultiplier });
  }
  for (const { instrumentId } of candidates)
    if (!decided.has(instrumentId)) decided.set(instrumentId, UNDECIDED);
  return decided;
}

/** Only a second exchange confirms. Alone against a larger asset it is an outlier. */
function identityOf(exchanges: number, isLargest: boolean): Identity {
  if (exchanges > 1) return "confirmed";
  return isLargest ? "probable" : "conflict";
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
