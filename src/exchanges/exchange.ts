import type { ExchangeId } from "../domain/exchange.ts";
import type { FailureKind } from "../domain/exchange.ts";
import type { Accrual, Batch, Explanation, OptionalField, RateOrigin } from "../domain/quote.ts";
import { withDocumentedInterest } from "../domain/resting-rate.ts";
import { shownBatch } from "../domain/shown-batch.ts";

/**
 * Checks an envelope and keeps only what `parse` needs. Throws RequestFailure("bad_envelope", …). `text` is what `body`
 * was parsed from: for the recording of a refresh, not for adapters.
 */
export type Decode<T> = (body: unknown, text?: Uint8Array) => T;

/** Sends requests to this exchange's hosts: paced, bounded, retried, with typed failures. */
export interface ExchangeHttp {
  /** `path` is everything after the origin, query included. `host` names one of `facts.hosts`. */
  get<T>(path: string, decode: Decode<T>, host?: string): Promise<T>;
  /** For exchanges whose read calls are POST: sent again like a GET when it fails. */
  postRead<T>(path: string, body: unknown, decode: Decode<T>, host?: string): Promise<T>;
}

export type Load<T> = (http: ExchangeHttp) => Promise<T>;

export interface Reply<T> {
  readonly value: T;
  readonly receivedAtMs: number;
}

/** How `fetchRaw` asks for payloads. The caller owns caches, clocks, slots and failures. */
export interface Source {
  /** The present wall time, unix ms: for requests that must state it. Rows are measured against `receivedAtMs`. */
  nowMs(): number;
  /** Asked every cycle; its failure fails the refresh. */
  essential<T>(name: string, load: Load<T>): Promise<Reply<T>>;
  /** The instrument list: asked every `everyMs`, serves for 24 h when asking fails, then fails the refresh. */
  instruments<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T>>;
  /** The interval source: asked every `everyMs`, serves for 30 minutes when asking fails, then null. */
  intervals<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T> | null>;
  /**
   * Volume, open interest, prices: its failure yields null and a degraded exchange. One that instruments come by (of a
   * second host, in another currency) hides them while it fails: `carries` tells them by name, also after a restart.
   */
  secondary<T>(
    name: string,
    load: Load<T>,
    everyMs?: number,
    carries?: (exchangeSymbol: string) => boolean,
  ): Promise<Reply<T> | null>;
  /**
   * One request per key, spread evenly so that each key is asked once per `rotationMs`.
   * Answers at once with what is known; an entry leaves after two rotations.
   */
  rotation<T>(
    name: string,
    keys: readonly string[],
    rotationMs: number,
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>>;
  /**
   * The rates of an exchange that tells them one instrument at a time: each key is asked once per cycle, spread over it.
   * A key that fails, or is not reached in time, keeps its older reply for five periods, and the next cycle begins
   * with those that were not reached. Fails the refresh when no key was answered in this cycle.
   */
  sweep<T>(
    name: string,
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>>;
}

/** What is known of an exchange apart from its payloads; docs and tests are generated from it. */
export interface ExchangeFacts {
  readonly id: ExchangeId;
  /** The exchange's own spelling of its name. */
  readonly name: string;
  readonly kind: "centralised" | "decentralised";
  /** Origins by name; `main` is the default one. No path, no trailing slash. */
  readonly hosts: Readonly<{ main: string } & Record<string, string>>;
  /** At most `requests` in any `perMs` milliseconds, inside the documented limit. */
  readonly pacing: { readonly requests: number; readonly perMs: number };
  readonly accrual: Accrual;
  readonly documentation: string;
  /** Requests of every cycle: lists with a period of their own and rotations come on top. A test counts them. */
  readonly requestsPerRefresh: number;
  /** Requests of every cycle that each live instrument adds, where the exchange has no bulk form (`source.sweep`). */
  readonly requestsPerInstrument?: number;
  /** How many of those may be in flight at once, inside what the exchange's page bears; absent: as on any exchange. */
  readonly sweepInFlight?: number;
  /** Where the rate is, its unit and what is done to it, in words. */
  readonly rateRule: string;
  /** Where the interval comes from, in words. */
  readonly intervalRule: string;
  /** The fields of a quote, beyond those that all have, that this exchange fills on at least some rows. */
  readonly providedFields: readonly OptionalField[];
  /** Why it is off unless the operator names it; absent on those that are on. */
  readonly disabledReason?: string;
  /**
   * Why it is not proven which of the rates that it publishes is charged next, in words; absent where that is certain.
   * All its rows bear the flag `unverified_rate`.
   */
  readonly unverifiedRate?: string;
  /**
   * `coins` where the interest of `baselineRate` is documented, and of coins or of nothing in particular: other contracts
   * have no resting rate then. Absent where it is published contract by contract, or was seen on contracts of all kinds.
   */
  readonly interestOf?: "coins";
  /**
   * Whether it has no word for coins: its adapter calls a coin whatever bears no other mark. What any other exchange
   * states of the asset then decides its class (a basket of coins has no mark either). Absent where it says so of coins.
   */
  readonly coinsByExclusion?: true;
  /** Facts that the sources do not settle, in words for the operator. */
  readonly caveats: readonly string[];
  /** Reads how long to wait (ms) from a failure's body, where the exchange says it there. */
  readonly statedWaitMs?: (bodyStart: string, nowMs: number) => number | null;
  /** Reads an HTTP failure in this exchange's own terms; null leaves the general rule. */
  readonly classifyFailure?: (status: number, bodyStart: string) => FailureKind | null;
}

/** One exchange: `fetchRaw` is I/O only, `parse` and `explain` are pure. */
export interface Adapter<Raw> {
  readonly facts: ExchangeFacts;
  fetchRaw(source: Source): Promise<Raw>;
  parse(raw: Raw): Batch;
  /** What the rate of one quote of `parse(raw)` was made from; null for a symbol that it did not show. */
  explain(raw: Raw, exchangeSymbol: string): RateOrigin | null;
}

/** What one refresh yields, and how to ask where a row came from while its payloads are still held. */
export interface Refreshed extends Batch {
  /** Reads the payloads again for one symbol; null for one that they do not show. */
  readonly explain: (exchangeSymbol: string) => Explanation | null;
}

/** An adapter with its payload type hidden, as the registry and the collector see it. */
export interface Exchange {
  readonly facts: ExchangeFacts;
  refresh(source: Source): Promise<Refreshed>;
}

/** The way of every adapter to the collector: whatever its payloads hold, `shownBatch` decides what is shown of them. */
export function defineExchange<Raw>(adapter: Adapter<Raw>): Exchange & Adapter<Raw> {
  return {
    ...adapter,
    async refresh(source) {
      const raw = await adapter.fetchRaw(source);
      const batch = shownOf(adapter, raw);
      return { ...batch, explain: (symbol) => explanationOf(adapter, raw, batch, symbol) };
    },
  };
}

function shownOf<Raw>({ facts, parse }: Adapter<Raw>, raw: Raw): Batch {
  return withDocumentedInterest(shownBatch(parse(raw)), {
    ofCoinsAlone: facts.interestOf === "coins",
    statesClasses: facts.providedFields.includes("assetClass"),
  });
}

function explanationOf<Raw>(
  adapter: Adapter<Raw>,
  raw: Raw,
  { quotes }: Batch,
  symbol: string,
): Explanation | null {
  const quote = quotes.find(({ exchangeSymbol }) => exchangeSymbol === symbol);
  const origin = quote === undefined ? null : adapter.explain(raw, symbol);
  return quote === undefined || origin === null ? null : { quote, origin };
}
