import type { MarketReader } from "../db/market/market-reader.ts";
import type { SampledInstrument, WrittenRefresh } from "../db/history/sample-writer.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { type ExchangeTerms, flagBit, flagsOf, LASTING_FLAGS } from "../domain/flags.ts";
import type { MarketRecord } from "../domain/market.ts";
import type { Exchange, ExchangeFacts } from "../exchanges/exchange.ts";
import { termsOf } from "../exchanges/terms.ts";
import type { Accepted } from "./live-writer.ts";

const LASTING_BITS = LASTING_FLAGS.reduce((bits, flag) => bits | flagBit(flag), 0);

export interface SamplerDeps {
  /** The market as it was just stored. */
  readonly market: Pick<MarketReader, "readExchange">;
  readonly exchanges: readonly Exchange[];
  /** Stores the samples of one refresh, later if the file is locked. */
  readonly write: (
    exchange: ExchangeId,
    atMs: number,
    instruments: readonly SampledInstrument[],
  ) => Promise<WrittenRefresh>;
}

/** Samples every instrument of an accepted batch, as the market has it after the commit. */
export class Sampler {
  readonly #deps: SamplerDeps;
  readonly #facts: ReadonlyMap<ExchangeId, ExchangeFacts>;

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    this.#facts = new Map(deps.exchanges.map(({ facts }) => [facts.id, facts]));
  }

  /** Resolves when the samples are stored, or too late to be stored. Rejects as the write does. */
  async accepted({ exchange, atMs, periodMs, quotes }: Accepted): Promise<WrittenRefresh> {
    const { market, write } = this.#deps;
    const terms = termsOf(this.#facts.get(exchange) ?? {}, periodMs);
    // An instrument that was not in the batch still has its row: its state is not known.
    const symbols = new Set(quotes.map(({ exchangeSymbol }) => exchangeSymbol));
    const rows = market.readExchange(exchange)?.rows ?? [];
    const present = rows.filter(({ exchangeSymbol }) => symbols.has(exchangeSymbol));
    return await write(
      exchange,
      atMs,
      present.map((record) => sampledAt(record, atMs, terms)),
    );
  }
}

/** What is stored of an instrument that an accepted batch contains. */
export function sampledAt(
  record: MarketRecord,
  atMs: number,
  terms: ExchangeTerms,
): SampledInstrument {
  return {
    series: {
      uid: record.uid,
      exchange: record.exchange,
      exchangeSymbol: record.exchangeSymbol,
      base: record.base,
      quote: record.quote,
      settle: record.settle,
      multiplier: record.multiplier ?? record.tickerMultiplier,
      assetClass: record.assetClass,
      accrual: record.accrual,
      listedAt: record.listedAtMs,
      firstSeen: record.firstSeenMs,
      endedAt: null,
    },
    sample: {
      rate: record.fundingRate,
      intervalHours: record.fundingIntervalHours,
      nextFundingAtMs: record.nextFundingAtMs,
      markPrice: record.markPrice,
      indexPrice: record.indexPrice,
      openInterestUsd: record.openInterestUsd,
      volume24hUsd: record.volume24hUsd,
    },
    flags: flagsOf(record, atMs, terms) & LASTING_BITS,
    assetId: record.assetId,
  };
}
