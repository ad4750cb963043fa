import type { PendingSize, SizeMemory } from "../db/market/exchange-state-repository.ts";
import {
  CONFIRMING_BATCHES,
  CONFIRMING_MS,
  DEGRADE_REJECTS_OVER,
  DEGRADE_UNDER,
  REFUSE_REJECTS_OVER,
  REFUSE_UNDER,
} from "../domain/batch-limits.ts";
import type { FailureKind } from "../domain/exchange.ts";
import type { Batch } from "../domain/quote.ts";
import { maxRows } from "./reply-caps.ts";
import type { CycleNotes } from "./source.ts";

/** Sizes within this share are similar: listings come and go meanwhile. */
const SIMILAR_SHARE = 0.02;

/** The sizes of one batch, in instruments. */
export interface BatchSize {
  readonly seen: number;
  /** According to the exchange's own independent list; null if it has none. */
  readonly expected: number | null;
  /** Rows with a rate that the list does not contain. */
  readonly unlisted: number;
  /** Unusable rows of any of its payloads, except those of an unknown kind, which do not indicate a broken payload. */
  readonly rejected: number;
  /** Instruments on the exchange's own list without a reply: they exist, but their rates are unknown. */
  readonly unanswered: number;
  /** Instruments not seen because a request failed, including the unanswered ones: they count as existing. */
  readonly hidden: number;
}

export type Verdict =
  | {
      readonly kind: "accept";
      readonly trustedSize: number;
      readonly degradedBy: string | null;
      readonly pending: PendingSize | null;
      /** Whether the batch covers everything the exchange lists, except what a failed request may hide. */
      readonly complete: boolean;
    }
  | {
      readonly kind: "refuse";
      readonly failureKind: Extract<FailureKind, "refused_batch" | "too_large">;
      readonly reason: string;
      readonly pending: PendingSize | null;
    };

/** The sizes of `batch`; `listed`: the instruments that the exchange had before. */
export function sizeOf(
  batch: Batch,
  { unanswered, mayHide }: Pick<CycleNotes, "unanswered" | "mayHide">,
  listed: readonly { readonly exchangeSymbol: string }[],
): BatchSize {
  const { quotes, rejects, expected, unlisted } = batch;
  const seen = new Set(quotes.map(({ exchangeSymbol }) => exchangeSymbol));
  const hidden = new Set(unanswered);
  for (const { exchangeSymbol: symbol } of listed)
    if (!seen.has(symbol) && mayHide(symbol)) hidden.add(symbol);
  return {
    seen: quotes.length,
    expected,
    unlisted,
    rejected: rejects.filter(({ reason }) => reason !== "unknown_kind").length,
    unanswered: unanswered.size,
    hidden: hidden.size,
  };
}

/**
 * Judges a batch by its size, compared with the exchange's own list and with the last trusted size. A smaller size
 * becomes trusted if the list confirms it, after ten similar batches over thirty minutes, or on the operator's command.
 * An empty batch is never accepted. A batch with many unreadable rows establishes no size, and one with many times the
 * trusted number of rows is too large.
 */
