import type { ExchangeId } from "../domain/exchange.ts";
import type { LogLevel } from "../lib/log.ts";
import type { CycleOutcome } from "./run-exchange.ts";

/** What the worker needs to know to collect. Plain data: it crosses a thread boundary. */
export interface CollectorSettings {
  readonly databasePath: string;
  readonly exchanges: readonly ExchangeId[];
  readonly periodMs: number;
  readonly exchangeOrigin: string | null;
  readonly logLevel: LogLevel;
}

/** From the main thread to the worker. */
export type ToWorker =
  { readonly type: "start"; readonly settings: CollectorSettings } | { readonly type: "stop" };

/** From the worker to the main thread. Hints and counts only: the data itself goes through the database. */
export type FromWorker =
  | { readonly type: "heartbeat" }
  | { readonly type: "collecting"; readonly epoch: number }
  | { readonly type: "cycle"; readonly exchange: ExchangeId; readonly outcome: CycleOutcome }
  | { readonly type: "stopped" };

/** How often the worker says that it lives. */
export const HEARTBEAT_EVERY_MS = 1_000;
