import { HistoryStore } from "../../src/collector/history-store.ts";
import { Sampler } from "../../src/collector/sampler.ts";
import { periodOf } from "../../src/collector/runners.ts";
import { marketFile } from "../../src/db/market/file.ts";
import type { LegRecord } from "../../src/db/market/leg-repository.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { refreshOf } from "../../src/db/history/sampled-refresh.ts";
import { startDatabase } from "../../src/db/start-database.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { termsOf } from "../../src/exchanges/terms.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Log } from "../../src/lib/log.ts";
import { Market } from "../../src/simulator/running-market.ts";
import { PastInstrument } from "./past-instrument.ts";
import { PastMarket } from "./past-market.ts";
import { hourAfter, momentsOf } from "./moments.ts";
import { PastPairs } from "./past-pairs.ts";
import { sampledRecord } from "./sampled-record.ts";

export interface PastPlan {
  /** The market file; the history is written next to it. Neither exists. */
  readonly path: string;
  readonly exchanges: readonly Exchange[];
  /** Between two refreshes of an exchange. */
  readonly periodMs: number;
  readonly nowMs: () => number;
  readonly days: number;
  /** So many assets, those with the largest volume. */
  readonly assets: number;
  /** Of the simulated market; it must be the one that is served. */
  readonly scale?: number;
  readonly log: Log;
  /** Once aborted, nothing more is written. */
  readonly until: AbortSignal;
}

export interface WrittenPast {
  readonly assets: number;
  readonly instruments: number;
  readonly samples: number;
}

/**
 * Writes what the service would have stored of the simulated market at some moments of its past: instruments first seen
 * at the first of them, samples and opportunities at each. It ends as if the service had stopped one period ago. Null if
 * it was interrupted. Throws as the parts of the collector do.
 */
export async function writePast(plan: PastPlan): Promise<WrittenPast | null> {
  const { path, until, log } = plan;
  startDatabase(marketFile(path), () => {}).close();
  startDatabase(historyFile(path), () => {}).close();
  const history = await HistoryStore.open(path, { clock: systemClock, log, until });
  const writer = new PastWriter(plan, history);
  try {
    await history.takenOver;
    return await writer.write();
  } finally {
    history.close();
    writer.close();
  }
}

class PastWriter {
  readonly #plan: PastPlan;
  readonly #history: HistoryStore;
  readonly #moments: readonly number[];
  readonly #market: Market;
  readonly #past: PastMarket;
  /** The time of the simulated market. */
  #atMs: number;
  #instruments: ReadonlyMap<ExchangeId, readonly PastInstrument[]> = new Map();

  constructor(plan: PastPlan, history: HistoryStore) {
    const { path, exchanges, periodMs, scale = 1 } = plan;
    this.#plan = plan;
    this.#history = history;
    const endMs =
      plan.nowMs() - Math.max(...exchanges.map(({ facts }) => periodOf(facts, periodMs, 0)));
    this.#moments = momentsOf(endMs, plan.days);
    this.#atMs = this.#moments[0] ?? endMs;
    this.#market = new Market({ nowMs: () => this.#atMs, scale });
    this.#past = new PastMarket(path, { exchanges, periodMs, market: this.#market });
  }

  async write(): Promise<WrittenPast | null> {
    const { exchanges, until, log } = this.#plan;
    const past = this.#past;
    const firstMs = this.#atMs;
    for (const exchange of exchanges) {
      if (await this.#isInterrupted()) return null;
      await past.refresh(exchange);
    }
    past.review();
    const chosen = largestOf(past.records(), this.#plan.assets);
    this.#instruments = instrumentsOf(chosen.records);
    const legs = (exchange: ExchangeId): readonly LegRecord[] =>
      (this.#instruments.get(exchange) ?? []).map(({ record }) => record);
    const pairs = new PastPairs({ past, history: this.#history, log }, firstMs);
    let beforeMs = firstMs;
    for (const momentMs of this.#moments) {
      if (await this.#isInterrupted()) return null;
      this.#atMs = momentMs;
      for (const exchange of exchanges) await this.#sample(exchange);
      pairs.check({ atMs: momentMs, everyMs: momentMs - beforeMs, legs });
      pairs.store(hourAfter(momentMs));
      beforeMs = momentMs;
    }
    for (const exchange of exchanges) {
      if (await this.#isInterrupted()) return null;
      await this.#arrive(exchange);
    }
    const atMs = this.#plan.nowMs();
    pairs.check({ atMs, everyMs: atMs - beforeMs, legs: (exchange) => past.legs.of(exchange) });
    await pairs.close();
    const instruments = chosen.records.length;
    const samples = this.#moments.length * instruments;
    return until.aborted ? null : { assets: chosen.assets, instruments, samples };
  }

  close(): void {
    this.#past.close();
  }

  /** Signals are received between two steps only. */
  async #isInterrupted(): Promise<boolean> {
    await systemClock.sleep(0);
    return this.#plan.until.aborted;
  }

  /** Samples the chosen instruments of an exchange as the simulated market shows them. */
  async #sample(exchange: Exchange): Promise<void> {
    const { id } = exchange.facts;
    const atMs = this.#atMs;
    const instruments = this.#instruments.get(id) ?? [];
    const bySymbol = new Map(instruments.map((one) => [one.record.exchangeSymbol, one]));
    const truth = this.#market.truth(id, new Set(bySymbol.keys()));
    for (const shown of truth.instruments) bySymbol.get(shown.exchange_symbol)?.take(shown, atMs);
    const terms = termsOf(exchange.facts, this.#past.periodOf(exchange));
    const samples = instruments.map(({ record }) => sampledRecord(record, atMs, terms));
    await this.#history.sample(id, atMs, refreshOf(samples, this));
  }

  /** Refreshes an exchange as of one period ago: the service refreshes it again at once, and its rows are not stale. */
  async #arrive(exchange: Exchange): Promise<void> {
    const periodMs = this.#past.periodOf(exchange);
    this.#atMs = this.#plan.nowMs() - periodMs;
    const refreshed = await this.#past.refresh(exchange);
    const sampler = new Sampler({
      listings: this.#past.listings,
      exchanges: [exchange],
      write: (...refresh) => this.#history.sample(...refresh),
    });
    const { id } = exchange.facts;
    await sampler.accepted({
      ...refreshed,
      exchange: id,
      atMs: this.#atMs,
      periodMs,
      frozen: new Set(),
      before: [],
    });
  }
}

/** The listings of the assets with the largest volume over all exchanges. */
function largestOf(
  records: readonly MarketRecord[],
  assets: number,
): { readonly assets: number; readonly records: readonly MarketRecord[] } {
  const volumes = new Map<string, number>();
  for (const { assetId, volume24hUsd } of records)
    if (assetId !== null) volumes.set(assetId, (volumes.get(assetId) ?? 0) + (volume24hUsd ?? 0));
  const ordered = [...volumes].toSorted(([, one], [, other]) => other - one).slice(0, assets);
  const chosen = new Set(ordered.map(([assetId]) => assetId));
  return {
    assets: chosen.size,
    records: records.filter(({ assetId }) => assetId !== null && chosen.has(assetId)),
  };
}

function instrumentsOf(
  records: readonly MarketRecord[],
): ReadonlyMap<ExchangeId, readonly PastInstrument[]> {
  const byExchange = new Map<ExchangeId, PastInstrument[]>();
  for (const record of records) {
    const instruments = byExchange.get(record.exchange) ?? [];
    instruments.push(new PastInstrument(record));
    byExchange.set(record.exchange, instruments);
  }
  return byExchange;
}
