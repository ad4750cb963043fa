/**
 * The intervals that held in the past, from the settlements themselves: today's interval says nothing about last month.
 * What the exchange stated with a settlement decides, elsewhere the distance to the settlement before it, unless one
 * between them is missing:
 *
 * 1. What is stated, and three equal distances in a row that can be intervals, are established and hold.
 * 2. Any other distance that is a multiple of the nearest established interval before or after it has that interval, the
 *    longer one if it is a multiple of both: the rest of the distance is a hole. A longer interval that held only once
 *    or twice is thereby reported as a gap, which is visible.
 * 3. One that can be an interval, and ends on the grid of its length, holds: no hole makes a distance shorter.
 * 4. The rest is noise and takes the established interval after it, else the one before.
 *
 * Where nothing is established, the most frequent distance takes its place, the shorter one of two. The first
 * settlement has the interval of the second one.
 *
 * Settlements are judged in blocks of time, each with what is next to it on both sides, so that the interval of one
 * does not depend on the range that is asked for: `judged-range.ts` says what to read for a range.
 */
import { HOUR_MS, isFundingInterval, isOnGrid } from "./funding.ts";
import { firstWhere } from "./sorted-search.ts";

export interface StatedSlot {
  /** Unix ms, a whole minute. */
  readonly slotMs: number;
  /** As stated by the exchange with the settlement or by a live sample of that interval; not a distance. */
  readonly intervalHours: number | null;
}

/** Distances within this of a whole hour are one: slots are rounded to the minute, and may be one off. */
const JITTER_MS = 2 * 60_000;

/** Fewer equal distances in a row may be holes. */
const MIN_RUN = 3;

/** The length of a block. */
export const BLOCK_MS = 4 * 24 * HOUR_MS;

/** What is next to a block: three distances of the longest interval and one hole … */
export const MARGIN_MS = 4 * 24 * HOUR_MS;

/** … and at least as many settlements as make a run, however long the hole before them. */
export const NEIGHBOURS = MIN_RUN + 1;

/** The interval in hours of each settlement; null where it cannot be known. `slots`: ascending, none twice. */
export function intervalsInForce(slots: readonly StatedSlot[]): readonly (number | null)[] {
  const only = onlyInterval(slots);
  if (only !== null) return slots.map(() => only);
  const found: (number | null)[] = [];
  while (found.length < slots.length) {
    const start = found.length;
    const blockMs = blockOf(slots[start]?.slotMs ?? 0);
    const end = firstFrom(slots, blockMs + BLOCK_MS);
    const from = Math.min(firstFrom(slots, blockMs - MARGIN_MS), start - NEIGHBOURS);
    const to = Math.max(firstFrom(slots, blockMs + BLOCK_MS + MARGIN_MS), end + NEIGHBOURS);
    const near = Math.max(0, from);
    const intervals = intervalsAmong(slots.slice(near, to));
    for (let index = start; index < end; index += 1) found.push(intervals[index - near] ?? null);
  }
  return found;
}

/** The start of the block that a moment is in. */
export function blockOf(atMs: number): number {
  return Math.floor(atMs / BLOCK_MS) * BLOCK_MS;
}

/** The index of the first slot from a moment on. */
function firstFrom(slots: readonly StatedSlot[], atMs: number): number {
  const slotAt = (index: number) => slots[index]?.slotMs ?? Number.POSITIVE_INFINITY;
  return firstWhere(0, slots.length, (index) => slotAt(index) >= atMs);
}

/** The same of a block with what is next to it. */
function intervalsAmong(slots: readonly StatedSlot[]): readonly (number | null)[] {
  const only = onlyInterval(slots);
  if (only !== null) return slots.map(() => only);
  const lengths = slots.map((slot, index) => lengthOf(slot, slots[index - 1]));
  const established = establishedOf(slots, lengths);
  const base = established.some((hours) => hours !== null) ? null : mostFrequent(lengths);
  const before = nearest(established, base);
  const after = nearest(established.toReversed(), base).toReversed();
  const found = slots.map(({ slotMs }, index) => {
    const holds = established[index] ?? null;
    if (holds !== null) return holds;
    const previousMs = slots[index - 1]?.slotMs;
    if (previousMs === undefined) return null;
    return judged(
      slotMs,
      hoursBetween(previousMs, slotMs),
      before[index] ?? null,
      after[index] ?? null,
    );
  });
  if (found.length > 0) found[0] = found[0] ?? found[1] ?? null;
  return found;
}

