import type { Backfill } from "../db/history/backfill-repository.ts";
import type { DatedInstrument } from "../db/market/instrument-descriptions.ts";
import { isGivenUp } from "../domain/ended-past.ts";
import { HOUR_MS, MAX_INTERVAL_HOURS } from "../domain/funding.ts";
import { PUBLISHED_AFTER_MS } from "../domain/settlement.ts";
import type { HistoryProfile } from "../exchanges/history.ts";

const DAY_MS = 24 * HOUR_MS;

/** Complete pasts are read on once a day … */
const NEWEST_EVERY_MS = DAY_MS;
/** … and sooner while there are estimates, all of which are asked for together, at most this often. */
const ESTIMATES_EVERY_MS = 4 * HOUR_MS;

/** An estimate is asked for at these times after its slot, until it is confirmed: some payments are published late. */
const CONFIRM_AFTER_MS = [PUBLISHED_AFTER_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS] as const;

/** Older estimates stay what they are: they have been asked for a day after their slot, or with a daily reading. */
export const ESTIMATED_WITHIN_MS = 2 * DAY_MS;

/** So much of what has been read is read again with what is newest: what was not published then comes late. */
const REREAD_MS = DAY_MS;

/** An instrument whose past could not be read is tried again after an hour, then after twice as long each time … */
const FAILED_EVERY_MS = HOUR_MS;
/** … up to a day. */
const FAILED_EVERY_MAX_MS = DAY_MS;

/** A past that was read this long after the end has its last payments, however late they were published. */
const ENDED_READ_AFTER_MS = 12 * HOUR_MS;

const LAST_RANGE_MS = 60_000;

/** The first payment comes up to an interval after the listing. */
const FIRST_WITHIN_MS = (MAX_INTERVAL_HOURS + 1) * HOUR_MS;

/**
 * What is to be read of one instrument: its `past`, from the newest page not read yet to the oldest, or what is `newest`
 * in a past that is complete.
 */
export interface BackfillJob {
  readonly instrument: DatedInstrument;
  readonly of: "past" | "newest";
  /** Half-open, unix ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The page to continue with, where the exchange pages by number; null: the first one. */
  readonly page: number | null;
  readonly plannedAtMs: number;
  readonly before: Backfill;
}

/** What is known about an instrument's past. */
export interface KnownPast {
  readonly progress: Backfill;
  /** The slots within ESTIMATED_WITHIN_MS of which there is only an estimate, ascending. */
  readonly estimatesMs: readonly number[];
}

/** How the pasts of an exchange are read. */
export interface Reading {
  /** How far back. */
  readonly depthMs: number;
  readonly estimatesEveryMs: number;
  /** Whether a payment may be published hours after its slot. What accrued follows from an index, which is not. */
  readonly isPublishedLate: boolean;
}

/**
 * How often estimates of an instrument are asked for at most: where every reply is its whole past, some megabytes after
 * years, with the daily reading only.
 */
export function estimatesEveryMs({ paging, depth }: Pick<HistoryProfile, "paging" | "depth">) {
  const isWhole = paging.by === "nothing" && depth.days === null && depth.rows === null;
  return isWhole ? NEWEST_EVERY_MS : ESTIMATES_EVERY_MS;
}

/** How far back an instrument's past is wanted (unix ms): to its listing, at most `depthMs`. */
export function wantedFromMs(
  { listedAt, symbolFreeAt }: Pick<DatedInstrument, "listedAt" | "symbolFreeAt">,
  nowMs: number,
  depthMs: number,
): number {
  return Math.max(0, listedAt ?? 0, symbolFreeAt ?? 0, nowMs - depthMs);
}

