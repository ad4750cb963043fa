import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Accrual } from "../../domain/quote.ts";

/** What a uid stands for, for files that must be complete without the market. Times are unix ms. */
export interface InstrumentDescription {
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  readonly assetClass: string | null;
  readonly accrual: Accrual;
  /** As stated by the exchange, null if it states none. */
  readonly listedAt: number | null;
  readonly firstSeen: number;
  /** When it was last seen, if it is not listed any more. */
  readonly endedAt: number | null;
}

/** An instrument with what its past is read by. */
export interface DatedInstrument extends InstrumentDescription {
  /** The last known one. */
  readonly fundingIntervalHours: number | null;
  /** When an earlier listing under the same symbol was last seen: what is older belongs to that one. Null: none. */
  readonly symbolFreeAt: number | null;
  /** When it was last seen, if a later listing has its symbol: what is newer belongs to that one. Null: none. */
  readonly symbolTakenAt: number | null;
}

/** An instrument that is not listed any more, with when it was last seen. */
export type EndedInstrument = Pick<InstrumentDescription, "uid"> & { readonly endedAt: number };

/** The columns of an InstrumentDescription, of the table as `i`. What the market review has proven comes first. */
export const DESCRIPTION = `i.uid, i.exchange, i.exchange_symbol AS exchangeSymbol, i.base, i.quote, i.settle,
  coalesce(i.proven_multiplier, i.multiplier) AS multiplier, coalesce(i.settled_class, i.asset_class) AS assetClass, i.accrual, i.listed_at AS listedAt, i.first_seen AS firstSeen,
  CASE WHEN i.status = 'listed' THEN NULL ELSE i.last_seen END AS endedAt`;

const SYMBOL_TIMES = `(SELECT max(o.last_seen) FROM instruments o WHERE o.exchange = i.exchange AND o.id < i.id
    AND o.status = 'replaced' AND o.exchange_symbol = i.exchange_symbol) AS symbolFreeAt,
  CASE WHEN i.status = 'replaced' THEN i.last_seen END AS symbolTakenAt`;

/** Reads instruments as the market describes them. */
export class InstrumentDescriptions {
  readonly #byId;
  readonly #listed;
  readonly #ended;
  readonly #endedSince;
  readonly #uids;

  constructor(db: Database) {
    this.#byId = db.query<InstrumentDescription, [number]>(
      `SELECT ${DESCRIPTION} FROM instruments i WHERE i.id = ?`,
    );
    this.#listed = db.query<DatedInstrument, [string]>(
      `WITH assets AS MATERIALIZED (
         SELECT coalesce(i.asset_id, i.base) AS asset, total(q.volume_24h_usd) AS volume
         FROM instruments i JOIN quotes q ON q.instrument_id = i.id
         WHERE i.status = 'listed' GROUP BY 1)
       SELECT ${DESCRIPTION}, q.funding_interval_hours AS fundingIntervalHours, ${SYMBOL_TIMES}
       FROM instruments i JOIN quotes q ON q.instrument_id = i.id
         JOIN assets a ON a.asset = coalesce(i.asset_id, i.base)
       WHERE i.exchange = ? AND i.status = 'listed'
       ORDER BY a.volume DESC, q.volume_24h_usd DESC NULLS LAST, i.id`,
    );
    this.#endedSince = db.query<DatedInstrument, [string, number]>(
      `SELECT ${DESCRIPTION}, i.last_interval_hours AS fundingIntervalHours, ${SYMBOL_TIMES}
       FROM instruments i WHERE i.exchange = ? AND i.status <> 'listed' AND i.last_seen >= ?
       ORDER BY i.last_seen, i.id`,
    );
    this.#uids = db.query<{ id: number; uid: string }, []>(
      "SELECT id, uid FROM instruments WHERE status IN ('listed', 'delisted')",
    );
    this.#ended = db.query<EndedInstrument, []>(
      "SELECT uid, last_seen AS endedAt FROM instruments WHERE status <> 'listed' ORDER BY id",
    );
  }

  /** The uids of all instruments that are or may be listed again, by id. */
  uids(): ReadonlyMap<number, string> {
    return new Map(this.#uids.all().map(({ id, uid }) => [id, uid]));
  }

  /** Null for an unknown id. */
  of(instrumentId: number): InstrumentDescription | null {
    return this.#byId.get(instrumentId);
  }

  /** The listed instruments of an exchange, those of the assets with the largest volume on all exchanges first. */
  listed(exchange: ExchangeId): readonly DatedInstrument[] {
    return this.#listed.all(exchange);
  }

  /** Those of an exchange that were last seen at `sinceMs` or later and are not listed any more, in that order. */
  endedSince(exchange: ExchangeId, sinceMs: number): readonly DatedInstrument[] {
    return this.#endedSince.all(exchange, sinceMs);
  }

  /** The instruments that are not listed any more. */
  ended(): readonly EndedInstrument[] {
    return this.#ended.all();
  }
}
