import type { BoardStore } from "../db/history/board-store.ts";
import { parquetBytes } from "../lib/parquet.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { pastBoard } from "../services/history/past-board.ts";
import { forecastTable } from "./forecast.ts";
import type { KnownPast } from "./known-past.ts";
import { pairAnswer } from "./pair.ts";
import type { Answer, Question } from "./protocol.ts";
import { lineAnswer } from "./line.ts";
import { liveBucketPage, livePage } from "./live.ts";
import { ledgerTable } from "./ledger.ts";
import { type KnownPairs, persistenceTable } from "./persistence.ts";
import { bucketPage, settledPage } from "./settled.ts";
import { cumulativeTable } from "./tables.ts";

/** What all questions are answered from. */
export interface Known extends KnownPast, KnownPairs {
  readonly boards: BoardStore;
}

/** Answers one question, in steps of about a millisecond each; only a file is written in one. */
export function* answerTo(known: Known, { kind, query }: Question): Stepwise<Answer> {
  switch (kind) {
    case "parquet":
      return parquetBytes(query);
    case "backtest":
      return yield* pairAnswer(known, query);
    case "cumulative":
      return yield* cumulativeTable(known, query);
    case "persistence":
      return yield* persistenceTable(known, query);
    case "forecast":
      return yield* forecastTable(known, query);
    case "ledger":
      return yield* ledgerTable(known, query);
    case "buckets":
      return yield* bucketPage(known, query);
    case "live":
      return yield* livePage(known, query);
    case "liveBuckets":
      return yield* liveBucketPage(known, query);
    case "line":
      return yield* lineAnswer(known, query);
    case "settled":
      return yield* settledPage(known, query);
    case "board":
      return yield* pastBoard(known.boards, query);
  }
}
