/** An instrument with its past, and what its past lacks. Times are unix ms. */
import type { Charge, StoredPast } from "../../domain/charges.ts";
import { type BackfillProgress, type GapLedger, gapLedger } from "./gap-ledger.ts";

/** An instrument with its past. */
export interface InstrumentPast {
  readonly stored: StoredPast;
  /** As stated by the exchange; null: unknown. */
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When it was found delisted; null while it is listed. */
  readonly endedAtMs: number | null;
  /** Used only if the settlements show no interval; null: unknown. */
  readonly currentIntervalHours: number | null;
  /** Null: the exchange has no history. */
  readonly backfill: BackfillProgress | null;
}

/** The ledger of the slots after `fromMs`; null: since the listing. `charges`: from `chargesOf`. */
export function ledgerOf(
  past: Omit<InstrumentPast, "stored">,
  charges: readonly Charge[],
  fromMs: number | null,
  nowMs: number,
): GapLedger {
  const { listedAtMs, firstSeenMs, endedAtMs, currentIntervalHours, backfill } = past;
  return gapLedger({
    slots: charges,
    listedAtMs,
    firstSeenMs,
    endedAtMs,
    nowMs,
    fromMs,
    currentIntervalHours,
    backfill,
  });
}
