import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { LastQuotes, LastRow } from "../db/market/last-quotes.ts";
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
  readonly before: readonly LastRow[];
}

/** Called right after a batch's commit. What it returns is not waited for. */
export type OnAccepted = (accepted: Accepted) => void;

export interface LiveWriterDeps {
  readonly history: HistoryStore;
  readonly lastQuotes: Pick<LastQuotes, "of">;
  readonly descriptions: Pick<InstrumentDescriptions, "of">;
  readonly log: Log;
}

interface Found {
  readonly uid: string;
  readonly settled: SettledRate;
  readonly origin: SettlementOrigin;
}

/** Stores the payments that live rows state, and estimates of those that only the time between two rows proves. */
export class LiveWriter {
  readonly #history: HistoryStore;
  readonly #lastQuotes: Pick<LastQuotes, "of">;
  readonly #descriptions: Pick<InstrumentDescriptions, "of">;
  readonly #log: Log;
  readonly #writes = new BackgroundWrites();

  constructor({ history, lastQuotes, descriptions, log }: LiveWriterDeps) {
    this.#history = history;
    this.#lastQuotes = lastQuotes;
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
      for (const { uid, settled, origin } of found) {
        const id = series.idOf(uid) ?? this.#added(uid);
        if (id !== null) settlements.put(id, settled, origin);
      }
    });
  }

  #found({ exchange, atMs, periodMs, quotes, before }: Accepted): readonly Found[] {
    const last = new Map(before.map((row) => [row.exchangeSymbol, row]));
    const found: Found[] = [];
    const charged: [string, SettledRate][] = [];
    for (const quote of quotes) {
      const known = last.get(quote.exchangeSymbol) ?? null;
      const estimate = known === null ? null : estimateOf(known, quote, periodMs);
      if (known !== null && estimate !== null)
        found.push({ uid: known.uid, settled: estimate, origin: "estimated" });
      const settled = chargedOf(quote, known, atMs);
      if (settled !== null) charged.push([quote.exchangeSymbol, settled]);
    }
    if (charged.length === 0) return found;
    // The batch may have begun a new listing under a known symbol.
    const now = this.#lastQuotes.of(exchange);
    const uids = new Map(now.map(({ exchangeSymbol, uid }) => [exchangeSymbol, uid]));
    for (const [symbol, settled] of charged) {
      const uid = uids.get(symbol);
      if (uid !== undefined) found.push({ uid, settled, origin: "row" });
    }
    return found;
  }

  #added(uid: string): number | null {
    const description = this.#descriptions.of(uid);
    return description === null ? null : this.#history.series.ensure(description).id;
  }
}
