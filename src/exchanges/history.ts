import type { AccruedAmount, SettledRate } from "../domain/settlement.ts";
import type { ExchangeHttp } from "./requests.ts";

/** The instrument whose past is read. */
export interface HistoryInstrument {
  /** The exchange's own symbol, verbatim. */
  readonly exchangeSymbol: string;
  /**
   * The current interval, null if unknown or continuous: for choosing how much to request at once. The past may have had
   * another one; only Delta's, which does not tell its settlements, is read with it where nothing contradicts it.
   */
  readonly intervalHours: number | null;
  /** What `HistoryProfile.keys` says about it; null if the profile has none. */
  readonly key: string | null;
}

/** One request of a walk into the past: rows with fromMs <= time < toMs, unix ms. */
export interface HistoryRequest {
  readonly instrument: HistoryInstrument;
  readonly fromMs: number;
  readonly toMs: number;
  /** From 1; always 1 unless the paging is by page. */
  readonly page: number;
  /** What the previous reply gave for the next one; null in the first request. */
  readonly cursor: string | null;
}

/** One reply. Rows in any order; rows outside the requested range are ignored by the caller. */
export interface HistoryPage<Row> {
  readonly rows: readonly Row[];
  /** For the next request, null at the end; only where the paging is by cursor. */
  readonly cursor?: string | null;
  /** True if the reply itself says that nothing older follows. */
  readonly isLast?: boolean;
}

/**
 * How an exchange pages through its past. A full page proves nothing: some send fewer rows than requested, and a result
 * must not depend on the page size. The caller stops at an empty page; pages without anything new are an error.
 */
export type HistoryPaging =
  /**
   * By time. `newest`: of a longer range the newest `maxRows` are sent, so the caller lowers the end. `oldest`: the
   * oldest ones, so the caller requests ranges that fit and raises the start while they do not.
   */
  | { readonly by: "time"; readonly sends: "newest" | "oldest" }
  /** By page number, newest first: new payments move older ones to later pages. */
  | { readonly by: "page" }
  /** By an opaque cursor, newest first. */
  | { readonly by: "cursor" }
  /** One reply has all there is. */
  | { readonly by: "nothing" };

/** Facts about a history endpoint, with how one of its pages is read. Documents and tests are generated from it. */
export interface HistoryProfile<Row = SettledRate> {
  readonly paging: HistoryPaging;
  /** The most rows in one reply; an estimate where the sources disagree. */
  readonly maxRows: number;
  /** The order of rows within a reply, as documented or observed. */
  readonly order: "newest_first" | "oldest_first" | "unknown";
  /** Whether the exchange includes its bounds; `load` translates the half-open range of a request. */
  readonly bounds: {
    readonly from: "inclusive" | "exclusive" | "none";
    readonly to: "inclusive" | "exclusive" | "none";
  };
  /** The longest range of one request; absent: no limit. */
  readonly maxRangeMs?: number;
  /** How far back it reaches, in words, and the number of days or rows where there is one; null: not stated. */
  readonly depth: {
    readonly words: string;
    readonly days: number | null;
    readonly rows: number | null;
  };
  /** At most `requests` in any `perMs` milliseconds, below the documented limit; within the exchange's own pacing. */
  readonly pacing: { readonly requests: number; readonly perMs: number };
  /** Facts that the sources do not settle, in words for the operator. */
  readonly caveats: readonly string[];
  /** Reads one page. Throws RequestFailure as ExchangeHttp does; rows that cannot be read are left out. */
  load(http: ExchangeHttp, request: HistoryRequest): Promise<HistoryPage<Row>>;
  /** Keys by exchange symbol, where requests need another name than the symbol. Requested once a day. */
  keys?(http: ExchangeHttp): Promise<ReadonlyMap<string, string>>;
}

/** The past of an exchange: payments, accrued amounts of continuous contracts, or none with the reason in words. */
export type ExchangeHistory =
  | ({ readonly kind: "settlements" } & HistoryProfile<SettledRate>)
  | ({ readonly kind: "accruals" } & HistoryProfile<AccruedAmount>)
  | { readonly kind: "none"; readonly reason: string };