/** The interval of nearly all pasts: one that nothing contradicts. The rules below would find it, in seven times as long. */
function onlyInterval(slots: readonly StatedSlot[]): number | null {
  const [first, second] = slots;
  if (first === undefined || second === undefined) return null;
  const hours = hoursBetween(first.slotMs, second.slotMs);
  if (hours === null || !isFundingInterval(hours)) return null;
  let previousMs = first.slotMs - hours * HOUR_MS;
  for (const { slotMs, intervalHours } of slots) {
    const isAlike = Math.abs(slotMs - previousMs - hours * HOUR_MS) <= JITTER_MS;
    if (!isAlike || (intervalHours !== null && intervalHours !== hours)) return null;
    previousMs = slotMs;
  }
  return hours;
}

/** What is stated, else the distance if that can be an interval. */
function lengthOf({ slotMs, intervalHours }: StatedSlot, previous: StatedSlot | undefined) {
  if (isStated(intervalHours)) return intervalHours;
  if (previous === undefined) return null;
  const hours = hoursBetween(previous.slotMs, slotMs);
  return hours !== null && isFundingInterval(hours) ? hours : null;
}

function isStated(intervalHours: number | null): intervalHours is number {
  return intervalHours !== null && isFundingInterval(intervalHours);
}

/** Null unless it is a whole number. */
function hoursBetween(fromMs: number, toMs: number): number | null {
  const hours = Math.round((toMs - fromMs) / HOUR_MS);
  return hours > 0 && Math.abs(toMs - fromMs - hours * HOUR_MS) <= JITTER_MS ? hours : null;
}

/** The lengths that are stated or in a run; null elsewhere. */
function establishedOf(
  slots: readonly StatedSlot[],
  lengths: readonly (number | null)[],
): readonly (number | null)[] {
  const established = slots.map(({ intervalHours }) =>
    isStated(intervalHours) ? intervalHours : null,
  );
  let start = 0;
  for (let index = 0; index <= lengths.length; index += 1) {
    const hours = lengths[start] ?? null;
    if (index < lengths.length && lengths[index] === hours) continue;
    if (hours !== null && index - start >= MIN_RUN) established.fill(hours, start, index);
    start = index;
  }
  return established;
}

/** For each place the last one before it that is not null, else `base`. */
function nearest(established: readonly (number | null)[], base: number | null): (number | null)[] {
  let last = base;
  return established.map((hours) => {
    const known = last;
    last = hours ?? last;
    return known;
  });
}

function judged(
  slotMs: number,
  distanceHours: number | null,
  before: number | null,
  after: number | null,
): number | null {
  const known = after ?? before;
  if (distanceHours === null) return known;
  const divisorOf = (hours: number | null): number =>
    hours !== null && distanceHours % hours === 0 ? hours : 0;
  const divisor = Math.max(divisorOf(after), divisorOf(before));
  if (divisor > 0) return divisor;
  const holds = isFundingInterval(distanceHours) && isOnGrid(slotMs, distanceHours);
  return holds ? distanceHours : known;
}

/** The shorter one of equally frequent ones; null for none. */
function mostFrequent(lengths: readonly (number | null)[]): number | null {
  const counts = new Map<number, number>();
  for (const hours of lengths) if (hours !== null) counts.set(hours, (counts.get(hours) ?? 0) + 1);
  let best: number | null = null;
  let bestCount = 0;
  for (const [hours, count] of counts) {
    const isBetter = count > bestCount || (count === bestCount && hours < (best ?? hours));
    if (!isBetter) continue;
    best = hours;
    bestCount = count;
  }
  return best;
}
