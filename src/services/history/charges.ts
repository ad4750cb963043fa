/** An instrument with its past, and what its past lacks. Times are unix ms. */
import type { Charge, StoredPast } from "../../domain/charges.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import { type BackfillProgress, type GapLedger, gapLedger } from "./gap-ledger.ts";

/** An instrument with its past. */
export interface InstrumentPast {
  /** To be judged in a range, it has to be what `judgedRows` reads for that. */
  readonly stored: StoredPast;
  /** As stated by the exchange; null: unknown. */
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When it was found delisted; null while it is listed. */
  readonly endedAtMs: number | null;
  /** Null: the exchange has no history. */
  readonly backfill: BackfillProgress | null;
}

/** Further back than the longest interval, so that where a range begins does not matter in it. */
const BEFORE_RANGE_MS = 4 * 24 * HOUR_MS;

/** The ledger of a range that begins at `fromMs`; null: since the listing. `charges`: from `chargesOf`. */
export function ledgerOf(
  past: Omit<InstrumentPast, "stored">,
  charges: readonly Charge[],
  fromMs: number | null,
  nowMs: number,
): GapLedger {
  const { listedAtMs, firstSeenMs, endedAtMs, backfill } = past;
  return gapLedger({
    slots: charges,
    listedAtMs,
    firstSeenMs,
    endedAtMs,
    nowMs,
    fromMs: fromMs === null ? null : fromMs - BEFORE_RANGE_MS,
    backfill,
  });
}
