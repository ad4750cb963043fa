import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { KnownInstrument } from "../../domain/instrument-lifecycle.ts";

export type ExchangeInstruments = Map<string, KnownInstrument>;

type InstrumentRow = Omit<KnownInstrument, "price"> & {
  readonly exchangeSymbol: string;
  readonly lastPrice: number | null;
  readonly breakPrice: number | null;
  readonly breakBatches: number;
};

const COLUMNS = `id, exchange_symbol AS exchangeSymbol, base, quote, settle, multiplier,
  asset_class AS assetClass, accrual, listed_at AS listedAt, last_seen AS lastSeen, status,
  missed_batches AS missedBatches, last_interval_hours AS lastIntervalHours,
  coalesce(q.index_price, q.mark_price, q.last_price) / multiplier AS lastPrice, break_price AS breakPrice,
  break_batches AS breakBatches`;

/** The current instruments of one exchange by symbol. */
export function loadInstruments(db: Database, exchange: ExchangeId): ExchangeInstruments {
  const rows = db
    .query<InstrumentRow, [string]>(
      `SELECT ${COLUMNS} FROM instruments LEFT JOIN quotes q ON q.instrument_id = id
       WHERE exchange = ? AND status <> 'replaced'`,
    )
    .all(exchange);
  return new Map(
    rows.map(({ exchangeSymbol, lastPrice: last, breakPrice, breakBatches, ...known }) => [
      exchangeSymbol,
      { ...known, price: { last, breakPrice, breakBatches, isBroken: false } },
    ]),
  );
}