/** What is to be read of an instrument now; null if nothing is due. */
export function jobOf(
  instrument: DatedInstrument,
  known: KnownPast,
  nowMs: number,
  reading: Reading,
): BackfillJob | null {
  const { progress } = known;
  if (nowMs < retryAtMs(progress) || isOver(instrument, progress, nowMs)) return null;
  const { readFromMs, readToMs, complete, availableFromMs, page } = progress;
  const fromMs = wantedFromMs(instrument, nowMs, reading.depthMs);
  const toMs = Math.min(nowMs, instrument.symbolTakenAt ?? nowMs);
  if (fromMs >= toMs) return null;
  const job = { instrument, plannedAtMs: nowMs, before: progress };
  if (readFromMs === null || readToMs === null)
    return { ...job, of: "past", fromMs, toMs, page: null };
  // A complete past goes on if more of it is wanted than before and the exchange did not end it.
  const isOpen = availableFromMs === null && readFromMs - fromMs > FIRST_WITHIN_MS;
  if (!complete || isOpen) {
    // Less may be wanted than has been read: the last request finds that out.
    const lastMs = Math.min(fromMs, readFromMs - LAST_RANGE_MS);
    return { ...job, of: "past", fromMs: lastMs, toMs: readFromMs, page };
  }
  const due = known.estimatesMs.filter((slotMs) => isEstimateDue(slotMs, progress, nowMs));
  if (!isNewestDue(instrument, progress, readToMs, { due, nowMs, reading })) return null;
  const { endedAt } = instrument;
  const knownUntilMs = Math.min(readToMs, endedAt ?? readToMs);
  const rereadMs = reading.isPublishedLate || endedAt !== null ? REREAD_MS : 0;
  const oldestMs = Math.max(fromMs, Math.min(knownUntilMs - rereadMs, ...due));
  const newestMs = Math.min(readToMs, oldestMs);
  return newestMs < toMs ? { ...job, of: "newest", fromMs: newestMs, toMs, page: null } : null;
}

/** Whether an exchange has not answered since it may have published the payment. */
function isEstimateDue(slotMs: number, { attemptedAtMs, failuresInRow }: Backfill, nowMs: number) {
  const answeredMs = failuresInRow > 0 ? 0 : (attemptedAtMs ?? 0);
  return CONFIRM_AFTER_MS.some(
    (afterMs) => nowMs >= slotMs + afterMs && answeredMs < slotMs + afterMs,
  );
}

/** Whether an instrument has ended and no more of its past is to be read. */
function isOver({ endedAt }: DatedInstrument, progress: Backfill, nowMs: number): boolean {
  if (endedAt === null) return false;
  const { complete, readToMs } = progress;
  const isRead = complete && (readToMs ?? 0) >= endedAt + ENDED_READ_AFTER_MS;
  return isRead || isGivenUp(endedAt, progress, nowMs);
}

function isNewestDue(
  { endedAt }: DatedInstrument,
  { attemptedAtMs }: Backfill,
  readToMs: number,
  known: { readonly due: readonly number[]; readonly nowMs: number; readonly reading: Reading },
): boolean {
  const { due, nowMs, reading } = known;
  if (nowMs - readToMs >= NEWEST_EVERY_MS) return true;
  if (endedAt !== null) return readToMs < endedAt && nowMs - endedAt >= PUBLISHED_AFTER_MS;
  return due.length > 0 && nowMs - (attemptedAtMs ?? 0) >= reading.estimatesEveryMs;
}

function retryAtMs({ failuresInRow, attemptedAtMs }: Backfill): number {
  if (failuresInRow === 0 || attemptedAtMs === null) return Number.NEGATIVE_INFINITY;
  return attemptedAtMs + Math.min(FAILED_EVERY_MAX_MS, FAILED_EVERY_MS * 2 ** (failuresInRow - 1));
}

/** At most `count` jobs: first the newest payments of complete pasts, then pasts; each in the given order. */
export function firstJobs(jobs: readonly BackfillJob[], count: number): readonly BackfillJob[] {
  const newest = jobs.filter(({ of }) => of === "newest");
  const past = jobs.filter(({ of }) => of === "past");
  return [...newest, ...past].slice(0, count);
}

