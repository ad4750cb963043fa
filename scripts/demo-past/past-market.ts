import { MarketReview } from "../../src/collector/market-review.ts";
import { periodOf } from "../../src/collector/runners.ts";
import { EpochRepository } from "../../src/db/market/epoch-repository.ts";
import { ExchangeStateRepository } from "../../src/db/market/exchange-state-repository.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { InstrumentDescriptions } from "../../src/db/market/instrument-descriptions.ts";
import { LegRepository } from "../../src/db/market/leg-repository.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { MarketWriter } from "../../src/db/market/market-writer.ts";
import { OpportunityRepository } from "../../src/db/market/opportunity-repository.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { SampledListings } from "../../src/db/market/sampled-listings.ts";
import { checkpoint, writeTransaction } from "../../src/db/open.ts";
import { startDatabase } from "../../src/db/start-database.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import { evenShareOf } from "../../src/domain/parity.ts";
import type { Quote } from "../../src/domain/quote.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { rejectCounts } from "../../src/collector/fetch-batch.ts";
import { simulatedSource } from "./simulated-source.ts";

/** A review decides nothing new after the one that saw all prices; more than this means that it goes in circles. */
const MAX_REVIEWS = 5;

export interface CollectedMarket {
  readonly exchanges: readonly Exchange[];
  readonly periodMs: number;
  /** The simulated market whose clock is the time of each refresh. */
  readonly market: Market;
}

/** The market file of the demo, filled by the parts of the collector from a simulated market in this process. */
export class PastMarket {
  readonly epoch: number;
  readonly reader: MarketReader;
  readonly legs: LegRepository;
  readonly descriptions: InstrumentDescriptions;
  readonly listings: SampledListings;
  readonly opportunities: OpportunityRepository;
  readonly periods: ReadonlyMap<ExchangeId, number>;
  readonly #db;
  readonly #of: CollectedMarket;
  readonly #writer: MarketWriter;
  readonly #review: MarketReview;

  /** Creates the file. Throws UnusableDatabase if it cannot be written. */
  constructor(path: string, of: CollectedMarket) {
    const { exchanges, periodMs, market } = of;
    const db = startDatabase(marketFile(path), () => {});
    const epochs = new EpochRepository(db);
    const states = new ExchangeStateRepository(db);
    this.#db = db;
    this.#of = of;
    this.#writer = new MarketWriter(db, epochs, states);
    this.#review = new MarketReview(new ReviewRepository(db, epochs), this.#writer);
    this.reader = new MarketReader(db);
    this.legs = new LegRepository(db);
    this.descriptions = new InstrumentDescriptions(db);
    this.listings = new SampledListings(db);
    this.opportunities = new OpportunityRepository(db, epochs);
    this.epoch = epochs.takeOver(market.nowMs());
    this.periods = new Map(exchanges.map(({ facts }) => [facts.id, periodOf(facts, periodMs, 0)]));
    writeTransaction(db, () => states.enableOnly(this.periods));
  }

  /** Stores what an exchange shows at the time of the market, and returns it with the ids of its instruments. */
  async refresh({ facts: { id }, refresh }: Exchange): Promise<{
    readonly quotes: readonly Quote[];
    readonly instrumentIds: Uint32Array;
  }> {
    const { market } = this.#of;
    const batch = await refresh(simulatedSource(market, id));
    const { quotes, expected } = batch;
    const atMs = market.nowMs();
    const instrumentIds = this.#writer.commit({
      exchange: id,
      epoch: this.epoch,
      atMs,
      quotes,
      frozen: new Set(),
      isExcused: () => false,
      complete: true,
      state: {
        atMs,
        symbols: quotes.length,
        trustedSize: quotes.length,
        expected,
        degradedBy: null,
        rejects: rejectCounts(batch),
        cycleMs: 0,
        pending: null,
        evenShare: evenShareOf(quotes.map(({ openInterestDigit }) => openInterestDigit)),
      },
    });
    return { quotes, instrumentIds };
  }

  /** The period of an exchange, ms. */
  periodOf({ facts: { id } }: Exchange): number {
    return this.periods.get(id) ?? this.#of.periodMs;
  }

  /** Decides which listings are one asset, and which numbers are implausible. */
  review(): void {
    const nowMs = this.#of.market.nowMs();
    for (let runs = 0; runs < MAX_REVIEWS; runs += 1)
      if (this.#review.run(this.epoch, nowMs) === 0) return;
    throw new Error(`the market is not decided after ${MAX_REVIEWS} reviews`);
  }

  /** Every listing with its last quote. */
  records(): readonly MarketRecord[] {
    return this.#of.exchanges.flatMap(
      ({ facts }) => this.reader.readExchange(facts.id)?.rows ?? [],
    );
  }

  close(): void {
    checkpoint(this.#db);
    this.#db.close();
  }
}
