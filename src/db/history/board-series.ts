import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { FlagBits } from "../../domain/flags.ts";
import type { Accrual, AssetClass } from "../../domain/quote.ts";

/** A series that may have been listed at a moment, with what was known of it then. */
export interface ListedSeries {
  readonly id: number;
  readonly uid: string;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  readonly assetClass: AssetClass | null;
  readonly accrual: Accrual;
  /** 0 if none are stored. */
  readonly flags: FlagBits;
  /** Null: no price had identified it. */
  readonly assetId: string | null;
}

/** The last event of a series up to the second ?2. One seek each: a series may have thousands. */
export const lastEvent = (kind: "flags" | "asset_id") =>
  `(SELECT value FROM series_events WHERE series_id = s.id AND kind = '${kind}' AND at <= ?2 ORDER BY at DESC LIMIT 1)`;

const SELECT_LISTED = `SELECT id, uid, exchange_symbol AS exchangeSymbol, base, quote, settle, multiplier,
    asset_class AS assetClass, accrual, CAST(coalesce(${lastEvent("flags")}, 0) AS INTEGER) AS flags,
    ${lastEvent("asset_id")} AS assetId
  FROM series s
  WHERE exchange = ?1 AND first_seen < (?2 + 1) * 1000 AND (ended_at IS NULL OR ended_at >= ?3 * 1000)
  ORDER BY exchange_symbol`;

/** Reads which series were listed at a moment, in whole unix seconds, and what was known of them in that second. */
export class BoardSeries {
  readonly #listed;
  readonly #exchanges;
  readonly #bases;

  constructor(db: Database) {
    this.#listed = db.query<ListedSeries, [string, number, number]>(SELECT_LISTED);
    this.#exchanges = db.query<{ exchange: ExchangeId }, []>(
      "SELECT DISTINCT exchange FROM series ORDER BY exchange",
    );
    this.#bases = db.query<{ base: string }, [number]>(
      "SELECT DISTINCT base FROM series WHERE first_seen < (? + 1) * 1000",
    );
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
    return this.#listed.all(exchange, at, seenSince);
  }

  /** The bases of all series that had begun. */
  basesUntil(at: number): readonly string[] {
    return this.#bases.all(at).map(({ base }) => base);
  }
}
