import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import {
  SERIES_COLUMNS,
  type SeriesCells,
  type TableQuery,
  type TooWide,
} from "./cumulative-table.ts";
import type { LedgerRange } from "./gap-ledger.ts";

/** How far back the ledger is asked for. */
export const LEDGER_SPANS = ["7d", "30d", "90d", "365d", "all"] as const;
export type LedgerSpan = (typeof LEDGER_SPANS)[number];

/** The default. */
export const LEDGER_DEFAULTS = { range: "7d" } as const satisfies { readonly range: LedgerSpan };

const DAY_MS = 24 * 3_600_000;
const SPAN_DAYS = { "7d": 7, "30d": 30, "90d": 90, "365d": 365 } as const;

/** The start of a span that ends at `asOfMs`; 0: whatever is known. */
export function spanStartMs(span: LedgerSpan, asOfMs: number): number {
  return span === "all" ? 0 : asOfMs - SPAN_DAYS[span] * DAY_MS;
}

/** A question about the ledger. */
export interface LedgerQuery extends TableQuery {
  /** Ranges that are named per series; 0 for counts alone. */
  readonly maxRanges: number;
}

/** The ledger of a series, and how far its past has been read. Times are unix ms. */
export interface LedgerRow extends SeriesCells {
  /** Slots in the range; null if no interval is known. */
  readonly expected: number | null;
  readonly present: number;
  readonly estimated: number;
  readonly pending: number;
  readonly beingBackfilled: number;
  readonly missing: number;
  readonly absentAtSource: number;
  readonly isComplete: boolean;
  readonly listedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** The oldest stored payment. */
  readonly oldestMs: number | null;
  /** Whether its exchange has a history that can be read. */
  readonly hasHistory: boolean;
  readonly readFromMs: number | null;
  readonly readToMs: number | null;
  /** Whether nothing older is to be read. */
  readonly isRead: boolean;
  readonly availableFromMs: number | null;
  readonly requests: number;
  readonly failuresInRow: number;
  readonly failure: string | null;
  readonly attemptedAtMs: number | null;
}

export const LEDGER_COLUMNS = {
  ...SERIES_COLUMNS,
  expected: "integer",
  present: "integer",
  estimated: "integer",
  pending: "integer",
  beingBackfilled: "integer",
  missing: "integer",
  absentAtSource: "integer",
  isComplete: "boolean",
  listedAtMs: "integer",
  endedAtMs: "integer",
  oldestMs: "integer",
  hasHistory: "boolean",
  readFromMs: "integer",
  readToMs: "integer",
  isRead: "boolean",
  availableFromMs: "integer",
  requests: "integer",
  failuresInRow: "integer",
  failure: "text",
  attemptedAtMs: "integer",
} as const satisfies FlatSpec<LedgerRow>;

/** A range that a series lacks, in its order. */
export interface LackingRow extends LedgerRange {
  /** Index of the series in the ledger's table. */
  readonly series: number;
}

export const LACKING_COLUMNS = {
  series: "integer",
  state: "text",
  firstSlotMs: "integer",
  lastSlotMs: "integer",
  intervalHours: "number",
  slots: "integer",
} as const satisfies FlatSpec<LackingRow>;

/** The ledger's table with what its series lack. */
export type LedgerAnswer =
  | {
      readonly kind: "table";
      readonly table: FlatTable<LedgerRow>;
      readonly lacking: FlatTable<LackingRow>;
    }
  | TooWide;
