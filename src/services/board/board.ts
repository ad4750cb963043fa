import type { MarketReader, MarketState } from "../../db/market/market-reader.ts";
import { namesOfThing } from "../../domain/asset-names.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { BoardRow, ExchangeState, Snapshot } from "../../domain/market.ts";
import { NO_OPPORTUNITIES } from "../../domain/opportunity.ts";
import { snapshotId } from "../../domain/snapshot-id.ts";
import type { Clock } from "../../lib/clock.ts";
import { ExchangeRows } from "./exchange-rows.ts";
import { enabledIn, exchangeViews, frozenExchanges, sameExchanges } from "./exchange-views.ts";
import { healthReport, type HealthReport } from "./health.ts";
import { KeptSnapshots } from "./kept-snapshots.ts";

/**
 * At most one snapshot is published in this time, so that forty exchanges do not invalidate every cache each second.
 */
export const PUBLISH_EVERY_MS = 5_000;

/**
 * How long health may use states newer than the snapshot: the publish period plus one poll. A board that is not
 * refreshed within that time reports its own age, whatever the database says.
 */
const AHEAD_WITHIN_MS = 2 * PUBLISH_EVERY_MS;

/** Rows made ahead of a snapshot in one step: about a millisecond. */
const ROWS_PER_STEP = 2_000;

type Reader = Pick<MarketReader, "progress" | "read" | "readExchange" | "knowsBase">;

