import type { ExchangeMarket, MarketReader, MarketState } from "../../db/market/market-reader.ts";
import { namesOfThing } from "../../domain/asset-names.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import {
  boardRow,
  type BoardRow,
  isStill,
  type ExchangeState,
  type Snapshot,
} from "../../domain/market.ts";
import { NO_OPPORTUNITIES } from "../../domain/opportunity.ts";
import type { Clock } from "../../lib/clock.ts";
import { enabledIn, exchangeViews, frozenExchanges, sameExchanges } from "./exchange-views.ts";
import { exchangeTerms } from "./exchange-terms.ts";
import { healthReport, type HealthReport } from "./health.ts";
import { KeptSnapshots } from "./kept-snapshots.ts";

/** Commits are gathered: at most one snapshot in this time, so that forty exchanges do not void every cache each second. */
export const PUBLISH_EVERY_MS = 5_000;

/**
 * Health looks ahead of the snapshot this long: the publish period and the look that ends it. A board that
 * is not refreshed after that shows its age, whatever the database says.
 */
const AHEAD_WITHIN_MS = 2 * PUBLISH_EVERY_MS;

type Reader = Pick<MarketReader, "progress" | "read" | "readExchange" | "knowsBase">;

interface ExchangeRows {
  readonly commitSeq: number;
  readonly rows: readonly BoardRow[];
}

/**
 * The read model: an immutable snapshot of the whole market, made from the database only, so that every
 * process that reads the same file serves the same. A snapshot is a function of (epoch, seq, k): the stored
 * state, and how many publish periods have passed since it was stored. Equal ids mean equal content.
 */
export class Board {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  readonly #exchangeRows = new Map<ExchangeId, ExchangeRows>();
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #kept = new KeptSnapshots(PUBLISH_EVERY_MS);
  #current: Snapshot | null = null;
  #publishedAtMs = Number.NEGATIVE_INFINITY;
  #market: MarketState | null = null;
  /** Rows that were read before they are published, by exchange. */
  readonly #early = new Map<ExchangeId, ExchangeMarket>();
  #earlyBook = NO_OPPORTUNITIES;
  /** The progress up to which no exchange is left to be read early. */
  #earlySeq: number | null = null;
  /** States that are newer than #market, read while publishing waits. */
  #ahead: MarketState | null = null;
  /** Rows have changed since the last snapshot. */
  #dirty = false;
  /** When the collector of this process last said that it lives. */
  #heartbeatAtMs: number | null = null;
  /** The id that a snapshot had or would have had at the last look. */
  #lookedAtId: string | null = null;

  constructor(deps: {
    readonly reader: Reader;
    readonly clock: Clock;
    readonly staleAfterMs: number;
  }) {
    this.#reader = deps.reader;
    this.#clock = deps.clock;
    this.#staleAfterMs = deps.staleAfterMs;
  }

  /** The newest snapshot, null before the first batch was ever stored. */
  current(): Snapshot | null {
    return this.#current;
  }

