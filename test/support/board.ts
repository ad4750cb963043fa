import {
  EXCHANGE_IDS,
  type ExchangeId,
  type ExchangeStatus,
  isMissing,
} from "../../src/domain/exchange.ts";
import type { FlagBits } from "../../src/domain/flags.ts";
import type {
  BoardRow,
  ExchangeListings,
  ExchangeState,
  ExchangeView,
  MarketRecord,
  Snapshot,
} from "../../src/domain/market.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../src/domain/opportunity.ts";
import { missingReason } from "../../src/services/board/coverage.ts";
import type { BoardView } from "../../src/services/board/board-view.ts";
import { NOON_MS } from "./quote.ts";

const HOUR_MS = 3_600_000;

/** One stored instrument, all of it overridable; uid and symbol follow from exchange, base and quote. */
function recordOf(
  exchange: ExchangeId,
  base: string,
  extra: Partial<MarketRecord> = {},
): MarketRecord {
  const quote = extra.quote ?? "USDT";
  const exchangeSymbol = extra.exchangeSymbol ?? `${base}${quote}`;
  return {
    instrumentId: 1,
    uid: `${exchange}:${exchangeSymbol}:1`,
    exchange,
    exchangeSymbol,
    base,
    quote,
    settle: quote,
    assetId: base,
    identity: "confirmed",
    multiplier: 1,
    tickerMultiplier: extra.multiplier ?? 1,
    assetClass: "crypto",
    accrual: "periodic",
    listedAtMs: null,
    firstSeenMs: NOON_MS - 30 * 24 * HOUR_MS,
    intervalChangedAtMs: null,
    fundingRate: 0.0001,
    fundingIntervalHours: 8,
    intervalSource: "published",
    nextFundingAtMs: NOON_MS + 4 * HOUR_MS,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: false,
    frozen: false,
    markPrice: 100,
    indexPrice: 100.1,
    lastPrice: null,
    openInterestUsd: 5_000_000,
    volume24hUsd: 9_000_000,
    takerFeeBps: null,
    settled7dAprPct: null,
    implausible: 0,
    observedAtMs: NOON_MS - 7_000,
    ...extra,
  };
}

export function rowOf(
  exchange: ExchangeId,
  base: string,
  extra: Partial<MarketRecord> = {},
  flags: FlagBits = 0,
): BoardRow {
  const record = recordOf(exchange, base, extra);
  return { record, flags, nextFundingAtMs: record.nextFundingAtMs };
}

export function stateOf(exchange: ExchangeId, extra: Partial<ExchangeState> = {}): ExchangeState {
  return {
    exchange,
    enabled: true,
    commitSeq: 1,
    periodMs: 60_000,
    lastOkAtMs: NOON_MS - 5_000,
    lastAttemptAtMs: NOON_MS - 5_000,
    failureKind: null,
    failure: null,
    failuresInRow: 0,
    degradedBy: null,
    retryAtMs: null,
    symbols: 0,
    expected: null,
    rejects: {},
    refusedAtMs: null,
    refusal: null,
    rateScale: null,
    evenShare: null,
    lastCycleMs: 420,
    ...extra,
  };
}

/** A snapshot of these rows, in the board's order; every exchange is in it. */
export function snapshotOf(
  id: string,
  rows: readonly BoardRow[],
  asOfMs = NOON_MS,
  opportunities: OpportunityBook = NO_OPPORTUNITIES,
): Snapshot {
  const ordered = rows.toSorted((left, right) => compare(keyOf(left), keyOf(right)));
  const exchanges = EXCHANGE_IDS.map((exchange): ExchangeView => {
    const symbols = rows.filter(({ record }) => record.exchange === exchange).length;
    const state = stateOf(exchange, { symbols, enabled: symbols > 0 });
    return {
      exchange,
      status: symbols > 0 ? "ok" : "off",
      missingBecause: symbols > 0 ? null : missingReason("off", null, false),
      symbols,
      ageSeconds: symbols > 0 ? 5 : null,
      state,
    };
  });
  const listings = listingsOf(ordered);
  return { id, asOfMs, storedAtMs: asOfMs, rows: ordered, listings, exchanges, opportunities };
}

/** The listings of a snapshot's rows, by exchange. */
export function listingsOf(ordered: readonly BoardRow[]): readonly ExchangeListings[] {
  const records = ordered.map(({ record }) => record);
  return [...Map.groupBy(records, ({ exchange }) => exchange).values()];
}

/** The same with other statuses; a missing exchange has the board's reason. */
export function withStatuses(
  snapshot: Snapshot,
  statuses: Partial<Record<ExchangeId, ExchangeStatus>>,
): Snapshot {
  return {
    ...snapshot,
    exchanges: snapshot.exchanges.map((view) => {
      const status = statuses[view.exchange] ?? view.status;
      const missingBecause = isMissing(status) ? missingReason(status, null, false) : null;
      return { ...view, status, missingBecause };
    }),
  };
}

/** The same with every exchange collected: requests for one without rows get a list, too. */
export function allCollected(snapshot: Snapshot): Snapshot {
  const off = snapshot.exchanges.filter(({ status }) => status === "off");
  return withStatuses(snapshot, Object.fromEntries(off.map(({ exchange }) => [exchange, "ok"])));
}

/** A board that shows what the test publishes; replaced snapshots are retained until `forget`. */
export class TestBoard implements BoardView {
  #current: Snapshot | null = null;
  readonly #retained = new Map<string, Snapshot>();
  readonly #pinned = new Set<string>();
  readonly #bases = new Set<string>();
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();

  constructor(first: Snapshot | null = null) {
    if (first !== null) this.publish(first);
  }

  publish(snapshot: Snapshot): void {
    this.#current = snapshot;
    this.#retained.set(snapshot.id, snapshot);
    for (const { record } of snapshot.rows) this.#bases.add(record.base);
    for (const listener of this.#listeners) listener(snapshot);
  }

  /** How many are notified of a new snapshot. */
  get listening(): number {
    return this.#listeners.size;
  }

  onPublish(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As after 120 s: only the current snapshot is retained. */
  forget(): void {
    for (const id of this.#retained.keys()) if (id !== this.#current?.id) this.#retained.delete(id);
  }

  current(): Snapshot | null {
    return this.#current;
  }

  byId(id: string): Snapshot | null {
    return this.#retained.get(id) ?? null;
  }

  pin(id: string): void {
    this.#pinned.add(id);
  }

  /** As after 20 s: the current snapshot and pinned ones are retained. */
  forgetUnpinned(): void {
    for (const id of this.#retained.keys())
      if (id !== this.#current?.id && !this.#pinned.has(id)) this.#retained.delete(id);
  }

  freshForMs(): number {
    return 5_000;
  }

  knowsBase(base: string): boolean {
    return this.#bases.has(base);
  }
}

function keyOf({ record }: BoardRow): string {
  return `${record.exchange}\n${record.exchangeSymbol}`;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