/** A step of a job: what has been read by then. */
export interface ReadStep {
  /** Sent for it. */
  readonly requests: number;
  /** Yielded by the job so far. */
  readonly rows: number;
  /** Everything from here to the end of the job's range has been read. */
  readonly readFromMs: number;
  readonly page: number | null;
  readonly nowMs: number;
  /** The oldest payment from the exchange that is stored by then; null: none. */
  readonly oldestMs: number | null;
}

/** The progress after a step. */
export function progressAfter(job: BackfillJob, before: Backfill, step: ReadStep): Backfill {
  const { readFromMs, nowMs } = step;
  const isEnd = readFromMs <= job.fromMs;
  const attempted = {
    ...before,
    requests: before.requests + step.requests,
    failuresInRow: 0,
    failure: null,
    attemptedAtMs: nowMs,
  };
  const publishedMs = job.plannedAtMs - PUBLISHED_AFTER_MS;
  if (job.of === "newest") {
    // Newest first: until the last step there is a gap behind what was read.
    if (!isEnd) return attempted;
    if (isForgotten(job, step.rows)) return { ...attempted, ...emptyAgain(job) };
    return { ...attempted, readToMs: Math.max(before.readToMs ?? 0, publishedMs) };
  }
  const readToMs = before.readToMs ?? Math.max(publishedMs, job.fromMs);
  if (isEnd && isUnlikely(job, step.oldestMs, readToMs))
    return { ...attempted, ...UNREAD, ...emptyAgain(job) };
  if (!isEnd) return { ...attempted, readToMs, readFromMs, page: step.page };
  return { ...attempted, ...endOf(job, step.oldestMs, readToMs), readToMs, page: null };
}

/** A history without any payment of a long past is believed after so many tries, each later than the one before. */
const EMPTY_TRIES = 3;
const EMPTY = "its history is empty";
const UNREAD = { readFromMs: null, readToMs: null, page: null, complete: false } as const;

const emptyAgain = ({ before }: BackfillJob) => ({
  failuresInRow: before.failuresInRow + 1,
  failure: EMPTY,
});

/** Whether an exchange sends nothing at all of the last day of a contract, of which not all has been read. */
function isForgotten({ instrument, before }: BackfillJob, rows: number): boolean {
  const { endedAt } = instrument;
  return endedAt !== null && rows === 0 && (before.readToMs ?? 0) < endedAt;
}

/** Whether nothing at all was found where there should be payments: one empty reply declares no past absent. */
function isUnlikely(
  { fromMs, before, instrument }: BackfillJob,
  oldestMs: number | null,
  readToMs: number,
): boolean {
  const isKnown = instrument.listedAt !== null || instrument.symbolFreeAt !== null;
  return (
    isKnown &&
    oldestMs === null &&
    readToMs - fromMs > FIRST_WITHIN_MS &&
    before.failuresInRow < EMPTY_TRIES
  );
}

/** How a past ends that has been read: at the listing or the depth wanted, or earlier, with what the exchange has. */
function endOf(
  { fromMs, instrument }: BackfillJob,
  oldestMs: number | null,
  readToMs: number,
): Pick<Backfill, "readFromMs" | "complete" | "availableFromMs"> {
  const endMs = oldestMs ?? readToMs;
  if (endMs - fromMs <= FIRST_WITHIN_MS)
    return { readFromMs: fromMs, complete: true, availableFromMs: null };
  // Without a known listing the oldest payment may be the first one: nothing before it is expected.
  const isListingKnown = instrument.listedAt !== null || instrument.symbolFreeAt !== null;
  return {
    readFromMs: isListingKnown ? fromMs : endMs,
    complete: true,
    availableFromMs: endMs,
  };
}

/** How far the pasts of one exchange are. */
export interface BackfillCounts {
  readonly instruments: number;
  /** With a complete past. */
  readonly complete: number;
  /** Whose last request failed. */
  readonly failing: number;
  /** Sent since the file exists. */
  readonly requests: number;
}
