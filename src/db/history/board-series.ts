import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { FlagBits } from "../../domain/flags.ts";
import type { EventKind } from "./sample-schema.ts";
import { type SeriesTerms, termsOf } from "./series-terms.ts";

/** A series that may have been listed at a moment, with what was known of it then. */
export interface ListedSeries extends Omit<SeriesTerms, "multiplier"> {
  readonly id: number;
  readonly uid: string;
  readonly exchangeSymbol: string;
  /** Null if the terms of that time were not kept: then the class is null, too, and the names are the last ones. */
  readonly multiplier: number | null;
  /** 0 if none are stored. */
  readonly flags: FlagBits;
  /** Null: no price had identified it. */
  readonly assetId: string | null;
}

/** The last event of a series up to the second ?2. One seek each: a series may have thousands. */
export const lastEvent = (kind: EventKind) =>
  `(SELECT value FROM series_events WHERE series_id = s.id AND kind = '${kind}' AND at <= ?2 ORDER BY at DESC LIMIT 1)`;

const SELECT_LISTED = `SELECT id, uid, exchange_symbol AS exchangeSymbol, base, quote, settle, accrual,
    CAST(coalesce(${lastEvent("flags")}, 0) AS INTEGER) AS flags, ${lastEvent("asset_id")} AS assetId,
    ${lastEvent("terms")} AS terms
  FROM series s
  WHERE exchange = ?1 AND first_seen < (?2 + 1) * 1000 AND (ended_at IS NULL OR ended_at >= ?3 * 1000)
  ORDER BY exchange_symbol`;

/** Every base that a series had up to the second ?2; of one whose terms were not kept, the last one. */
const SELECT_BASES = `SELECT DISTINCT coalesce(json_extract(e.value, '$[0]'), s.base) AS base
  FROM series s LEFT JOIN series_events e ON e.series_id = s.id AND e.kind = 'terms' AND e.at <= ?2
  WHERE s.exchange = ?1 AND s.first_seen < (?2 + 1) * 1000`;

/** As stored: of terms that were kept, the columns of the series are the last ones. */
interface ListedRow extends Omit<ListedSeries, "multiplier" | "assetClass"> {
  readonly terms: string | null;
}

const NOT_KEPT = { multiplier: null, assetClass: null };

/** Reads which series were listed at a moment, in whole unix seconds, and what was known of them in that second. */
export class BoardSeries {
  readonly #listed;
  readonly #exchanges;
  readonly #bases;

  constructor(db: Database) {
    this.#listed = db.query<ListedRow, [string, number, number]>(SELECT_LISTED);
    this.#exchanges = db.query<{ exchange: ExchangeId }, []>(
      "SELECT DISTINCT exchange FROM series ORDER BY exchange",
    );
    this.#bases = db.query<{ base: string }, [string, number]>(SELECT_BASES);
  }

  /** Every exchange that has a series, ordered by id. */
  exchanges(): readonly ExchangeId[] {
    return this.#exchanges.all().map(({ exchange }) => exchange);
  }

  /**
   * The series of an exchange that had begun and were seen after `seenSince`, ordered by exchange_symbol. When a series
   * ended is not used beyond that: it is found out later.
   */
  listed(exchange: ExchangeId, at: number, seenSince: number): readonly ListedSeries[] {
    const rows = this.#listed.all(exchange, at, seenSince);
    return rows.map(({ terms, ...row }) => ({
      ...row,
      ...(terms === null ? NOT_KEPT : termsOf(terms)),
    }));
  }

  /** The bases that the series of an exchange had had by then. */
  basesUntil(exchange: ExchangeId, at: number): readonly string[] {
    return this.#bases.all(exchange, at).map(({ base }) => base);
  }
}
