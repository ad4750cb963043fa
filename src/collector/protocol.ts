import { type Retention, RETENTION_DEFAULTS } from "../db/history/roll-up/roll-up.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { NOTHING_FOLLOWED, type OpportunityStats } from "../domain/opportunity.ts";
import type { Origin, OriginRequest } from "../domain/origin.ts";
import type { LogLevel } from "../lib/log.ts";
import type { BackfillCounts } from "./backfill-plan.ts";
import type { CycleOutcome } from "./exchange-runner.ts";

/** The settings of the worker. Plain data, as it crosses a thread boundary. */
export interface CollectorSettings {
  readonly databasePath: string;
  /** The identity of that file (db/file-identity); the worker does not collect into another one. */
  readonly databaseIdentity?: string | null;
  readonly exchanges: readonly ExchangeId[];
  readonly periodMs: number;
  readonly exchangeOrigin: string | null;
  readonly logLevel: LogLevel;
  /** Default: DEFAULT_HISTORY. */
  readonly history?: HistorySettings;
}

/** What is kept of the past, and how much of it is read. */
export interface HistorySettings {
  /** How far back the pasts of instruments are read from their exchanges; 0: not at all. */
  readonly backfillDays: number;
  /** How many times faster than its facts permit every exchange is asked: more than 1 only for a simulator. */
  readonly paceFactor: number;
  readonly retention: Retention;
}

export const DEFAULT_HISTORY: HistorySettings = {
  backfillDays: 730,
  paceFactor: 1,
  retention: RETENTION_DEFAULTS,
};

/** From the main thread to the worker. */
export type ToWorker =
  | { readonly type: "start"; readonly settings: CollectorSettings }
  | ({ readonly type: "explain"; readonly id: number } & OriginRequest)
  | { readonly type: "stop" };

/** From the worker to the main thread. Rates go through the database only; `explained` carries payload rows. */
export type FromWorker =
  /** `collecting` once it has the right to, whether or not the database is writable at the moment. */
  | { readonly type: "heartbeat"; readonly collecting?: true }
  | {
      readonly type: "standby";
      /** The lock file that another process holds. */
      readonly lock: string;
      /** When the worker started to wait for it, in unix milliseconds. */
      readonly sinceMs: number;
      /** The last heartbeat of the collecting process, in unix milliseconds; null if none could be read. */
      readonly heartbeatAtMs: number | null;
    }
  | { readonly type: "collecting"; readonly epoch: number }
  | { readonly type: "cycle"; readonly exchange: ExchangeId; readonly outcome: CycleOutcome }
  | { readonly type: "backfill"; readonly exchange: ExchangeId; readonly counts: BackfillCounts }
  | { readonly type: "opportunities"; readonly stats: OpportunityStats }
  | {
      readonly type: "explained";
      readonly id: number;
      readonly origin: Origin;
    }
  /** Another worker would have the same problem: one line with the path and the remedy. */
  | { readonly type: "database_unusable"; readonly reason: string }
  /** A line for the log: one thread writes for all. */
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "stopped" };

/** Statistics of the tracked opportunities in a message; null if it contains none. */
export function followedBy(message: FromWorker): OpportunityStats | null {
  if (message.type === "opportunities") return message.stats;
  return message.type === "standby" ? NOTHING_FOLLOWED : null;
}

/** How often the worker sends a heartbeat. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** What the worker is doing, in words for an operator; null if the message does not say. */
export function collectingText(message: FromWorker, exchanges: number): string | null {
  if (message.type === "collecting") {
    return `collecting ${exchanges} exchanges, epoch ${message.epoch}`;
  }
  if (message.type !== "standby") return null;
  const { lock, sinceMs, heartbeatAtMs } = message;
  const heartbeat = heartbeatAtMs === null ? "none" : isoSeconds(heartbeatAtMs);
  return `waiting for ${lock} since ${isoSeconds(sinceMs)}; last heartbeat of its holder: ${heartbeat}`;
}

function isoSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2026-01-01T00:00:00".length)}Z`;
}
