import type { ExchangeId } from "../domain/exchange.ts";
import type { Origin, OriginGap, OriginRequest } from "../domain/origin.ts";
import type { Exchange, Refreshed } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { EXPLAIN_WITHIN_MS } from "./pending-requests.ts";
import type { PayloadBudget, RecordedRefresh } from "./recorded-refresh.ts";

/** A batch is in the snapshot being served within 6 s of its commit: one it replaces is kept for more than twice that. */
export const REPLACED_KEPT_MS = 15_000;
/** Replaced batches per exchange; more than one only if the period is shorter than that. */
const MAX_REPLACED = 3;

/** A batch stays parsed this long: clients that request one row often request its neighbours. */
const PARSED_FOR_MS = 10_000;

/** Refreshes come first: parsing batches again may take this share of the thread's time. */
const MAX_TIME_SHARE = 0.1;
/** The last of these is answered within about a second; the main thread waits for two. */
export const MAX_WAITING = 4;

interface AcceptedBatch {
  readonly exchange: Exchange;
  /** The time of its commit, as in the state of the exchange; identifies the batch. */
  readonly storedAtMs: number;
  readonly refresh: RecordedRefresh;
}

/** A batch parsed again, or why it cannot be. */
type Reading = Promise<Refreshed | OriginGap>;

/** Explains rows from the stored payloads of the batches that snapshots contain. Never sends a request. */
export class Explainer {
  readonly budget: PayloadBudget;
  readonly #clock: Clock;
  readonly #lifetime: AbortSignal;
  /** Newest first. */
  readonly #batches = new Map<ExchangeId, readonly AcceptedBatch[]>();
  readonly #oneAtATime = new Semaphore(1);
  #waiting = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #parsed: AcceptedBatch | null = null;
  /** Of the queued batches, and of the one parsed last. */
  readonly #readings = new Map<AcceptedBatch, Reading>();

  constructor(deps: {
    readonly clock: Clock;
    readonly lifetime: AbortSignal;
    readonly budget: PayloadBudget;
  }) {
    this.#clock = deps.clock;
    this.#lifetime = deps.lifetime;
    this.budget = deps.budget;
  }

  /** Keeps the batch that was committed at `storedAtMs`, and the one before it for a moment. */
  accepted(exchange: Exchange, storedAtMs: number, refresh: RecordedRefresh): void {
    const { id } = exchange.facts;
    const replaced = this.#batches.get(id) ?? [];
    this.#keep(id, [{ exchange, storedAtMs, refresh }, ...replaced.slice(0, MAX_REPLACED)]);
    const [last] = replaced;
    if (last === undefined) return;
    void this.#clock.sleep(REPLACED_KEPT_MS, this.#lifetime).then(() => {
      const left = (this.#batches.get(id) ?? []).filter((batch) => batch !== last);
      this.#keep(id, left);
    });
  }

  /** The origin of a row of the batch stored at `storedAtMs`. Rejects if its payloads cannot be parsed again. */
  async explain({ exchange, exchangeSymbol, storedAtMs }: OriginRequest): Promise<Origin> {
    const batches = this.#batches.get(exchange);
    if (batches === undefined) return "not_in_memory";
    const batch = batches.find((one) => one.storedAtMs === storedAtMs);
    if (batch === undefined) return "being_replaced";
    if (!batch.refresh.isComplete) return "too_large";
    const read = await this.#read(batch);
    if (typeof read === "string") return read;
    return read.explain(exchangeSymbol) ?? "not_in_last_batch";
  }

  #keep(id: ExchangeId, batches: readonly AcceptedBatch[]): void {
    for (const batch of this.#batches.get(id) ?? []) {
      if (batches.includes(batch)) continue;
      batch.refresh.release();
      this.#readings.delete(batch);
    }
    this.#batches.set(id, batches);
  }

  /** Requests for the same batch share one reading. */
  #read(batch: AcceptedBatch): Reading {
    const known = this.#readings.get(batch);
    if (known !== undefined) return known;
    if (this.#waiting >= MAX_WAITING) return Promise.resolve("busy");
    this.#waiting += 1;
    const reading = this.#readInTurn(batch).finally(() => {
      this.#waiting -= 1;
    });
    this.#readings.set(batch, reading);
    return reading;
  }

  async #readInTurn(batch: AcceptedBatch): Reading {
    const requestedMs = this.#clock.monotonicMs();
    const release = await this.#oneAtATime.acquire();
    // Its requests will have timed out by then: parsing it would only delay the batches that follow.
    if (this.#notBeforeMs - requestedMs > EXPLAIN_WITHIN_MS) {
      this.#forget(batch);
      release();
      return "busy";
    }
    const waitMs = this.#notBeforeMs - this.#clock.monotonicMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs, this.#lifetime);
    const startedMs = this.#clock.monotonicMs();
    try {
      if (batch.refresh.isReleased) return "being_replaced";
      this.#forget(this.#parsed);
      this.#parsed = batch;
      return await batch.exchange.refresh(batch.refresh.replaying());
    } catch (error) {
      this.#forget(batch);
      if (batch.refresh.isReleased) return "being_replaced";
      throw error;
    } finally {
      const endedMs = this.#clock.monotonicMs();
      this.#notBeforeMs = endedMs + (endedMs - startedMs) * (1 / MAX_TIME_SHARE - 1);
      void this.#clock.sleep(PARSED_FOR_MS, this.#lifetime).then(() => this.#forget(batch));
      release();
    }
  }

  #forget(batch: AcceptedBatch | null): void {
    if (batch !== null) this.#readings.delete(batch);
  }
}
