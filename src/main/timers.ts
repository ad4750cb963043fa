import type { ServiceDatabase } from "../db/service-database.ts";
import type { Metrics } from "../http/metrics/metrics.ts";
import type { Log } from "../lib/log.ts";
import { every } from "../lib/repeat.ts";
import type { Board } from "../services/board/board.ts";
import type { Watchdog } from "../services/operations/watchdog.ts";

/** How often each process polls for commits; the collector's message only triggers a poll earlier. */
const POLL_EVERY_MS = 250;

/** How often health is compared with the last reported state. */
const WATCH_EVERY_MS = 1_000;

/** Starts everything that the main thread repeats, each measured as its kind of work; returns what to clear. */
export function timersOf(parts: {
  readonly board: Board;
  readonly metrics: Metrics;
  readonly market: ServiceDatabase;
  readonly accounts: ServiceDatabase;
  readonly watchdog: Watchdog;
  /** Alerts and the heartbeat. */
  readonly tasks: readonly (() => Promise<void>)[];
  readonly log: Log;
}) {
  const { board, market, accounts, watchdog, tasks, log } = parts;
  const { timeStep } = parts.metrics;
  const judgedBy = (file: ServiceDatabase) => ({ log, onError: (e: unknown) => file.judge(e) });
  const everySecond = [
    ...tasks.map((task) => () => timeStep("alerts", task)),
    () => timeStep("watchdog", watchdog.observe),
  ];
  return [
    every(POLL_EVERY_MS, () => timeStep("board", () => board.poll()), judgedBy(market)),
    ...everySecond.map((work) => every(WATCH_EVERY_MS, work, judgedBy(accounts))),
  ];
}
