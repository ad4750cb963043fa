import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Accrual, IntervalSource } from "../../domain/quote.ts";

/** The last accepted numbers of one instrument, to compare a new batch with. Same units as Quote. */
export interface LastQuote {
  readonly exchangeSymbol: string;
  readonly accrual: Accrual;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  readonly lastPrice: number | null;
  readonly observedAtMs: number;
}

/** The same with what only its past needs. */
export interface LastRow extends LastQuote {
  readonly instrumentId: number;
  readonly intervalSource: IntervalSource | null;
  readonly settledAtMs: number | null;
  readonly settling: 0 | 1;
  readonly frozen: 0 | 1;
}

const SELECT = `SELECT i.exchange_symbol AS exchangeSymbol, i.accrual, q.funding_rate AS fundingRate,
    q.funding_interval_hours AS fundingIntervalHours, q.next_funding_at AS nextFundingAtMs,
    q.mark_price AS markPrice, q.index_price AS indexPrice, q.last_price AS lastPrice, q.observed_at AS observedAtMs,
    i.id AS instrumentId, q.interval_source AS intervalSource, q.settled_at AS settledAtMs, q.settling, q.frozen
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.exchange = ? AND i.status = 'listed'`;

/** The last accepted numbers of the listed instruments of one exchange. */
export class LastQuotes {
  readonly #select;

  constructor(db: Database) {
    this.#select = db.query<LastRow, [string]>(SELECT);
  }

  of(exchange: ExchangeId): readonly LastRow[] {
    return this.#select.all(exchange);
  }
}
