import { type AccruedHour, accruedHours } from "./accruals.ts";
import { type AssetTable, createAssets } from "./assets.ts";
import { ENCODERS } from "./encoders.ts";
import type { Fault } from "./faults.ts";
import { faultyRows } from "./faulty-rows.ts";
import type { ExchangeName, Listing } from "./listing.ts";
import { PAST_DAYS, pastIntervals, type Payment, paymentsOf, WHOLE_PAST } from "./history.ts";
import { HistoryLimits } from "./history-limits.ts";
import { HOUR_MS, STEP_MS } from "./market.ts";
import type { ExchangeTruth } from "./truth.ts";
import {
  type ExchangeEncoder,
  listingsOf,
  type MarketView,
  type WireList,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
} from "./wire.ts";

/** Coins and shares in total, including invented ones: enough for the largest exchange at full scale. */
const COINS = 1_000;
const STOCKS = 300;

export interface SimulatorOptions {
  /** Wall time in unix ms; the market's own clock follows it until it is frozen or stepped. */
  readonly nowMs: () => number;
  /** The same seed at the same time gives the same bytes. */
  readonly seed?: number;
  /** Share of the real number of instruments, 1 for all. */
  readonly scale?: number;
  /** No page of a history has more rows; by default only the exchange's own maximum counts. */
  readonly maxPastRows?: number;
  /** The rate limits of histories are this much wider than the real ones, 1 by default. */
  readonly historyLimitFactor?: number;
}

const DAY_MS = 24 * HOUR_MS;

/** Payloads of one step, by exchange and request. */
type Encoded = Map<string, string>;

/**
 * A market and its exchanges. Everything is a function of seed and time; only the clock, single instruments and faults
 * can be changed.
 */
export class Market {
  readonly #nowMs: () => number;
  readonly #seed: number;
  readonly #scale: number;
  readonly #assets: AssetTable;
  readonly #listings = new Map<ExchangeName, readonly Listing[]>();
  readonly #faults = new Map<ExchangeName, Fault>();
  readonly #faultsUsed = new Map<ExchangeName, number>();
  readonly #stampsFrozenAt = new Map<ExchangeName, number>();
  readonly #requests = new Map<string, number>();
  /** How far an exchange's own clock is ahead of the market's; negative if behind. */
  readonly #clockErrorMs = new Map<ExchangeName, number>();
  readonly #historyLimits: HistoryLimits;
  readonly #pastFromMs: number;
  readonly #maxPastRows: number;
  #offsetMs = 0;
  #frozenAtMs: number | null = null;
  #encoded: Encoded = new Map();
  #encodedAtMs = Number.NaN;

  constructor(options: SimulatorOptions) {
    const { seed = 1, scale = 1 } = options;
    this.#nowMs = options.nowMs;
    this.#seed = seed;
    this.#scale = scale;
    this.#maxPastRows = options.maxPastRows ?? Number.POSITIVE_INFINITY;
    this.#historyLimits = new HistoryLimits(options.historyLimitFactor ?? 1);
    this.#pastFromMs = Math.floor(options.nowMs() / DAY_MS - PAST_DAYS) * DAY_MS;
    // A market larger than the real one has more assets, too: otherwise exchanges would run out of them.
    const size = Math.max(1, scale);
    this.#assets = createAssets(seed, Math.ceil(COINS * size), Math.ceil(STOCKS * size));
  }

  /** The market's time, unix ms. */
  nowMs(): number {
    return this.#frozenAtMs ?? this.#nowMs() + this.#offsetMs;
  }

  /** Stops the time until `unfreeze`. */
  freeze(): void {
    this.#frozenAtMs = this.nowMs();
  }

