import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { HOUR_MS, HOURS_PER_DAY } from "../domain/funding.ts";
import {
  type AccruedAmount,
  PUBLISHED_AFTER_MS,
  type SettledRate,
  type SettlementOrigin,
} from "../domain/settlement.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { type BackfillCounts, estimatesEveryMs } from "./backfill-plan.ts";
import { ExchangeBackfill, type PastKind } from "./exchange-backfill.ts";
import type { HistoryStore } from "./history-store.ts";
import type { HistorySettings } from "./protocol.ts";
import { type CollectedExchange, fasterPace } from "./runners.ts";

const DAY_MS = HOURS_PER_DAY * HOUR_MS;

export interface BackfillDeps {
  readonly history: HistoryStore;
  readonly instruments: Pick<InstrumentDescriptions, "listed" | "endedSince">;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifetime: AbortSignal;
  readonly settings: HistorySettings;
  readonly onCounts: (exchange: ExchangeId, counts: BackfillCounts) => void;
}

/** Reads the pasts of all exchanges that have a history, each in its own spare time, until `lifetime` ends. */
export async function runBackfills(
  collected: readonly CollectedExchange[],
  deps: BackfillDeps,
): Promise<void> {
  if (deps.settings.backfillDays === 0) return;
  await Promise.all(collected.map((exchange) => backfillOf(exchange, deps)));
}

async function backfillOf(collected: CollectedExchange, deps: BackfillDeps): Promise<void> {
  const { history: past } = collected.exchange;
  const { settlements, accruals } = deps.history;
  // Some exchanges show a payment before it is final: only what is read later is the last word.
  const originOf = ({ atMs }: SettledRate): SettlementOrigin =>
    atMs > deps.clock.nowMs() - PUBLISHED_AFTER_MS ? "row" : "exchange";
  switch (past?.kind) {
    case undefined:
    case "none":
      return;
    case "settlements":
      return run<SettledRate>(collected, deps, {
        profile: past,
        accrual: "periodic",
        timeOf: ({ atMs }) => atMs,
        put: (seriesId, row) => settlements.put(seriesId, row, originOf(row)),
        oldestMs: (seriesId) => settlements.oldestReadMs(seriesId),
      });
    case "accruals":
      return run<AccruedAmount>(collected, deps, {
        profile: past,
        accrual: "continuous",
        timeOf: ({ hourEndMs }) => hourEndMs,
        put: (seriesId, row) => accruals.put(seriesId, row),
        oldestMs: (seriesId) => accruals.oldestReadMs(seriesId),
      });
  }
}

async function run<Row>(
  { exchange, requests, periodMs }: CollectedExchange,
  deps: BackfillDeps,
  kind: PastKind<Row>,
): Promise<void> {
  const { id } = exchange.facts;
  const { backfillDays, retention, paceFactor } = deps.settings;
  const backfill: ExchangeBackfill<Row> = new ExchangeBackfill<Row>({
    ...deps,
    exchange: id,
    kind,
    http: requests.whenSpare(deps.lifetime, {
      pacing: fasterPace(kind.profile.pacing, paceFactor),
      maxRows: kind.profile.maxRows,
      rank: () => backfill.rank,
    }),
    periodMs,
    reading: {
      depthMs: Math.min(backfillDays, retention.settlementsDays ?? backfillDays) * DAY_MS,
      estimatesEveryMs: estimatesEveryMs(kind.profile),
      isPublishedLate: kind.accrual === "periodic",
    },
    onCounts: (counts) => deps.onCounts(id, counts),
  });
  await backfill.run();
}
