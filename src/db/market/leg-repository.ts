import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { MarketRecord } from "../../domain/market.ts";
import { withoutImplausible } from "../../domain/plausibility.ts";

/** The fields of a record needed to compare listings, no more: they are read with each commit. */
export type LegRecord = Pick<
  MarketRecord,
  | "instrumentId"
  | "accrual"
  | "assetId"
  | "identity"
  | "multiplier"
  | "fundingRate"
  | "fundingIntervalHours"
  | "nextFundingAtMs"
  | "markPrice"
  | "indexPrice"
  | "lastPrice"
  | "implausible"
  | "observedAtMs"
  | "frozen"
>;

type Row = Omit<LegRecord, "frozen"> &
  Pick<MarketRecord, "openInterestUsd" | "volume24hUsd"> & { readonly frozen: number };

const SELECT = `SELECT i.id AS instrumentId, i.accrual, i.asset_id AS assetId, i.identity,
    coalesce(i.proven_multiplier, i.multiplier) AS multiplier, i.doubts AS implausible, q.funding_rate AS fundingRate,
    q.funding_interval_hours AS fundingIntervalHours, q.next_funding_at AS nextFundingAtMs,
    q.mark_price AS markPrice, q.index_price AS indexPrice, q.last_price AS lastPrice,
    q.open_interest_usd AS openInterestUsd, q.volume_24h_usd AS volume24hUsd, q.observed_at AS observedAtMs, q.frozen
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.exchange = ? AND i.status = 'listed'`;

/** Reads the listed instruments of an exchange for comparisons: a subset of MarketReader's columns. */
export class LegRepository {
  readonly #select;

  constructor(db: Database) {
    this.#select = db.query<Row, [string]>(SELECT);
  }

  of(exchange: ExchangeId): readonly LegRecord[] {
    return this.#select.all(exchange).map((row) =>
      Object.assign(row, {
        frozen: row.frozen === 1,
        implausible: withoutImplausible(row, row.implausible).implausible,
      }),
    );
  }
}
