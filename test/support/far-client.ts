import {
  HttpClient,
  type HttpRequest,
  type JsonReading,
  type JsonReply,
  type SendOptions,
} from "../../src/lib/http-client.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { ManualClock } from "./manual-clock.ts";

const TIMEOUT_MS = 10_000;

/** A client without a network: each response takes `latencyMs` of virtual time. */
export class FarClient extends HttpClient {
  readonly #clock: ManualClock;
  readonly #latencyMs: number;
  readonly startsMs: number[] = [];
  /** Of each start. */
  readonly urls: string[] = [];
  inFlight = 0;
  maxInFlight = 0;

  constructor(clock: ManualClock, latencyMs: number) {
    const limits = { timeoutMs: TIMEOUT_MS, maxBodyBytes: 1, maxHeldBytes: 1 };
    super({ clock, random: () => 0, userAgent: "test", limits });
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  override async json<T>(
    { url }: HttpRequest,
    { decode }: JsonReading<T>,
    { admission, signal }: SendOptions,
  ): Promise<JsonReply<T>> {
    const release = await admission?.(signal);
    this.startsMs.push(this.#clock.monotonicMs());
    this.urls.push(url);
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    await this.#clock.sleep(this.#latencyMs, signal);
    this.inFlight -= 1;
    release?.();
    if (signal?.aborted) throw new RequestFailure("timeout", "the refresh ran out of time");
    return { value: decode({}), bytes: 2, mostMembers: 1 };
  }
}

/** The largest number of starts within any `perMs`. */
export function maxStartsIn(startsMs: readonly number[], perMs: number): number {
  let max = 0;
  let from = 0;
  for (const [index, startMs] of startsMs.entries()) {
    while (startMs - (startsMs[from] ?? 0) >= perMs - 1e-6) from += 1;
    max = Math.max(max, index - from + 1);
  }
  return max;
}
