import type { WrittenRefresh } from "../db/history/sample-writer.ts";
import type { SampledRefresh, SampledRow, SampledSeries } from "../db/history/sampled-refresh.ts";
import type { SampledListing, SampledListings } from "../db/market/sampled-listings.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import {
  type ExchangeTerms,
  flagBit,
  type FlagBits,
  type FlagInputs,
  flagsOf,
  LASTING_FLAGS,
} from "../domain/flags.ts";
import { observedAtMs } from "../domain/funding.ts";
import { withoutImplausible } from "../domain/plausibility.ts";
import type { Quote } from "../domain/quote.ts";
import type { Sample } from "../domain/sample.ts";
import { firstWhere } from "../domain/sorted-search.ts";
import type { Exchange, ExchangeFacts } from "../exchanges/exchange.ts";
import { termsOf } from "../exchanges/terms.ts";
import type { Accepted } from "./live-writer.ts";

const LASTING_BITS = LASTING_FLAGS.reduce((bits, flag) => bits | flagBit(flag), 0);

export interface SamplerDeps {
  /** The listings as they were just stored. */
  readonly listings: Pick<SampledListings, "seq" | "of">;
  readonly exchanges: readonly Exchange[];
  /** Stores the samples of one refresh, later if the file is locked. */
  readonly write: (
    exchange: ExchangeId,
    atMs: number,
    refresh: SampledRefresh,
  ) => Promise<WrittenRefresh>;
}

/** What the market review has decided; the same object for all listings of which it is the same. */
type Decided = Pick<SampledListing, "assetClass" | "identity" | "implausible">;

/** The listings of an exchange, ascending by id. Kept without their texts, which would take megabytes. */
interface KnownListings {
  readonly seq: number;
  readonly ids: Uint32Array;
  readonly decided: readonly Decided[];
  /** Until they are stored. */
  series: readonly SampledSeries[] | null;
}

/** Samples every instrument of an accepted batch, as the market has it after the commit. */
export class Sampler {
  readonly #deps: SamplerDeps;
  readonly #facts: ReadonlyMap<ExchangeId, ExchangeFacts>;
  readonly #known = new Map<ExchangeId, KnownListings>();
  readonly #decided = new Map<string, Decided>();

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    this.#facts = new Map(deps.exchanges.map(({ facts }) => [facts.id, facts]));
  }

  /**
   * Resolves when the samples are stored, or too late to be stored. Rejects as the write does. To be called for one batch
   * of an exchange at a time.
   */
  async accepted(batch: Accepted): Promise<WrittenRefresh> {
    const { exchange } = batch;
    const written = await this.#write(batch);
    if (written !== "undescribed") return written;
    // What was known of them is gone, as after the removal of samples with a wrong time.
    this.#known.delete(exchange);
    return await this.#write(batch);
  }

  async #write(batch: Accepted): Promise<WrittenRefresh> {
    const { exchange, atMs } = batch;
    const listings = this.#listingsOf(batch);
    const rows = this.#rowsOf(batch, listings);
    try {
      const { series } = listings;
      const written = await this.#deps.write(exchange, atMs, { listings, series, rows });
      if (written === "stored") listings.series = null;
      return written;
    } catch (error) {
      this.#known.delete(exchange);
      throw error;
    }
  }

  /** Read again only after a change: texts take longer to read than all numbers. */
  #listingsOf({ exchange, instrumentIds }: Accepted): KnownListings {
    const { listings } = this.#deps;
    const seq = listings.seq(exchange);
    const known = this.#known.get(exchange);
    if (known?.seq === seq && instrumentIds.every((id) => placeOf(known.ids, id) !== null))
      return known;
    const all = listings.of(exchange);
    const read = {
      seq,
      ids: Uint32Array.from(all, ({ instrumentId }) => instrumentId),
      decided: all.map((listing) => this.#shared(listing)),
      series: all.map((listing) => ({ series: listing, assetId: listing.assetId })),
    };
    this.#known.set(exchange, read);
    return read;
  }

  #shared({ assetClass, identity, implausible }: SampledListing): Decided {
    const key = `${assetClass} ${identity} ${implausible}`;
    const shared = this.#decided.get(key) ?? { assetClass, identity, implausible };
    this.#decided.set(key, shared);
    return shared;
  }

  #rowsOf(
    { exchange, atMs, periodMs, quotes, instrumentIds, frozen }: Accepted,
    { ids, decided }: KnownListings,
  ): readonly SampledRow[] {
    const terms = termsOf(this.#facts.get(exchange) ?? {}, periodMs);
    const rows: SampledRow[] = [];
    for (const [index, quote] of quotes.entries()) {
      const place = placeOf(ids, instrumentIds[index] ?? 0);
      const of = place === null ? undefined : decided[place];
      if (place === null || of === undefined) continue;
      const { implausible, ...quantities } = withoutImplausible(quote, of.implausible);
      const flags = lastingFlagsOf(
        {
          accrual: quote.accrual,
          assetClass: of.assetClass,
          fundingRate: quote.fundingRate,
          fundingIntervalHours: quote.fundingIntervalHours,
          nextFundingAtMs: quote.nextFundingAtMs,
          observedAtMs: observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs),
          frozen: frozen.has(quote.exchangeSymbol),
          settling: quote.settling,
          rateCap: quote.rateCap,
          rateFloor: quote.rateFloor,
          baselineRate: quote.baselineRate,
          volume24hUsd: quantities.volume24hUsd,
          identity: of.identity,
          implausible,
        },
        atMs,
        terms,
      );
      rows.push({ place, sample: sampleOf(quote, quantities), flags });
    }
    return rows;
  }
}

/** Where an id is among ascending ones; null if it is not. */
function placeOf(ids: Uint32Array, id: number): number | null {
  const place = firstWhere(0, ids.length, (index) => (ids[index] ?? 0) >= id);
  return ids[place] === id ? place : null;
}

/** The numbers of a row that its sample has. */
export function sampleOf(
  row: Pick<
    Quote,
    "fundingRate" | "fundingIntervalHours" | "nextFundingAtMs" | "markPrice" | "indexPrice"
  >,
  { openInterestUsd, volume24hUsd }: Pick<Sample, "openInterestUsd" | "volume24hUsd">,
): Sample {
  return {
    rate: row.fundingRate,
    intervalHours: row.fundingIntervalHours,
    nextFundingAtMs: row.nextFundingAtMs,
    markPrice: row.markPrice,
    indexPrice: row.indexPrice,
    openInterestUsd,
    volume24hUsd,
  };
}

/** The flags of a row that its sample has: without those that follow from the time. */
export function lastingFlagsOf(row: FlagInputs, atMs: number, terms: ExchangeTerms): FlagBits {
  return flagsOf(row, atMs, terms) & LASTING_BITS;
}
