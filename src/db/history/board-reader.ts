import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { MARKET_EVERY_S } from "../../domain/sample.ts";
import { sampleAtOf, type SampleAt } from "./codec/columns.ts";
import { DamagedBlob } from "./codec/envelope.ts";
import { openSections } from "./codec/sections.ts";
import type { Damage } from "./replay.ts";
import { LayerReader } from "./sample-layers.ts";
import { SampleStore } from "./sample-store.ts";
import { dayOf, hourOf } from "./sample-times.ts";
import { AxisCache } from "./stored-axes.ts";

/** What was known of all series at a moment. Times are unix seconds. */
export interface BoardAt {
  /** The moment: the one asked for, or the hour before it in a month of which only hours are kept. */
  readonly at: number;
  /** By series id. */
  readonly samples: ReadonlyMap<number, SampleAt>;
  readonly damages: readonly (Damage & { readonly exchange: ExchangeId })[];
}

/** Reads the whole board of a moment, on a connection that may be read-only. */
export class BoardReader {
  readonly #db: Database;
  readonly #store: SampleStore;
  readonly #axes = new AxisCache();

  constructor(db: Database) {
    this.#db = db;
    this.#store = new SampleStore(db);
  }

  /**
   * The last sample at or before `at` of each series of these exchanges, if it is not older than what its exchange
   * allows, in seconds. Nothing from after the moment.
   */
  at(at: number, staleAfterS: ReadonlyMap<ExchangeId, number>): BoardAt {
    // One transaction: a roll-up moves samples between two statements.
    return this.#db.transaction(() => this.#read(at, staleAfterS))();
  }

  /** When the first sample of any exchange was taken, to the hour; null if there is none. */
  firstTime(): number | null {
    return this.#store.firstTime();
  }

  #read(at: number, staleAfterS: ReadonlyMap<ExchangeId, number>): BoardAt {
    const samples = new Map<number, SampleAt>();
    const damages: (Damage & { readonly exchange: ExchangeId })[] = [];
    const exchanges = [...staleAfterS].map(([exchange, staleS]) => {
      // If any exchange has hours only, the moment is the last full hour.
      const from = hourOf(at) - staleS;
      const layers = new LayerReader(this.#store, exchange, from, at + 1, this.#axes);
      return { exchange, staleS, layers };
    });
    const isByHour = exchanges.some(({ layers }) => layers.isInMonth(at));
    const moment = isByHour ? hourOf(at) : at;
    for (const { exchange, staleS, layers } of exchanges) {
      const from = moment - staleS;
      const add = (seriesId: number, sample: SampleAt | null): void => {
        if (sample === null || sample.at < (samples.get(seriesId)?.at ?? from)) return;
        samples.set(seriesId, withoutOldMarket(sample, from - MARKET_EVERY_S));
      };
      // The first moments of a month may have been sampled in the one before, of which only hours are kept.
      if (isByHour || layers.isInMonth(from))
        this.#addFrames(exchange, hourOf(moment), add, damages);
      for (const group of layers.groups(from, moment + 1))
        group.ids.forEach((id, place) => add(id, group.sampleAt(place, moment)));
      for (const { seriesId, columns } of layers.refreshes(from, moment + 1))
        add(seriesId, sampleAtOf(columns, moment));
      damages.push(...layers.damages.map((damage) => ({ ...damage, exchange })));
    }
    return { at: moment, samples, damages };
  }

  /** The last samples of the hour that ends at a moment. */
  #addFrames(
    exchange: ExchangeId,
    moment: number,
    add: (seriesId: number, sample: SampleAt | null) => void,
    damages: (Damage & { readonly exchange: ExchangeId })[],
  ): void {
    const day = dayOf(moment - 1);
    const blob = this.#store.frameOf(exchange, day);
    if (blob === null) return;
    try {
      const frames = openSections(blob);
      frames.ids.forEach((id, place) => add(id, frames.sampleAt(place, moment - 1)));
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error;
      damages.push({ exchange, start: day, reason: error.message });
    }
  }
}

/** Prices and amounts that are older than `from` are not known any more. */
function withoutOldMarket(sample: SampleAt, from: number): SampleAt {
  if (sample.marketAt >= from) return sample;
  const unknown = Number.NaN;
  return {
    ...sample,
    marketAt: unknown,
    markPrice: unknown,
    indexPrice: unknown,
    openInterestUsd: unknown,
    volume24hUsd: unknown,
  };
}