  unfreeze(): void {
    if (this.#frozenAtMs === null) return;
    this.#offsetMs = this.#frozenAtMs - this.#nowMs();
    this.#frozenAtMs = null;
  }

  /**
   * Moves the market's time by `ms`, frozen or not, backwards if negative. With an exchange only that exchange's clock:
   * its whole market is then at another time than the others'.
   */
  step(ms: number, exchange?: ExchangeName): void {
    if (exchange !== undefined) {
      this.#clockErrorMs.set(exchange, (this.#clockErrorMs.get(exchange) ?? 0) + ms);
      this.#encoded.clear();
      return;
    }
    if (this.#frozenAtMs === null) this.#offsetMs += ms;
    else this.#frozenAtMs += ms;
  }

  encoder(exchange: ExchangeName): ExchangeEncoder {
    return ENCODERS[exchange];
  }

  /**
   * What a correct reader shows for an exchange at this market step, without any fault. `symbols`: only these
   * instruments, if not all.
   */
  truth(exchange: ExchangeName, symbols?: ReadonlySet<string>): ExchangeTruth {
    const view = this.#view(exchange, null);
    if (symbols === undefined) return ENCODERS[exchange].truth(view);
    const listings = view.listings.filter(({ symbol }) => symbols.has(symbol));
    return ENCODERS[exchange].truth({ ...view, listings });
  }

  /** What an instrument was charged, oldest first; null if there is no such instrument. */
  payments(exchange: ExchangeName, symbol: string): readonly Payment[] | null {
    const view = this.#view(exchange, null);
    const listing = view.listings.find((row) => row.symbol === symbol);
    if (listing === undefined) return null;
    const { chargedRate } = ENCODERS[exchange];
    return paymentsOf(listing, view, WHOLE_PAST).map((payment) =>
      chargedRate === undefined
        ? payment
        : { ...payment, rate: chargedRate(listing, payment.slotMs, payment.intervalHours) },
    );
  }

  /** What an instrument accrued in each hour, oldest first; null if there is no such instrument. */
  accruals(exchange: ExchangeName, symbol: string): readonly AccruedHour[] | null {
    const view = this.#view(exchange, null);
    const listing = view.listings.find((row) => row.symbol === symbol);
    if (listing === undefined) return null;
    return accruedHours(listing, view, { fromMs: 0, toMs: Number.POSITIVE_INFINITY });
  }

  setFault(exchange: ExchangeName, fault: Fault): void {
    this.#faults.set(exchange, fault);
    this.#faultsUsed.set(exchange, 0);
    if (fault.name === "frozen_timestamps")
      this.#stampsFrozenAt.set(exchange, this.#stepMs(exchange));
    else this.#stampsFrozenAt.delete(exchange);
    this.#encoded.clear();
  }

  /** Ends the fault of one exchange, or of all. */
  clearFaults(exchange?: ExchangeName): void {
    for (const id of exchange === undefined ? [...this.#faults.keys()] : [exchange]) {
      this.#faults.delete(id);
      this.#stampsFrozenAt.delete(id);
    }
    this.#encoded.clear();
  }

  /** The fault that affects a request; null for none. Counts towards its `times`. */
  faultOf(exchange: ExchangeName, target: string): Fault | null {
    const fault = this.#faults.get(exchange);
    if (fault === undefined || !target.includes(fault.paths ?? "")) return null;
    const used = (this.#faultsUsed.get(exchange) ?? 0) + 1;
    if (used > (fault.times ?? Number.POSITIVE_INFINITY)) return null;
    this.#faultsUsed.set(exchange, used);
    return fault;
  }

  /** Changes one instrument's interval. False if there is no such instrument. */
  setInterval(exchange: ExchangeName, symbol: string, hours: number): boolean {
    return this.#change(exchange, symbol, (listing) => {
      const { intervalPast, intervalHours } = listing;
      listing.intervalPast = [...intervalPast, { untilMs: this.nowMs(), hours: intervalHours }];
      listing.intervalHours = hours;
    });
  }

  /** Removes one payment from an instrument's history. False if there is no such instrument. */
  makeHole(exchange: ExchangeName, symbol: string, slotMs: number): boolean {
    return this.#change(exchange, symbol, ({ holes }) => void holes.add(slotMs));
  }

  delist(exchange: ExchangeName, symbol: string): boolean {
    return this.#change(exchange, symbol, (listing) => {
      listing.state = ENCODERS[exchange].delistedState;
    });
  }