export function judge(size: BatchSize, memory: SizeMemory, nowMs: number): Verdict {
  const { seen, expected } = size;
  const refuse = { kind: "refuse", failureKind: "refused_batch", pending: memory.pending } as const;
  if (seen === 0) return { ...refuse, reason: "no usable instrument in the whole batch" };
  const unread = unreadOf(size);
  const { trustedSize } = memory;
  const counted = seen + size.hidden;
  const isRead = unread === null;
  const complete = {
    kind: "accept",
    trustedSize: counted,
    pending: null,
    complete: isRead,
  } as const;
  if (memory.acceptNextSize) return { ...complete, degradedBy: unread };
  const bound = maxRows(trustedSize);
  if (seen + size.rejected > bound) {
    // Pages that are each within the limit may be too many together.
    const reason = `${seen + size.rejected} rows, over ${bound}`;
    return { ...refuse, failureKind: "too_large", reason };
  }
  if (unread !== null && rejectShare(size) > REFUSE_REJECTS_OVER) {
    return { ...refuse, reason: unread };
  }
  const listIsShort = isListShort(size, trustedSize);
  // Hidden instruments do exist: they reduce what is shown, not the exchange's size.
  const listedShare = shareOf(seen + size.unanswered, expected);
  const isListed = expected !== null && listedShare >= DEGRADE_UNDER && !listIsShort && isRead;
  const knownShare = Math.min(listedShare, shareOf(counted, trustedSize));
  const isKnown = isListed || (knownShare >= DEGRADE_UNDER && !listIsShort);
  const shown = Math.min(shareOf(seen, expected), isListed ? 1 : shareOf(seen, trustedSize));
  const sizes = `${seen} instruments, ${against(size, trustedSize)}`;
  const reason = isRead ? sizes : `${sizes}; ${unread}`;
  if (isKnown) {
    if (shown < REFUSE_UNDER) return { ...refuse, reason };
    const known = isListed ? counted : Math.max(counted, trustedSize ?? 0);
    return { ...complete, trustedSize: known, degradedBy: shown < DEGRADE_UNDER ? reason : unread };
  }
  const pending = isRead ? countSimilar(counted, memory.pending, nowMs) : memory.pending;
  const isMostlySeen = seen >= counted * REFUSE_UNDER;
  if (isRead && isMostlySeen && isConfirmed(pending, nowMs))
    return { ...complete, degradedBy: null };
  if (shown < REFUSE_UNDER) return { ...refuse, reason, pending };
  const known = trustedSize ?? counted;
  return { kind: "accept", trustedSize: known, degradedBy: reason, pending, complete: false };
}

/** A message with the number of unusable rows if there are too many; else null. */
function unreadOf(size: BatchSize): string | null {
  if (rejectShare(size) <= DEGRADE_REJECTS_OVER) return null;
  return `${size.rejected} rows could not be used`;
}

function rejectShare({ seen, rejected }: BatchSize): number {
  return shareOf(rejected, seen + rejected);
}

/**
 * A list confirms a size if nearly all of it is there, unless instruments with rates are missing from the list and it
 * is smaller than the trusted size: then the list is incomplete.
 */
function isListShort({ seen, expected, unlisted }: BatchSize, trustedSize: number | null): boolean {
  if (expected === null || unlisted <= seen * (1 - DEGRADE_UNDER)) return false;
  return trustedSize === null || expected < trustedSize * DEGRADE_UNDER;
}

/** Whether a state that contradicts an older one has lasted long enough to be accepted. */
export function isConfirmed(
  pending: Pick<PendingSize, "batches" | "sinceMs"> | null,
  nowMs: number,
): boolean {
  if (pending === null) return false;
  return pending.batches >= CONFIRMING_BATCHES && nowMs - pending.sinceMs >= CONFIRMING_MS;
}

function shareOf(seen: number, of: number | null): number {
  return of === null || of === 0 ? 1 : seen / of;
}

function countSimilar(seen: number, pending: PendingSize | null, nowMs: number): PendingSize {
  const isSimilar =
    pending !== null && Math.abs(seen - pending.size) <= Math.max(1, pending.size * SIMILAR_SHARE);
  if (!isSimilar) return { size: seen, batches: 1, sinceMs: nowMs };
  return { ...pending, batches: pending.batches + 1 };
}

function against({ expected, unlisted }: BatchSize, trustedSize: number | null): string {
  const parts: string[] = [];
  if (expected !== null) parts.push(`${expected} in the exchange's own list`);
  if (trustedSize !== null) parts.push(`${trustedSize} trusted before`);
  if (unlisted > 0) parts.push(`${unlisted} rates outside the list`);
  return parts.join(", ");
}
