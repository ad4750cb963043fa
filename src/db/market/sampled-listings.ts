import type { Database } from "bun:sqlite";
import type { Identity } from "../../domain/asset-cluster.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { ImplausibleBits } from "../../domain/plausibility.ts";
import type { AssetClass } from "../../domain/quote.ts";
import { ExchangeStateRepository } from "./exchange-state-repository.ts";
import { DESCRIPTION, type InstrumentDescription } from "./instrument-descriptions.ts";

/** A listing with what the market review has decided about it. */
export interface SampledListing extends Omit<InstrumentDescription, "assetClass"> {
  readonly instrumentId: number;
  readonly assetClass: AssetClass | null;
  readonly assetId: string | null;
  readonly identity: Identity;
  /** Only what the review stored. */
  readonly implausible: ImplausibleBits;
}

const SELECT = `SELECT ${DESCRIPTION}, i.id AS instrumentId, i.asset_id AS assetId, i.identity, i.doubts AS implausible
  FROM instruments i WHERE i.exchange = ? AND i.status = 'listed' ORDER BY i.id`;

/** Reads what samples need of an exchange's listings besides its quotes. Keeps nothing. */
export class SampledListings {
  readonly #states: ExchangeStateRepository;
  readonly #select;

  constructor(db: Database) {
    this.#states = new ExchangeStateRepository(db);
    this.#select = db.query<SampledListing, [string]>(SELECT);
  }

  /** Rises whenever a known listing changes; a new one has an id that was not there before. */
  seq(exchange: ExchangeId): number {
    return this.#states.seqs(exchange)?.listingSeq ?? 0;
  }

  /** The listed instruments, in the order of their ids. */
  of(exchange: ExchangeId): readonly SampledListing[] {
    return this.#select.all(exchange);
  }
}
