import { collect } from "../../src/collector/collector.ts";
import type { FromWorker } from "../../src/collector/protocol.ts";
import type { ExchangeState } from "../../src/domain/market.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import type { TestDatabase } from "./database.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryLog } from "./memory-log.ts";
import { NOON_MS } from "./quote.ts";

const PERIOD_MS = 60_000;

/** Starts a collector of these exchanges, by default with a minute between refreshes, on a clock controlled by the test. */
export function start(
  database: TestDatabase,
  exchanges: readonly Exchange[],
  clock = new ManualClock(NOON_MS),
  random: () => number = () => 0.5,
  periodMs = PERIOD_MS,
) {
  const lifetime = new AbortController();
  const posted: FromWorker[] = [];
  const log = memoryLog();
  const ended = collect(
    {
      databasePath: database.path,
      exchanges: exchanges.map((exchange) => exchange.facts.id),
      periodMs,
      exchangeOrigin: null,
      logLevel: "silent",
    },
    // 0.5 is the mean of every jitter: periods are exact, and the first pause is half of one.
    {
      exchanges,
      clock,
      random,
      log,
      post: (message) => posted.push(message),
      lifetime: lifetime.signal,
    },
  );
  const stop = async (): Promise<void> => {
    lifetime.abort();
    await ended;
  };
  return { clock, posted, log, ended, lifetime, stop };
}

/** The stored state of one exchange. */
export function storedState(database: TestDatabase, exchange: string): ExchangeState | undefined {
  return database.states.list().find((state) => state.exchange === exchange);
}
