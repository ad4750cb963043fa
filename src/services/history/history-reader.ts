import { ExpectedError } from "../../lib/expected-error.ts";
import type { BacktestAnswer, PairQuery } from "./backtest-table.ts";
import type { BoardQuery, NoPastBoard, PastBoard } from "./past-market.ts";
import type { FlatColumn } from "../../lib/flat-table.ts";
import type { CumulativeRow, TableAnswer, TableQuery } from "./cumulative-table.ts";
import type { ForecastAnswer, ForecastQuery } from "./forecast-table.ts";
import type { LedgerAnswer, LedgerQuery } from "./ledger-table.ts";
import type { LineAnswer, LineQuery } from "./line-page.ts";
import type { LiveBucketQuery, LiveBucketRow, LivePage, LivePointRow } from "./live-page.ts";
import type { PointsQuery } from "./history-query.ts";
import type { PersistenceAnswer, PersistenceTableQuery } from "./persistence-table.ts";
import type { BucketPage, BucketQuery, SettledPage } from "./settled-page.ts";

/** The questions about the past, each with its answer. Both are plain data: they cross a thread boundary. */
export interface HistoryQuestions {
  /** Columns as a Parquet file. Their memory is handed over. */
  readonly parquet: { readonly query: FlatColumn[]; readonly answer: Uint8Array<ArrayBuffer> };
  readonly backtest: { readonly query: PairQuery; readonly answer: BacktestAnswer };
  readonly cumulative: {
    readonly query: TableQuery;
    readonly answer: TableAnswer<CumulativeRow>;
  };
  readonly persistence: {
    readonly query: PersistenceTableQuery;
    readonly answer: PersistenceAnswer;
  };
  readonly forecast: { readonly query: ForecastQuery; readonly answer: ForecastAnswer };
  readonly ledger: { readonly query: LedgerQuery; readonly answer: LedgerAnswer };
  readonly buckets: { readonly query: BucketQuery; readonly answer: BucketPage };
  readonly live: { readonly query: PointsQuery; readonly answer: LivePage<LivePointRow> };
  readonly liveBuckets: {
    readonly query: LiveBucketQuery;
    readonly answer: LivePage<LiveBucketRow>;
  };
  readonly line: { readonly query: LineQuery; readonly answer: LineAnswer };
  readonly settled: { readonly query: PointsQuery; readonly answer: SettledPage };
  readonly board: { readonly query: BoardQuery; readonly answer: PastBoard | NoPastBoard };
}

export type QuestionKind = keyof HistoryQuestions;

/** Answers questions about the past, off the main thread. */
export interface HistoryReader {
  /** Rejects with HistoryUnavailable; also if `signal` aborts, because no one waits for the answer any more. */
  ask<Kind extends QuestionKind>(
    kind: Kind,
    query: HistoryQuestions[Kind]["query"],
    signal: AbortSignal,
  ): Promise<HistoryQuestions[Kind]["answer"]>;
}

/**
 * Why there is no answer: too many questions are waiting, it took too long, the reader ended meanwhile, or the file
 * cannot be read.
 */
export type UnavailableKind = "busy" | "timeout" | "ended" | "unreadable" | "cancelled";

export class HistoryUnavailable extends ExpectedError {
  readonly kind: UnavailableKind;

  constructor(kind: UnavailableKind, reason: string) {
    super(reason);
    this.name = "HistoryUnavailable";
    this.kind = kind;
  }
}
