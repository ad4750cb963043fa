import type { Config } from "../config/config.ts";
import { EXCHANGE_FACTS } from "../services/board/exchange-facts.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Board } from "../services/board/board.ts";
import type { HistoryReader } from "../services/history/history-reader.ts";
import type { PastMarket } from "../services/history/past-market.ts";
import { ReaderClient, startReaderThread } from "../reader/reader-client.ts";

/** The reader of the history. Its thread starts with the first question, when all files are migrated. */
export function historyOf(
  { databasePath, exchanges, backfillDays }: Config,
  log: Log,
): ReaderClient {
  // Of the others nothing is being read.
  const read = backfillDays === 0 ? [] : exchanges;
  const withHistory = read.filter((id) => EXCHANGE_FACTS[id].history !== "none");
  return new ReaderClient({
    settings: { databasePath, withHistory },
    startReader: startReaderThread,
    clock: systemClock,
    log: log.child({ part: "history" }),
  });
}

/** Boards are read for all their requests at once, whichever of them goes away. */
const STAYS = new AbortController().signal;

/** The market of past moments, by the periods that exchanges have today: those of then are not kept. */
export function pastMarketOf(history: HistoryReader, board: Pick<Board, "states">): PastMarket {
  return {
    at(atMs) {
      const periods = board.states().map(({ exchange, periodMs }) => [exchange, periodMs]);
      return history.ask("board", { atMs, periodsMs: Object.fromEntries(periods) }, STAYS);
    },
  };
}
