import type { Config } from "../config/config.ts";
import { EXCHANGES } from "../exchanges/registry.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { ReaderClient, startReaderThread } from "../reader/reader-client.ts";

/** The reader of the history. Its thread starts with the first question, when all files are migrated. */
export function historyOf({ databasePath }: Config, log: Log): ReaderClient {
  const withHistory = Object.values(EXCHANGES).filter(
    ({ history }) => history !== undefined && history.kind !== "none",
  );
  return new ReaderClient({
    settings: { databasePath, withHistory: withHistory.map(({ facts }) => facts.id) },
    startReader: startReaderThread,
    clock: systemClock,
    log: log.child({ part: "history" }),
  });
}
