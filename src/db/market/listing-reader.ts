import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { MarketRecord } from "../../domain/market.ts";
import type { TextPool } from "./text-pool.ts";

/** The columns of a listing that rarely change. `implausible` is only what the market review stored. */
export type Listing = Pick<
  MarketRecord,
  | "instrumentId"
  | "uid"
  | "exchange"
  | "exchangeSymbol"
  | "base"
  | "quote"
  | "settle"
  | "assetId"
  | "identity"
  | "multiplier"
  | "tickerMultiplier"
  | "assetClass"
  | "accrual"
  | "listedAtMs"
  | "firstSeenMs"
  | "intervalChangedAtMs"
  | "implausible"
>;

/** As stored: the exchange is the requested one. */
type ListingRow = Omit<Listing, "exchange">;

/** A listing and its position among those of its exchange with a quote, ordered by exchange_symbol. */
interface Placed {
  readonly place: number;
  readonly listing: Listing;
}

/** The listings of an exchange; the same object until one of them changes. */
interface KnownListings {
  readonly version: string;
  readonly byId: ReadonlyMap<number, Placed>;
  /** Ordered by exchange_symbol. */
  readonly listings: readonly Listing[];
}

const SELECT_LISTINGS = `SELECT i.id AS instrumentId, i.uid, i.exchange_symbol AS exchangeSymbol, i.base,
    i.quote, i.settle, i.asset_id AS assetId, i.identity, coalesce(i.proven_multiplier, i.multiplier) AS multiplier,
    i.multiplier AS tickerMultiplier, coalesce(i.settled_class, i.asset_class) AS assetClass, i.accrual,
    i.listed_at AS listedAtMs, i.first_seen AS firstSeenMs, i.interval_changed_at AS intervalChangedAtMs, i.doubts AS implausible
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.exchange = ? AND i.status = 'listed'
  ORDER BY i.exchange_symbol`;

/** Reads listings again only after a change: their texts take longer to read than all numbers of a quote. */
export class ListingReader {
  readonly #texts: TextPool;
  readonly #select;
  readonly #known = new Map<ExchangeId, KnownListings>();

  constructor(db: Database, texts: TextPool) {
    this.#texts = texts;
    this.#select = db.query<ListingRow, [string]>(SELECT_LISTINGS);
  }

  /**
   * The listings of an exchange as of `version`. `ids` are those with a quote: if they differ from the known ones, which
   * does not raise the version, all listings are read again.
   */
  of(exchange: ExchangeId, version: string, ids: readonly number[]): KnownListings {
    const known = this.#known.get(exchange);
    const isKnown =
      known?.version === version &&
      known.byId.size === ids.length &&
      ids.every((id) => known.byId.has(id));
    if (isKnown) return known;
    const rows = this.#select.all(exchange);
    this.#texts.expect(exchange, rows.length);
    const listings = rows.map((row) =>
      this.#shared(exchange, row, known?.byId.get(row.instrumentId)?.listing),
    );
    const byId = new Map<number, Placed>();
    for (const [place, listing] of listings.entries())
      byId.set(listing.instrumentId, { place, listing });
    const read = { version, byId, listings };
    this.#known.set(exchange, read);
    return read;
  }

  /**
   * A copy of the row with shared texts: assigning them to the row takes twice as long. Those that no other listing has
   * are shared with the same listing as it was `before`, not in the pool, which would take three megabytes for them.
   */
  #shared(exchange: ExchangeId, row: ListingRow, before: Listing | undefined): Listing {
    const texts = this.#texts;
    return {
      instrumentId: row.instrumentId,
      uid: row.uid === before?.uid ? before.uid : row.uid,
      exchange,
      exchangeSymbol:
        row.exchangeSymbol === before?.exchangeSymbol ? before.exchangeSymbol : row.exchangeSymbol,
      base: texts.shared(row.base),
      quote: texts.shared(row.quote),
      settle: texts.shared(row.settle),
      assetId: texts.shared(row.assetId),
      identity: texts.shared(row.identity),
      multiplier: row.multiplier,
      tickerMultiplier: row.tickerMultiplier,
      assetClass: texts.shared(row.assetClass),
      accrual: texts.shared(row.accrual),
      listedAtMs: row.listedAtMs,
      firstSeenMs: row.firstSeenMs,
      intervalChangedAtMs: row.intervalChangedAtMs,
      implausible: row.implausible,
    };
  }
}
