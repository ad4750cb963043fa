import type { Decode, ExchangeFacts, ExchangeHttp } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import type { Admission, HttpClient, HttpRequest, SendOptions } from "../lib/http-client.ts";
import { Pacer } from "../lib/pacer.ts";
import type { RequestFailure } from "../lib/request-failure.ts";
import { type Release, Semaphore } from "../lib/semaphore.ts";
import { ReplyCaps } from "./reply-caps.ts";
import { RECHECK_MS, SpareTime } from "./spare-time.ts";

/**
 * Concurrent requests to one exchange: two, so that one slow list does not delay the rates. An exchange that is swept
 * instrument by instrument may have more (`facts.sweepInFlight`): its latency times its instruments fills a cycle.
 */
const SLOTS_PER_EXCHANGE = 2;

/** Concurrent requests to all exchanges: enough to refresh forty in a few seconds, few enough for memory. */
export const GLOBAL_SLOTS = 8;

/** At most this many of them are for swept exchanges, so that the others always find a slot. */
export const SWEEP_SLOTS = 5;

/**
 * Concurrent requests that can wait, to all exchanges: apart from the others, so that none of those ever waits for one.
 * At some 200 ms each, 20 a second.
 */
export const SPARE_SLOTS = 4;

/** A request without a response by then releases its global slot, so that a hanging host delays only itself. */
const GLOBAL_SLOT_LEASE_MS = 2_000;

/** What all exchanges share. */
export interface HttpShared {
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly globalSlots: Semaphore;
  /** Swept exchanges need one in addition to a global slot. */
  readonly sweepSlots: Semaphore;
  readonly spareSlots: Semaphore;
  /** Replaces every exchange's origin: `<originOverride>/<id>` or `/<id>.<host>`. Null: the real hosts. */
  readonly originOverride: string | null;
}

/** What is sent in spare time. */
interface SpareRequests {
  readonly pacing: ExchangeFacts["pacing"];
  readonly maxRows: number;
  readonly rank: () => number;
}

/** Sends one exchange's requests: paced, a few at a time, each to the exchange's own origin. */
export class ExchangeRequests {
  /** Maximum number of concurrent requests to this exchange. */
  readonly inFlight: number;
  /** When this exchange may be asked for what can wait. */
  readonly spareTime: SpareTime;
  readonly #facts: ExchangeFacts;
  readonly #shared: HttpShared;
  readonly #pacer: Pacer;
  readonly #slots: Semaphore;
  readonly #caps: ReplyCaps;
  /** Requests that wait to be sent, without those that can wait. */
  #waiting = 0;

  /** `knownRows`: instruments of the exchange's last accepted batch, 0 if there is none. */
  constructor(facts: ExchangeFacts, shared: HttpShared, knownRows = 0) {
    this.#facts = facts;
    this.#shared = shared;
    this.#caps = new ReplyCaps(knownRows);
    this.#pacer = new Pacer(shared.clock, facts.pacing);
    this.inFlight = facts.sweepInFlight ?? SLOTS_PER_EXCHANGE;
    this.#slots = new Semaphore(this.inFlight);
    this.spareTime = new SpareTime({
      clock: shared.clock,
      facts,
      pacer: this.#pacer,
      isBusy: () => this.#waiting > 0,
    });
  }

  /** Time-out of one try once it is sent. */
  get timeoutMs(): number {
    return this.#shared.client.timeoutMs;
  }

  /**
   * The requests of one cycle, which all end when `signal` aborts. `refusal` is called before each is sent, including
   * after waiting for a slot; a failure that it returns is thrown instead.
   */
  during(signal: AbortSignal, refusal: Refusal = () => null): ExchangeHttp {
    return this.#http({ signal, admission: this.#admission(refusal) });
  }

