import type { ExchangeFacts } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { Pacer } from "../lib/pacer.ts";

/** How often something that waits for spare time checks again. */
export const RECHECK_MS = 200;

type Pacing = ExchangeFacts["pacing"];
type Facts = Pick<ExchangeFacts, "pacing" | "requestsPerRefresh" | "requestsPerInstrument">;

/** What a request in spare time must leave to the refreshes. */
export interface SpareTimeDeps {
  readonly clock: Clock;
  readonly facts: Facts;
  /** All requests of the exchange. */
  readonly pacer: Pacer;
  /** Whether a request of a refresh, or of what belongs to it, is waiting to be sent. */
  readonly isBusy: () => boolean;
}

/**
 * When an exchange may be asked for something that can wait: between two refreshes, after one that was accepted, while
 * nothing else waits, and so that the next refresh finds all of its requests free. It uses at most half of the
 * exchange's pacing.
 */
export class SpareTime {
  readonly #deps: SpareTimeDeps;
  readonly #half: Pacer;
  #isOpen = false;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(deps: SpareTimeDeps) {
    this.#deps = deps;
    this.#half = new Pacer(deps.clock, halfOf(deps.facts.pacing));
  }

  /** A refresh begins: there is no spare time until one has been accepted. */
  refreshBegins(): void {
    this.#isOpen = false;
  }

  /** A batch was accepted; the next refresh begins at `dueMs` (monotonic) at the earliest. */
  refreshAccepted(dueMs: number): void {
    this.#isOpen = true;
    this.#dueMs = dueMs;
  }

  /** Whether one more request may be sent now. */
  get isFree(): boolean {
    const { clock, facts, pacer, isBusy } = this.#deps;
    if (!this.#isOpen || isBusy()) return false;
    const isForgottenByThen = this.#dueMs - clock.monotonicMs() >= facts.pacing.perMs;
    return this.#half.free > 0 && pacer.free > (isForgottenByThen ? 0 : reserveOf(facts));
  }

  /** Resolves when a request may be sent, or when `signal` aborts. Takes nothing. */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      if (this.isFree || signal?.aborted === true) return;
      await this.#deps.clock.sleep(RECHECK_MS, signal);
    }
  }

  /** Counts a request that is sent now. Call it only while `isFree`. */
  take(): void {
    // Both are free: neither waits.
    void this.#half.turn();
    void this.#deps.pacer.turn();
  }
}

function halfOf({ requests, perMs }: Pacing): Pacing {
  return requests > 1
    ? { requests: Math.floor(requests / 2), perMs }
    : { requests, perMs: 2 * perMs };
}

/** What a refresh sends at once. */
function reserveOf({ pacing, requestsPerRefresh, requestsPerInstrument }: Facts): number {
  return requestsPerInstrument === undefined
    ? Math.min(requestsPerRefresh, pacing.requests)
    : pacing.requests;
}
