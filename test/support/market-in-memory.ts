import type { ExchangeMarket, MarketState } from "../../src/db/market/market-reader.ts";
import type { Progress } from "../../src/db/market/epoch-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { ExchangeState, MarketRecord } from "../../src/domain/market.ts";
import { NO_OPPORTUNITIES } from "../../src/domain/opportunity.ts";
import { stateOf } from "./board.ts";

/** A stored market without a database, read by the board like the real one. */
export class MarketInMemory {
  readonly #states = new Map<ExchangeId, ExchangeState>();
  readonly #records = new Map<ExchangeId, readonly MarketRecord[]>();
  #progress: Progress;

  constructor(exchanges: readonly ExchangeId[], atMs: number) {
    this.#progress = { epoch: 1, seq: 0, changedAtMs: atMs, heartbeatAtMs: null };
    for (const exchange of exchanges) {
      this.#states.set(exchange, stateOf(exchange, { commitSeq: 0, lastOkAtMs: null }));
      this.#records.set(exchange, []);
    }
  }

  /** The exchange has these rows from now on. */
  commit(exchange: ExchangeId, records: readonly MarketRecord[], atMs: number): void {
    this.#records.set(exchange, records);
    this.change(exchange, { lastOkAtMs: atMs, commitSeq: this.#progress.seq + 1 }, atMs);
  }

  change(exchange: ExchangeId, change: Partial<ExchangeState>, atMs: number): void {
    const state = this.#states.get(exchange);
    if (state === undefined) throw new Error(`${exchange} is not in this market`);
    this.#states.set(exchange, { ...state, ...change });
    this.#progress = { ...this.#progress, seq: this.#progress.seq + 1, changedAtMs: atMs };
  }

  progress(): Progress {
    return this.#progress;
  }

  knowsBase(): boolean {
    return true;
  }

  readExchange(exchange: ExchangeId): ExchangeMarket {
    const commitSeq = this.#states.get(exchange)?.commitSeq ?? 0;
    const rows = this.#records.get(exchange) ?? [];
    return { commitSeq, rows, listings: rows };
  }

  read(wants: (state: ExchangeState) => boolean): MarketState {
    const states = [...this.#states.values()];
    const rows = new Map(
      states.filter(wants).map(({ exchange }) => [exchange, this.readExchange(exchange).rows]),
    );
    return {
      progress: this.#progress,
      states,
      rows,
      listings: rows,
      opportunities: NO_OPPORTUNITIES,
    };
  }
}