  /**
   * Requests that can wait: sent in spare time, within `pacing`, until `signal` aborts. Replies may have `maxRows` rows:
   * how many there are depends on the age of the instrument, not on the reply before. Of the exchanges that wait for the
   * same slot, the one with the lowest `rank` at that moment goes first.
   */
  whenSpare(signal: AbortSignal, { pacing, maxRows, rank }: SpareRequests): ExchangeHttp {
    const own = new Pacer(this.#shared.clock, pacing);
    return this.#http({ signal, admission: this.#spareAdmission(own, rank) }, maxRows);
  }

  #http(sending: Pick<SendOptions, "signal" | "admission">, expectedRows = 0): ExchangeHttp {
    return {
      get: (path, decode, host) =>
        this.#json({ method: "GET", url: this.#url(path, host), repeatable: true }, decode, {
          ...sending,
          expectedRows,
        }),
      postRead: (path, body, decode, host) =>
        this.#json({ method: "POST", url: this.#url(path, host), body, repeatable: true }, decode, {
          ...sending,
          expectedRows,
        }),
    };
  }

  async #json<T>(
    request: HttpRequest,
    decode: Decode<T>,
    {
      expectedRows,
      ...sending
    }: Pick<SendOptions, "signal" | "admission"> & { readonly expectedRows: number },
  ): Promise<T> {
    const { classifyFailure, statedWaitMs } = this.#facts;
    const [path = ""] = request.url.split("?", 1);
    const reading = { bounds: this.#caps.of(path, expectedRows), decode };
    const reply = await this.#shared.client.json(request, reading, {
      ...sending,
      ...(statedWaitMs === undefined ? {} : { readWait: statedWaitMs }),
      ...(classifyFailure === undefined ? {} : { classify: requestKindOnly(classifyFailure) }),
    });
    this.#caps.accept(path, reply);
    return reply.value;
  }

  #url(path: string, host = "main"): string {
    const origin = this.#facts.hosts[host];
    if (origin === undefined)
      throw new Error(`assertion failed: ${this.#facts.id} has no host ${host}`);
    const { originOverride } = this.#shared;
    if (originOverride === null) return origin + path;
    const name = host === "main" ? this.#facts.id : `${this.#facts.id}.${host}`;
    return `${originOverride}/${name}${path}`;
  }

  async #globalSlot(signal: AbortSignal | undefined): Promise<Release> {
    const { globalSlots, sweepSlots } = this.#shared;
    if (this.#facts.sweepInFlight === undefined) return globalSlots.acquire(signal);
    const releaseSweep = await sweepSlots.acquire(signal);
    try {
      const releaseGlobal = await globalSlots.acquire(signal);
      return () => {
        releaseGlobal();
        releaseSweep();
      };
    } catch (error) {
      releaseSweep();
      throw error;
    }
  }

  /**
   * First the exchange's own slot, then the pacer, then a global slot: waiting for one's own exchange blocks no other.
   */
  #admission(refusal: Refusal): Admission {
    return async (signal) => {
      this.#waiting += 1;
      try {
        return await this.#admit(refusal, signal);
      } finally {
        this.#waiting -= 1;
      }
    };
  }

  async #admit(refusal: Refusal, signal: AbortSignal | undefined): Promise<Release> {
    const releaseOwn = await this.#slots.acquire(signal);
    try {
      await this.#pacer.turn(signal);
      const refused = refusal();
      if (refused !== null) throw refused;
      const release = this.#leased(await this.#globalSlot(signal));
      return () => {
        release();
        releaseOwn();
      };
    } catch (error) {
      releaseOwn();
      throw error;
    }
  }

  /** First the times, then the slot, then the times again: a slot is never held by one that still waits. */
  #spareAdmission(own: Pacer, rank: SpareRequests["rank"]): Admission {
    return async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        await this.spareTime.wait(signal);
        const release = await this.#shared.spareSlots.acquire(signal, rank());
        if (this.spareTime.isFree && own.free > 0) {
          this.spareTime.take();
          void own.turn();
          return this.#leased(release);
        }
        release();
        await this.#shared.clock.sleep(RECHECK_MS, signal);
      }
    };
  }

  #leased(release: Release): Release {
    const cancelLease = this.#shared.clock.after(GLOBAL_SLOT_LEASE_MS, release);
    return () => {
      cancelLease();
      release();
    };
  }
}

/** Why a request must not be sent now; null if it may. */
type Refusal = () => RequestFailure | null;

type Classify = NonNullable<ExchangeFacts["classifyFailure"]>;

/** A refused batch is a verdict on data, so an HTTP status cannot be one. */
function requestKindOnly(classify: Classify) {
  return (status: number, bodyStart: string): RequestFailure["kind"] | null => {
    const kind = classify(status, bodyStart);
    return kind === "refused_batch" ? null : kind;
  };
}