/**
 * The read model: an immutable snapshot of the whole market, built from the database only, so that all processes
 * reading the same file serve the same data. A snapshot is a function of (epoch, seq, k): the stored state and the
 * number of publish periods since it was stored. Equal ids mean equal content.
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
  /** Rows that were read ahead of the next publication, by exchange. */
  readonly #readAhead = new Map<ExchangeId, ExchangeRows>();
  #readAheadBook = NO_OPPORTUNITIES;
  /** The progress at which no exchange was left to read ahead. */
  #readAheadSeq: number | null = null;
  /** States newer than #market, read between publications. */
  #newerState: MarketState | null = null;
  /** Whether rows have changed since the last snapshot. */
  #rowsChanged = false;
  /** When this process's collector sent its last heartbeat. */
  #heartbeatAtMs: number | null = null;
  /** The id that the last snapshot had, or would have had if anything had changed. */
  #comparedId: string | null = null;

  constructor(deps: {
    readonly reader: Reader;
    readonly clock: Clock;
    readonly staleAfterMs: number;
  }) {
    this.#reader = deps.reader;
    this.#clock = deps.clock;
    this.#staleAfterMs = deps.staleAfterMs;
  }

  /** The latest snapshot; null before the first batch was stored. */
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

  /** Calls `listener` with each new snapshot; returns the function that unsubscribes. */
  onPublish(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Polls the database and publishes if something changed. To be called every 250 ms and on each notification. */
  poll(): void {
    const progress = this.#reader.progress();
    if (progress === null) return;
    if (this.#current !== null && this.#sincePublishedMs() < PUBLISH_EVERY_MS) {
      const found = isAt(this.#market, progress) ? "nothing" : this.#readNext(progress.seq);
      if (found === "nothing") this.#prepareRows(this.#clock.nowMs() + this.freshForMs());
      if (found !== "other exchanges") return;
    }
    if (!isAt(this.#market, progress)) this.#reload();
    const asOfMs = this.#publish();
    if (asOfMs !== null) this.#prepareRows(asOfMs + PUBLISH_EVERY_MS);
  }

  /** This process's collector is alive; its state in the database may be old while another program holds the lock. */
  noteHeartbeat(): void {
    this.#heartbeatAtMs = this.#clock.nowMs();
  }

  /** Health at the current time, not at the snapshot's. */
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

  /** The current states: an exchange that has just answered is not reported stale until the next snapshot. */
  states(): readonly ExchangeState[] {
    const loaded = this.#market?.states ?? [];
    if (this.#sincePublishedMs() > AHEAD_WITHIN_MS) return loaded;
    const progress = this.#reader.progress();
    if (progress === null || isAt(this.#market, progress)) return loaded;
    if (!isAt(this.#newerState, progress)) this.#newerState = this.#reader.read(() => false);
    return this.#newerState?.states ?? loaded;
  }

  #sincePublishedMs(): number {
    return this.#clock.monotonicMs() - this.#publishedAtMs;
  }

  /**
   * Reads the rows of one exchange that has committed since the last snapshot, so that most rows are already read when
   * publishing: reading a thousand rows at a time delays requests by only a few milliseconds, fifteen thousand would
   * not. If the set of enabled exchanges differs from the snapshot's, nothing is read: a request for a newly enabled
   * one must not be refused for seconds.
   */
  #readNext(seq: number): "rows" | "book" | "nothing" | "other exchanges" {
    if (this.#readAheadSeq === seq) return "nothing";
    const market = this.#reader.read(() => false);
    // A new book of opportunities was unpacked as well, which is enough work for one step.
    const hasBook = market !== null && market.opportunities !== this.#readAheadBook;
    this.#readAheadBook = market?.opportunities ?? this.#readAheadBook;
    const states = market?.states ?? [];
    if (enabledIn(states) !== enabledIn(this.#market?.states ?? [])) return "other exchanges";
    if (hasBook) return "book";
    const next = states.find((state) => state.enabled && !this.#hasRows(state));
    if (next === undefined) {
      this.#readAheadSeq = seq;
      return "nothing";
    }
    const rows = this.#reader.readExchange(next.exchange);
    if (rows !== null) this.#readAhead.set(next.exchange, this.#rowsOf(next, rows));
    return "rows";
  }

  /** The rows of a commit as of now, which most likely are those of the next snapshot. */
  #rowsOf(
    { exchange, periodMs }: ExchangeState,
    commit: ConstructorParameters<typeof ExchangeRows>[1],
  ): ExchangeRows {
    return new ExchangeRows(exchange, commit, { periodMs, asOfMs: this.#clock.nowMs() });
  }

  /**
   * Makes rows that will have changed by the time of the next snapshot, at most: on the hour those of all exchanges do,
   * which would be too much work for the step that publishes.
   */
  #prepareRows(nextAtMs: number): void {
    let count = 0;
    for (const rows of new Map([...this.#exchangeRows, ...this.#readAhead]).values()) {
      count += rows.prepare(nextAtMs);
      if (count >= ROWS_PER_STEP) return;
    }
  }

  /** Whether the rows of this state's commit were read already, for a snapshot or ahead of one. */
  #hasRows({ exchange, commitSeq }: ExchangeState): boolean {
    return (
      this.#exchangeRows.get(exchange)?.commitSeq === commitSeq ||
      this.#readAhead.get(exchange)?.commitSeq === commitSeq
    );
  }

  #reload(): void {
    const market = this.#reader.read((state) => state.enabled && !this.#hasRows(state));
    if (market === null) return;
    this.#market = market;
    for (const state of market.states) {
      const { exchange, commitSeq } = state;
      const records = market.rows.get(exchange);
      const listings = market.listings.get(exchange);
      const rows =
        records === undefined || listings === undefined
          ? this.#takeReadAhead(state)
          : this.#rowsOf(state, { commitSeq, rows: records, listings });
      if (!state.enabled && this.#exchangeRows.delete(exchange)) this.#rowsChanged = true;
      if (rows === undefined) continue;
      this.#rowsChanged = true;
      this.#exchangeRows.set(exchange, rows);
    }
  }

  /** The rows read ahead for exactly this state's commit; removed in any case. */
  #takeReadAhead({ exchange, commitSeq, enabled }: ExchangeState): ExchangeRows | undefined {
    const ahead = this.#readAhead.get(exchange);
    this.#readAhead.delete(exchange);
    return enabled && ahead?.commitSeq === commitSeq ? ahead : undefined;
  }

  /**
   * Builds the current snapshot and publishes it unless it would equal the last one. Returns its time if that was found
   * before, so that this call did nothing; else null.
   */
  #publish(): number | null {
    const market = this.#market;
    if (market === null || market.states.every((state) => state.lastOkAtMs === null)) return null;
    const { changedAtMs } = market.progress;
    const periods = Math.max(0, Math.floor((this.#clock.nowMs() - changedAtMs) / PUBLISH_EVERY_MS));
    const asOfMs = changedAtMs + periods * PUBLISH_EVERY_MS;
    const id = snapshotId(market.progress, periods);
    // The same stored state and time: this was compared before.
    if (id === this.#comparedId) return asOfMs;
    this.#comparedId = id;
    const haveMoved = this.#moveRows(market.states, asOfMs);
    const exchanges = exchangeViews(market.states, this.#exchangeRows, asOfMs, this.#staleAfterMs);
    const current = this.#current;
    const same =
      !this.#rowsChanged && !haveMoved && current?.opportunities === market.opportunities;
    if (same && sameExchanges(exchanges, current.exchanges)) return null;
    this.#rowsChanged = false;
    const ordered = this.#ordered();
    const none: BoardRow[] = [];
    this.#replace({
      id,
      asOfMs,
      storedAtMs: changedAtMs,
      // One copy per exchange: twelve thousand rows one by one take a millisecond.
      rows: none.concat(...ordered.map(({ rows }) => rows)),
      listings: ordered.map(({ listings }) => listings),
      exchanges,
      opportunities: market.opportunities,
    });
    return null;
  }

  /** Makes all rows those at `asOfMs`; returns whether any has changed. */
  #moveRows(states: readonly ExchangeState[], asOfMs: number): boolean {
    let changed = false;
    for (const { exchange, periodMs } of states)
      if (this.#exchangeRows.get(exchange)?.moveTo(asOfMs, periodMs) === true) changed = true;
    return changed;
  }

  #replace(snapshot: Snapshot): void {
    const nowMs = this.#clock.monotonicMs();
    this.#kept.replace(this.#current, snapshot, nowMs);
    this.#current = snapshot;
    this.#publishedAtMs = nowMs;
    for (const listener of this.#listeners) listener(snapshot);
  }

  #ordered(): readonly ExchangeRows[] {
    const ids = [...this.#exchangeRows.keys()].toSorted();
    return ids.flatMap((id) => this.#exchangeRows.get(id) ?? []);
  }
}

function isAt(market: MarketState | null, { epoch, seq }: MarketState["progress"]): boolean {
  return market !== null && market.progress.epoch === epoch && market.progress.seq === seq;
}

function later(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.max(left, right);
}
