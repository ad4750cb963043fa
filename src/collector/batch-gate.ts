import type { PendingSize, SizeMemory } from "../db/market/exchange-state-repository.ts";
import type { FailureKind } from "../domain/exchange.ts";
import type { Batch } from "../domain/quote.ts";
import { mostRows } from "./reply-caps.ts";
import type { CycleNotes } from "./source.ts";

/** Under this share of what should be there, a batch is refused whole. */
const REFUSE_UNDER = 0.5;
/** Under this share it is accepted, and the exchange is degraded. */
const DEGRADE_UNDER = 0.95;

/** Over this share of unreadable rows a batch is refused whole: what is left is a chance selection. */
const REFUSE_REJECTS_OVER = 0.5;
/** Over this share it is degraded, and says nothing of what exists: rows of the exchange's own list may be among them. */
const DEGRADE_REJECTS_OVER = 0.05;

/** A size that was held against an older one is true after this many like batches … */
const CONFIRMING_BATCHES = 10;
/** … over at least this long. */
const CONFIRMING_MS = 30 * 60_000;
/** Sizes this close are like each other: listings come and go while we wait. */
const LIKE_SHARE = 0.02;

/** The sizes of one batch, in instruments. */
export interface BatchSize {
  readonly seen: number;
  /** By the exchange's own independent list, null where it has none. */
  readonly expected: number | null;
  /** Rows with a rate that the list does not know. */
  readonly unlisted: number;
  /** Rows of any of its payloads that could not be used; those of an unknown kind are no sign of a broken payload. */
  readonly rejected: number;
  /** Of the exchange's own list, without a reply of their own: they are there, but their rates are not. */
  readonly unanswered: number;
  /** Not seen for a request that failed, the unanswered ones among them: they count for what exists. */
  readonly hidden: number;
}

export type Verdict =
  | {
      readonly kind: "accept";
      readonly trustedSize: number;
      readonly degradedBy: string | null;
      readonly pending: PendingSize | null;
      /** Whether the exchange lists no more than the batch holds, but for what a failed request may hide. */
      readonly whole: boolean;
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
 * Judges a batch by its size: against the exchange's own list and against the last size that was trusted.
 * A smaller size becomes trusted when the list confirms it, after ten like batches over thirty minutes,
 * or by the operator's word. An empty batch is never accepted. One with many unreadable rows makes no size true, and one
 * of many times the rows that were trusted is too large.
 */
export function judge(size: BatchSize, memory: SizeMemory, nowMs: number): Verdict {
  const { seen, expected } = size;
  const refuse = { kind: "refuse", failureKind: "refused_batch", pending: memory.pending } as const;
  if (seen === 0) return { ...refuse, reason: "no usable instrument in the whole batch" };
  const unread = unreadOf(size);
  const { trustedSize } = memory;
  const counted = seen + size.hidden;
  const isRead = unread === null;
  const whole = { kind: "accept", trustedSize: counted, pending: null, whole: isRead } as const;
  if (memory.acceptNextSize) return { ...whole, degradedBy: unread };
  const bound = mostRows(trustedSize);
  if (seen + size.rejected > bound) {
    // Pages that each keep the bound of a reply may be too many together.
    const reason = `${seen + size.rejected} rows, over ${bound}`;
    return { ...refuse, failureKind: "too_large", reason };
  }
  if (unread !== null && rejectShare(size) > REFUSE_REJECTS_OVER) {
    return { ...refuse, reason: unread };
  }
  const listIsShort = isListShort(size, trustedSize);
  // What is hidden exists all the same: it is missed in what is shown, not in what the size is.
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
    return { ...whole, trustedSize: known, degradedBy: shown < DEGRADE_UNDER ? reason : unread };
  }
  const pending = isRead ? countLike(counted, memory.pending, nowMs) : memory.pending;
  const isMostlySeen = seen >= counted * REFUSE_UNDER;
  if (isRead && isMostlySeen && isConfirmed(pending, nowMs)) return { ...whole, degradedBy: null };
  if (shown < REFUSE_UNDER) return { ...refuse, reason, pending };
  const known = trustedSize ?? counted;
  return { kind: "accept", trustedSize: known, degradedBy: reason, pending, whole: false };
}

/** Says how many rows could not be used where they are too many; null where not. */
function unreadOf(size: BatchSize): string | null {
  if (rejectShare(size) <= DEGRADE_REJECTS_OVER) return null;
  return `${size.rejected} rows could not be used`;
}

function rejectShare({ seen, rejected }: BatchSize): number {
  return shareOf(rejected, seen + rejected);
}

/**
 * A list confirms a size when nearly all of it is there, unless the list itself lacks instruments that have
 * rates and is smaller than what was trusted: then it is the list that is short.
 */
function isListShort({ seen, expected, unlisted }: BatchSize, trustedSize: number | null): boolean {
  if (expected === null || unlisted <= seen * (1 - DEGRADE_UNDER)) return false;
  return trustedSize === null || expected < trustedSize * DEGRADE_UNDER;
}

/** Whether what was held against an older state has lasted for so long that it must be true. */
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

function countLike(seen: number, pending: PendingSize | null, nowMs: number): PendingSize {
  const isLike =
    pending !== null && Math.abs(seen - pending.size) <= Math.max(1, pending.size * LIKE_SHARE);
  if (!isLike) return { size: seen, batches: 1, sinceMs: nowMs };
  return { ...pending, batches: pending.batches + 1 };
}

function against({ expected, unlisted }: BatchSize, trustedSize: number | null): string {
  const parts: string[] = [];
  if (expected !== null) parts.push(`${expected} in the exchange's own list`);
  if (trustedSize !== null) parts.push(`${trustedSize} trusted before`);
  if (unlisted > 0) parts.push(`${unlisted} rates outside the list`);
  return parts.join(", ");
}