  byId(id: string): Snapshot | null {
    if (this.#current?.id === id) return this.#current;
    return this.#kept.find(id, this.#clock.monotonicMs());
  }

  pin(id: string): void {
    if (this.byId(id) !== null) this.#kept.pin(id);
  }

  freshForMs(): number {
    return Math.max(0, PUBLISH_EVERY_MS - this.#sincePublishedMs());
  }

  knowsBase(base: string): boolean {
    return namesOfThing(base).some((name) => this.#reader.knowsBase(name));
  }

  /** Calls `listener` with each new snapshot; returns how to stop that. */
  onPublish(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the database and publishes when something changed. Call it every 250 ms and on each hint. */
  poll(): void {
    const progress = this.#reader.progress();
    if (progress === null) return;
    if (this.#current !== null && this.#sincePublishedMs() < PUBLISH_EVERY_MS) {
      if (isAt(this.#market, progress) || !this.#readEarly(progress.seq)) return;
    }
    if (!isAt(this.#market, progress)) this.#reload();
    this.#publish();
  }

  /** This process's collector lives: what the database says may be old while another program holds its lock. */
  noteHeartbeat(): void {
    this.#heartbeatAtMs = this.#clock.nowMs();
  }

  /** Health by the clock of now, not of the snapshot. */
  health(): HealthReport {
    return healthReport({
      states: this.states(),
      frozen: frozenExchanges(this.#exchangeRows),
      collectorHeartbeatMs: later(
        this.#reader.progress()?.heartbeatAtMs ?? null,
        this.#heartbeatAtMs,
      ),
      totalRows: this.#current?.rows.length ?? 0,
      nowMs: this.#clock.nowMs(),
      staleAfterMs: this.#staleAfterMs,
    });
  }

  /** The states of now: an exchange that has just answered is not called stale until the next snapshot. */
  states(): readonly ExchangeState[] {
    const loaded = this.#market?.states ?? [];
    if (this.#sincePublishedMs() > AHEAD_WITHIN_MS) return loaded;
    const progress = this.#reader.progress();
    if (progress === null || isAt(this.#market, progress)) return loaded;
    if (!isAt(this.#ahead, progress)) this.#ahead = this.#reader.read(() => false);
    return this.#ahead?.states ?? loaded;
  }

  #sincePublishedMs(): number {
    return this.#clock.monotonicMs() - this.#publishedAtMs;
  }

  /**
   * Reads the rows of one exchange that has committed since the last snapshot, so that a publish finds most of them
   * read: a thousand rows at a time delay no request by more than a few milliseconds, fifteen thousand would.
   * Returns whether other exchanges are collected than the snapshot says: whoever asks for a new one must not be told
   * for seconds that it is none of them.
   */
  #readEarly(seq: number): boolean {
    if (this.#earlySeq === seq) return false;
    const market = this.#reader.read(() => false);
    // A new book of opportunities was unpacked with it: that is enough for one step.
    const hasBook = market !== null && market.opportunities !== this.#earlyBook;
    this.#earlyBook = market?.opportunities ?? this.#earlyBook;
    const states = market?.states ?? [];
    if (enabledIn(states) !== enabledIn(this.#market?.states ?? [])) return true;
    if (hasBook) return false;
    const next = states.find((state) => state.enabled && !this.#hasRows(state));
    if (next === undefined) {
      this.#earlySeq = seq;
      return false;
    }
    const rows = this.#reader.readExchange(next.exchange);
    if (rows !== null) this.#early.set(next.exchange, rows);
    return false;
  }

  /** Whether the rows of this state's commit were read, for a snapshot or early. */
  #hasRows({ exchange, commitSeq }: ExchangeState): boolean {
    return (
      this.#exchangeRows.get(exchange)?.commitSeq === commitSeq ||
      this.#early.get(exchange)?.commitSeq === commitSeq
    );
  }

  #reload(): void {
    const market = this.#reader.read((state) => state.enabled && !this.#hasRows(state));
    if (market === null) return;
    this.#market = market;
    for (const state of market.states) {
      const records = market.rows.get(state.exchange) ?? this.#earlyRows(state);
      if (!state.enabled && this.#exchangeRows.delete(state.exchange)) this.#dirty = true;
      if (records !== undefined) {
        this.#dirty = true;
        const rows = records.map((record): BoardRow => ({
          record,
          flags: 0,
          nextFundingAtMs: record.nextFundingAtMs,
        }));
        this.#exchangeRows.set(state.exchange, { commitSeq: state.commitSeq, rows });
      }
    }
  }

  /** What was read early of exactly this state's commit; forgotten either way. */
  #earlyRows({ exchange, commitSeq, enabled }: ExchangeState): ExchangeMarket["rows"] | undefined {
    const early = this.#early.get(exchange);
    this.#early.delete(exchange);
    return enabled && early?.commitSeq === commitSeq ? early.rows : undefined;
  }

  /** Makes the snapshot of now; publishes it unless it would say the same as the current one. */
  #publish(): void {
    const market = this.#market;
    if (market === null || market.states.every((state) => state.lastOkAtMs === null)) return;
    const { epoch, seq, changedAtMs } = market.progress;
    const periods = Math.max(0, Math.floor((this.#clock.nowMs() - changedAtMs) / PUBLISH_EVERY_MS));
    const asOfMs = changedAtMs + periods * PUBLISH_EVERY_MS;
    const id = periods === 0 ? `${epoch}-${seq}` : `${epoch}-${seq}.${periods}`;
    // The same stored state at the same time: whatever it says was looked at before.
    if (id === this.#lookedAtId) return;
    this.#lookedAtId = id;
    const flagsChanged = this.#flagRows(market.states, asOfMs);
    const exchanges = exchangeViews(market.states, this.#exchangeRows, asOfMs, this.#staleAfterMs);
    const current = this.#current;
    const same = !this.#dirty && !flagsChanged && current?.opportunities === market.opportunities;
    if (same && sameExchanges(exchanges, current.exchanges)) return;
    this.#dirty = false;
    this.#replace({
      id,
      asOfMs,
      storedAtMs: changedAtMs,
      rows: this.#ordered(),
      exchanges,
      opportunities: market.opportunities,
    });
  }

  /** Gives every row its flags of `asOfMs`; rows whose flags stay are the same objects as before. */
  #flagRows(states: readonly ExchangeState[], asOfMs: number): boolean {
    let changed = false;
    for (const { exchange, periodMs } of states) {
      const held = this.#exchangeRows.get(exchange);
      if (held === undefined) continue;
      const terms = exchangeTerms(exchange, periodMs);
      let changedHere = false;
      const rows = held.rows.map((row) => {
        if (isStill(row, asOfMs, terms)) return row;
        changedHere = true;
        return boardRow(row.record, asOfMs, terms);
      });
      if (!changedHere) continue;
      changed = true;
      this.#exchangeRows.set(exchange, { commitSeq: held.commitSeq, rows });
    }
    return changed;
  }

  #replace(snapshot: Snapshot): void {
    const nowMs = this.#clock.monotonicMs();
    this.#kept.replace(this.#current, snapshot, nowMs);
    this.#current = snapshot;
    this.#publishedAtMs = nowMs;
    for (const listener of this.#listeners) listener(snapshot);
  }

  #ordered(): BoardRow[] {
    const ids = [...this.#exchangeRows.keys()].toSorted();
    return ids.flatMap((id) => this.#exchangeRows.get(id)?.rows ?? []);
  }
}

function isAt(market: MarketState | null, { epoch, seq }: MarketState["progress"]): boolean {
  return market !== null && market.progress.epoch === epoch && market.progress.seq === seq;
}

function later(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.max(left, right);
}
