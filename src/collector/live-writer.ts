import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { LastRow } from "../db/market/last-quotes.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Quote } from "../domain/quote.ts";
import type { SettledRate, SettlementOrigin } from "../domain/settlement.ts";
import type { Log } from "../lib/log.ts";
import { BackgroundWrites } from "./background-writes.ts";
import type { HistoryStore } from "./history-store.ts";
import { chargedOf, estimateOf } from "./live-settlements.ts";

/** A batch that has just been committed, and the listed instruments as they were before it. */
export interface Accepted {
  readonly exchange: ExchangeId;
  readonly atMs: number;
  readonly periodMs: number;
  readonly quotes: readonly Quote[];
  /** Of each quote. */
  readonly instrumentIds: Uint32Array;
  /** Symbols whose exchange timestamp has not moved for too long. */
  readonly frozen: ReadonlySet<string>;
  readonly before: readonly LastRow[];
}

/** Called right after a batch's commit. What it returns is not waited for. */
export type OnAccepted = (accepted: Accepted) => void;

export interface LiveWriterDeps {
  readonly history: HistoryStore;
  readonly descriptions: Pick<InstrumentDescriptions, "of">;
  readonly log: Log;
}

interface Found {
  readonly instrumentId: number;
  readonly settled: SettledRate;
  readonly origin: SettlementOrigin;
}

/** Stores the payments that live rows state, and estimates of those that only the time between two rows proves. */
export class LiveWriter {
  readonly #history: HistoryStore;
  readonly #descriptions: Pick<InstrumentDescriptions, "of">;
  readonly #log: Log;
  readonly #writes = new BackgroundWrites();

  constructor({ history, descriptions, log }: LiveWriterDeps) {
    this.#history = history;
    this.#descriptions = descriptions;
    this.#log = log;
  }

  /** Stores what a batch reveals, later if the file is locked: no refresh waits for it. */
  readonly accepted: OnAccepted = (accepted) => {
    const { exchange } = accepted;
    this.#writes.add(this.#store(accepted), () =>
      this.#log.warn("settlements_dropped", { exchange }),
    );
  };

  /** Resolves when `lifetime` has ended and everything is stored. Rejects as HistoryStore.write does. */
  run(lifetime: AbortSignal): Promise<void> {
    return this.#writes.run(lifetime);
  }

  /** One transaction if there is anything to store, else none. */
  async #store(accepted: Accepted): Promise<void> {
    const found = this.#found(accepted);
    if (found.length === 0) return;
    const { series, settlements } = this.#history;
    await this.#history.write(() => {
      for (const { instrumentId, settled, origin } of found) {
        const description = this.#descriptions.of(instrumentId);
        if (description === null) continue;
        const id = series.idOf(description.uid) ?? series.ensure(description).id;
        settlements.put(id, settled, origin);
      }
    });
  }

  #found({ atMs, periodMs, quotes, instrumentIds, before }: Accepted): readonly Found[] {
    const last = new Map(before.map((row) => [row.exchangeSymbol, row]));
    const found: Found[] = [];
    for (const [index, quote] of quotes.entries()) {
      const known = last.get(quote.exchangeSymbol) ?? null;
      const estimate = known === null ? null : estimateOf(known, quote, periodMs);
      if (known !== null && estimate !== null)
        found.push({ instrumentId: known.instrumentId, settled: estimate, origin: "estimated" });
      const settled = chargedOf(quote, known, atMs);
      // The batch may have begun a new listing under a known symbol: it belongs to that one.
      const instrumentId = instrumentIds[index] ?? 0;
      if (settled !== null) found.push({ instrumentId, settled, origin: "row" });
    }
    return found;
  }
}
