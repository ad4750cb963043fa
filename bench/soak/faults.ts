import { ENCODERS } from "../../src/simulator/encoders.ts";
import { FAULTS } from "../../src/simulator/fault-names.ts";
import type { ExchangeName } from "../../src/simulator/listing.ts";
import { unit } from "../../src/simulator/random.ts";

/** Random faults on random exchanges, switched on and off at the simulator: the same seed gives the same faults. */

/** A fifth of all exchanges have a fault at any time: worse than a bad day of all of them together. */
const AT_ONCE = 8;

/** From less than one refresh at the soak's pace to ten of them, mostly short ones. */
const MIN_LASTS_MS = 3_000;
const MAX_LASTS_MS = 60_000;

/** One fault in three affects only one kind of request. */
const PARTIAL_SHARE = 1 / 3;
const MAX_DELAY_MS = 5_000;
const MAX_RETRY_AFTER_SECONDS = 20;

/**
 * A change of units is detected with 20 instruments of non-negligible rates, and not across a settlement: on a smaller
 * exchange, or while an hour ends, nothing in the payload shows it.
 */
const MIN_FOR_SCALE = 40;
const HOUR_MS = 3_600_000;

/** Attempts to find an exchange without a fault, and one of its requests. */
const TRIES = 20;

interface Trouble {
  readonly fault: string;
  readonly endsAtMs: number;
}

export class RandomFaults {
  readonly #origin: string;
  readonly #exchanges: readonly ExchangeName[];
  readonly #seed: number;
  readonly #instruments: (exchange: ExchangeName) => number;
  readonly #troubles = new Map<ExchangeName, Trouble>();
  #drawn = 0;
  /** Faults switched on so far, by name. */
  readonly counts = new Map<string, number>();

  constructor(of: {
    readonly origin: string;
    readonly exchanges: readonly ExchangeName[];
    readonly seed: number;
    readonly instruments: (exchange: ExchangeName) => number;
  }) {
    this.#origin = of.origin;
    this.#exchanges = of.exchanges;
    this.#seed = of.seed;
    this.#instruments = of.instruments;
  }

  /** "okx hang, gate html": the current faults. */
  get text(): string {
    return [...this.#troubles].map(([id, { fault }]) => `${id} ${fault}`).join(", ");
  }

  get active(): number {
    return this.#troubles.size;
  }

  /** Ends faults that have lasted long enough and starts as many others; `nowMs` is monotonic. */
  async turn(nowMs: number): Promise<void> {
    for (const [id, { endsAtMs }] of this.#troubles) if (endsAtMs <= nowMs) await this.#end(id);
    for (let tries = 0; this.active < AT_ONCE && tries < TRIES; tries += 1)
      await this.#begin(nowMs);
  }

  /** Ends all faults. */
  async stop(): Promise<void> {
    for (const id of this.#troubles.keys()) await this.#end(id);
  }

  async #begin(nowMs: number): Promise<void> {
    const exchange = this.#oneOf(this.#exchanges);
    const fault = this.#oneOf(FAULTS);
    if (exchange === undefined || fault === undefined) return;
    // Some faults cannot occur in some formats; the simulator would refuse them.
    if (this.#troubles.has(exchange) || ENCODERS[exchange].exceptions?.[fault] !== undefined)
      return;
    if (fault === "scaled_rates" && !this.#showsScale(exchange)) return;
    const lasts = MIN_LASTS_MS * (MAX_LASTS_MS / MIN_LASTS_MS) ** this.#random();
    const paths = this.#random() < PARTIAL_SHARE ? await this.#requestOf(exchange) : null;
    await this.#command("fault", {
      exchange,
      fault,
      ...(paths === null ? {} : { paths }),
      delay_ms: 1 + this.#random() * MAX_DELAY_MS,
      retry_after_seconds: Math.ceil(this.#random() * MAX_RETRY_AFTER_SECONDS),
    });
    this.#troubles.set(exchange, { fault, endsAtMs: nowMs + lasts });
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }

  /** Whether a change of units is certain to be detectable until its fault has ended. */
  #showsScale(exchange: ExchangeName): boolean {
    const leftMs = HOUR_MS - (Date.now() % HOUR_MS);
    const isLong = leftMs > 2 * MAX_LASTS_MS && leftMs < HOUR_MS - 2 * MAX_LASTS_MS;
    return isLong && this.#instruments(exchange) >= MIN_FOR_SCALE;
  }

  async #end(exchange: ExchangeName): Promise<void> {
    await this.#command("clear", { exchange });
    this.#troubles.delete(exchange);
  }

  /** The path of one of the exchange's past requests. */
  async #requestOf(exchange: ExchangeName): Promise<string | null> {
    const response = await fetch(`${this.#origin}/control/requests`);
    const requestCounts = Object.keys((await response.json()) as Record<string, number>);
    const paths = requestCounts.filter((request) => request.startsWith(`${exchange} `));
    return this.#oneOf(paths)?.slice(exchange.length + 1) ?? null;
  }

  async #command(name: string, body: object): Promise<void> {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${this.#origin}/control/${name}`, init);
    if (!response.ok) throw new Error(`${name}: ${await response.text()}`);
  }

  #oneOf<T>(members: readonly T[]): T | undefined {
    return members[Math.floor(this.#random() * members.length)];
  }

  #random(): number {
    this.#drawn += 1;
    return unit(this.#seed, this.#drawn);
  }
}
