import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { Clock } from "../lib/clock.ts";
import type { HistoryStore } from "./history-store.ts";

/** A contract is found delisted within minutes; that its past has ended can wait. */
const CHECK_EVERY_MS = 10 * 60_000;

export interface EndedSeriesDeps {
  readonly history: Pick<HistoryStore, "write" | "series">;
  readonly instruments: Pick<InstrumentDescriptions, "ended">;
  readonly clock: Clock;
}

/**
 * Records in the history which instruments the market has found delisted, until `lifetime` ends: no payments are
 * expected of them any more. Rejects as HistoryStore.write does.
 */
export async function recordEnds(deps: EndedSeriesDeps, lifetime: AbortSignal): Promise<void> {
  const { history, instruments, clock } = deps;
  while (!lifetime.aborted) {
    await clock.sleep(CHECK_EVERY_MS, lifetime);
    if (lifetime.aborted) return;
    const listed = history.series.listedUids();
    const ended = instruments.ended().filter(({ uid }) => listed.has(uid));
    if (ended.length === 0) continue;
    await history.write(() => {
      for (const { uid, endedAt } of ended) history.series.end(uid, endedAt);
    });
  }
}