  /** Lists an instrument again, as of now by default. */
  relist(exchange: ExchangeName, symbol: string, listedAtMs = this.nowMs()): boolean {
    return this.#change(exchange, symbol, (listing) => {
      listing.state = "live";
      listing.listedAtMs = listedAtMs;
    });
  }

  countRequest(exchange: ExchangeName, path: string): void {
    const key = `${exchange} ${path}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  /** Requests so far by exchange and path, without queries. */
  requests(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#requests);
  }

  resetRequests(): void {
    this.#requests.clear();
  }

  /** The exchange's response to a request at this market step, before any fault. */
  route(exchange: ExchangeName, request: WireRequest): WireReply {
    const { route, historyLimit: limit, rateLimitBody } = ENCODERS[exchange];
    const reply = route(request);
    const isHistory = reply.type === "list" && reply.kind === "history";
    if (!this.#historyLimits.allows(exchange, isHistory ? limit : undefined, this.#nowMs()))
      return wireError(429, rateLimitBody);
    if (reply.type === "error" || reply.whenEmpty === undefined) return reply;
    const now = this.#view(exchange, null);
    const made = reply.rows(now);
    if (!(reply.exists?.(now) ?? made.length > 0)) return reply.whenEmpty;
    // The rows are the same again, except under a fault that changes their timestamps.
    const rows = (view: MarketView): WireRow[] =>
      view.nowMs === now.nowMs && view.stampMs === now.stampMs ? made : reply.rows(view);
    return { ...reply, rows };
  }

  /** The JSON of a list reply at this market step, built once per step unless a fault changes it. */
  encode(exchange: ExchangeName, reply: WireList, fault: Fault | null): string {
    const stepMs = this.#stepMs();
    if (stepMs !== this.#encodedAtMs) this.#encoded = new Map();
    this.#encodedAtMs = stepMs;
    // A part of the past is requested once: keeping it would only take memory.
    const isKept = reply.kind !== "history";
    const key = `${exchange} ${reply.key} ${fault?.name ?? ""}`;
    const known = this.#encoded.get(key);
    if (known !== undefined) return known;
    const view = this.#view(exchange, fault);
    const rows = reply.rows(view);
    const sent = fault === null ? rows : faultyRows(ENCODERS[exchange], fault, reply, rows);
    const text = JSON.stringify(reply.wrap(sent, view));
    if (isKept) this.#encoded.set(key, text);
    return text;
  }

  /** What the encoder sees for a request with `fault`: only such a request has old timestamps. */
  #view(exchange: ExchangeName, fault: Fault | null): MarketView {
    const nowMs = this.#stepMs(exchange);
    const frozenAtMs =
      fault?.name === "frozen_timestamps" ? this.#stampsFrozenAt.get(exchange) : undefined;
    const listings = this.#listingsOf(exchange);
    return {
      listings,
      nowMs,
      stampMs: frozenAtMs ?? nowMs,
      pastFromMs: this.#pastFromMs,
      maxPastRows: this.#maxPastRows,
    };
  }

  /** Built on first use: derived from seed and names alone, so the order does not matter. */
  #listingsOf(exchange: ExchangeName): readonly Listing[] {
    const known = this.#listings.get(exchange);
    if (known !== undefined) return known;
    const listings = listingsOf(ENCODERS[exchange], this.#assets, this.#seed, this.#scale);
    for (const listing of listings) listing.intervalPast = pastIntervals(listing, this.#pastFromMs);
    this.#listings.set(exchange, listings);
    return listings;
  }

  #stepMs(exchange?: ExchangeName): number {
    const errorMs = exchange === undefined ? 0 : (this.#clockErrorMs.get(exchange) ?? 0);
    return Math.floor((this.nowMs() + errorMs) / STEP_MS) * STEP_MS;
  }

  #change(exchange: ExchangeName, symbol: string, change: (listing: Listing) => void): boolean {
    const listing = this.#listingsOf(exchange).find((row) => row.symbol === symbol);
    if (listing === undefined) return false;
    change(listing);
    this.#encoded.clear();
    return true;
  }
}
