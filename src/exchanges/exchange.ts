import type { ExchangeId } from "../domain/exchange.ts";
import type { Accrual, Batch } from "../domain/quote.ts";
import type { FailureKind } from "../domain/exchange.ts";

/** Checks an envelope and keeps only what `parse` needs. Throws RequestFailure("bad_envelope", …). */
export type Decode<T> = (body: unknown) => T;

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
  /** Asked every cycle; its failure fails the refresh. */
  essential<T>(name: string, load: Load<T>): Promise<Reply<T>>;
  /** The instrument list: asked every `everyMs`, serves for 24 h when asking fails, then fails the refresh. */
  instruments<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T>>;
  /** The interval source: asked every `everyMs`, serves for 30 minutes when asking fails, then null. */
  intervals<T>(name: string, everyMs: number, load: Load<T>): Promise<Reply<T> | null>;
  /** Volume, open interest, prices: its failure yields null and a degraded exchange. */
  secondary<T>(name: string, load: Load<T>, everyMs?: number): Promise<Reply<T> | null>;
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
  /** Facts that the sources do not settle, in words for the operator. */
  readonly knownUnknowns: readonly string[];
  /** Reads an HTTP failure in this exchange's own terms; null leaves the general rule. */
  /** Reads how long to wait (ms) from a failure's body, where the exchange says it there. */
  readonly statedWaitMs?: (bodyStart: string, nowMs: number) => number | null;
  readonly classifyFailure?: (status: number, bodyStart: string) => FailureKind | null;
}

/** One exchange: `fetchRaw` is I/O only, `parse` is pure. */
export interface Adapter<Raw> {
  readonly facts: ExchangeFacts;
  fetchRaw(source: Source): Promise<Raw>;
  parse(raw: Raw): Batch;
}

/** An adapter with its payload type hidden, as the registry and the collector see it. */
export interface Exchange {
  readonly facts: ExchangeFacts;
  refresh(source: Source): Promise<Batch>;
}

export function defineExchange<Raw>(adapter: Adapter<Raw>): Exchange & Adapter<Raw> {
  return {
    ...adapter,
    async refresh(source) {
      return adapter.parse(await adapter.fetchRaw(source));
    },
  };
}
