import type { ExchangeId } from "../domain/exchange.ts";
import type { FailureKind } from "../domain/exchange.ts";
import type { Accrual, Batch, Explanation, OptionalField, RateOrigin } from "../domain/quote.ts";
import { withDocumentedInterest } from "../domain/resting-rate.ts";
import { shownBatch } from "../domain/shown-batch.ts";
import type { ExchangeHistory } from "./history.ts";
import type { ExchangeHttp } from "./requests.ts";

export type { Decode, ExchangeHttp } from "./requests.ts";

export type Load<T> = (http: ExchangeHttp) => Promise<T>;

export interface Reply<T> {
  readonly value: T;
  readonly receivedAtMs: number;
}

/** How `fetchRaw` requests payloads. The caller owns caches, clocks, slots and failures. */
export interface Source {
  /** The current wall time, unix ms, for requests that must state it. Ages of rows are relative to `receivedAtMs`. */
  nowMs(): number;
  /** Requested every cycle; its failure fails the refresh. */
  essential<T>(name: string, load: Load<T>): Promise<Reply<T>>;
  /** The instrument list: requested every `everyMs`; on failure the old one serves for 24 h, then the refresh fails. */
  instruments<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T>>;
  /** The interval source: requested every `everyMs`; on failure the old one serves for 30 minutes, then null. */
  intervals<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T> | null>;
  /**
   * Volume, open interest, prices: on failure it yields null and the exchange is degraded. If instruments depend on it
   * (of a second host, in another currency), a failure hides them: `carries` identifies them by name, also after a
   * restart.
   */
  secondary<T>(
    name: string,
    load: Load<T>,
    everyMs?: number,
    carries?: (exchangeSymbol: string) => boolean,
  ): Promise<Reply<T> | null>;
  /**
   * One request per key, spread evenly so that each key is requested once per `rotationMs`. Returns immediately with
   * what is known; an entry expires after two rotations.
   */
  rotation<T>(
    name: string,
    keys: readonly string[],
    rotationMs: number,
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>>;
  /**
   * The rates of an exchange without a bulk form: each key is requested once per cycle, spread over it. A key that
   * fails, or is not reached in time, keeps its older reply for five periods, and the next cycle begins with those that
   * were not reached. Fails the refresh if no key was answered in this cycle.
   */
  sweep<T>(
    name: string,
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>>;
}

/** What is known about an exchange apart from its payloads; docs and tests are generated from it. */
export interface ExchangeFacts {
  readonly id: ExchangeId;
  /** The exchange's own spelling of its name. */
  readonly name: string;
  readonly kind: "centralised" | "decentralised";
  /** Origins by name; `main` is the default one. No path, no trailing slash. */
  readonly hosts: Readonly<{ main: string } & Record<string, string>>;
  /** At most `requests` in any `perMs` milliseconds, below the documented limit. */
  readonly pacing: { readonly requests: number; readonly perMs: number };
  readonly accrual: Accrual;
  readonly documentation: string;
  /** Requests of every cycle, without lists that have their own period and rotations. Verified by a test. */
  readonly requestsPerRefresh: number;
  /** Additional requests of every cycle per live instrument, if the exchange has no bulk form (`source.sweep`). */
  readonly requestsPerInstrument?: number;
  /** Maximum number of these in flight, within the documented limit; absent: as on any exchange. */
  readonly sweepInFlight?: number;
  /** Where the rate is found, its unit and how it is converted, in words. */
  readonly rateRule: string;
  /** Where the interval comes from, in words. */
  readonly intervalRule: string;
  /** The optional fields of a quote that this exchange fills on at least some rows. */
  readonly providedFields: readonly OptionalField[];
  /** Why it is disabled unless the operator names it; absent if it is enabled. */
  readonly disabledReason?: string;
  /**
   * Why it is not certain which of its published rates is charged next, in words; absent if it is. All its rows get the
   * flag `unverified_rate`.
   */
  readonly unverifiedRate?: string;
  /**
   * `coins` if the interest behind `baselineRate` is documented, for coins or without restriction: other contracts then
   * have no baseline. Absent if it is published per contract, or was observed on contracts of all kinds.
   */
  readonly interestOf?: "coins";
  /**
   * Whether it has no marker for coins: its adapter treats anything without another marker as a coin. The class stated
   * by any other exchange then takes precedence (a basket of coins has no marker either). Absent if it marks coins.
   */
  readonly coinsByExclusion?: true;
  /** Facts that the sources do not settle, in words for the operator. */
  readonly caveats: readonly string[];
  /** Reads how long to wait (ms) from a failure's body, if the exchange states it there. */
  readonly statedWaitMs?: (bodyStart: string, nowMs: number) => number | null;
  /** Classifies an HTTP failure by this exchange's own rules; null leaves the general rule. */
  readonly classifyFailure?: (status: number, bodyStart: string) => FailureKind | null;
}

/** One exchange: `fetchRaw` is I/O only, `parse` and `explain` are pure. */
export interface Adapter<Raw> {
  readonly facts: ExchangeFacts;
  /** What was charged in the past, or why that cannot be read. */
  readonly history: ExchangeHistory;
  fetchRaw(source: Source): Promise<Raw>;
  parse(raw: Raw): Batch;
  /** The source rows of the rate of one quote of `parse(raw)`; null for a symbol that it did not show. */
  explain(raw: Raw, exchangeSymbol: string): RateOrigin | null;
}

/** The result of one refresh, and how to find a row's origin while its payloads are retained. */
export interface Refreshed extends Batch {
  /** Parses the payloads again for one symbol; null if they do not show it. */
  readonly explain: (exchangeSymbol: string) => Explanation | null;
}

/** An adapter with its payload type hidden, as used by the registry and the collector. */
export interface Exchange {
  readonly facts: ExchangeFacts;
  readonly history?: ExchangeHistory;
  refresh(source: Source): Promise<Refreshed>;
}

/** Makes an adapter an exchange: whatever its payloads contain, `shownBatch` decides what is shown of them. */
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
