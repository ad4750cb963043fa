import type { ExchangeId } from "../../domain/exchange.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { Persistence, PersistenceQuery, PersistenceReport } from "./persistence.ts";

/** The longest time that is looked back: frames are kept for as long. */
export const MAX_PERSISTENCE_DAYS = 35;

/** Exchanges of either leg: any. */
export const PERSISTENCE_FILTERS = { longExchanges: null, shortExchanges: null } as const;

/** A question about the persistence of spreads; a null list does not filter. */
export interface PersistenceTableQuery extends PersistenceQuery {
  /** Unix seconds; the full hours with fromS <= hour < toS are looked at. */
  readonly fromS: number;
  readonly toS: number;
  readonly longExchanges: readonly ExchangeId[] | null;
  readonly shortExchanges: readonly ExchangeId[] | null;
  /** Basis points per fill; exchanges of unknown fee are not in it. */
  readonly takerBps: readonly (readonly [ExchangeId, number])[];
}

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** The hour's frame is stored after the first refreshes in it: it is expected to be there this long after it began. */
const STORED_WITHIN_S = 300;

/** The full hours of the last days that are stored by now, unix seconds, half-open: the same for the whole hour. */
export function hoursUntil(asOfMs: number, days: number): { fromS: number; toS: number } {
  const lastS = Math.floor((asOfMs / 1000 - STORED_WITHIN_S) / HOUR_S) * HOUR_S;
  const toS = lastS + HOUR_S;
  return { fromS: toS - days * DAY_S, toS };
}

/** One age and horizon of a pair of exchanges; of all of them together where both are null. */
export interface PersistenceRow extends Persistence {
  readonly longExchange: string | null;
  readonly shortExchange: string | null;
}

export const PERSISTENCE_COLUMNS = {
  longExchange: "text",
  shortExchange: "text",
  ageHours: "integer",
  horizonHours: "integer",
  atRisk: "integer",
  ended: "integer",
  share: "number",
  low: "number",
  high: "number",
} as const satisfies FlatSpec<PersistenceRow>;

/**
 * Open pairs in all frames of one question together, at a quarter of a microsecond each on a busy machine: within its
 * time-out. Of a month, as many as 40,000 pairs that are open all the time.
 */
export const MAX_PAIR_HOURS = 30_000_000;

export type PersistenceAnswer =
  | (Omit<PersistenceReport, "rows" | "pairs"> & {
      readonly kind: "table";
      /** All exchanges together, then by pair of exchanges, those with the most spreads first. */
      readonly table: FlatTable<PersistenceRow>;
      /** Full hours whose frame is damaged. */
      readonly unreadableHours: number;
    })
  /** More than MAX_PAIR_HOURS. */
  | { readonly kind: "too_wide"; readonly pairHours: number };

/** The rows of a report as a table's. */
export function persistenceRows({ rows, pairs }: PersistenceReport): readonly PersistenceRow[] {
  const all = rows.map((row) => ({ longExchange: null, shortExchange: null, ...row }));
  const each = pairs.flatMap(({ longExchange, shortExchange, rows: own }) =>
    own.map((row) => ({ longExchange, shortExchange, ...row })),
  );
  return [...all, ...each];
}
