import { OpportunityTracker, type TrackerDeps } from "../../src/collector/opportunity-tracker.ts";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import type { LegRecord } from "../../src/db/market/leg-repository.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { type Opportunity, type OpportunityStats } from "../../src/domain/opportunity.ts";
import {
  bookOf,
  NO_COLUMNS,
  type OpportunityColumns,
} from "../../src/domain/opportunity-columns.ts";
import { rowOf } from "./board.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryLog } from "./memory-log.ts";
import { NOON_MS } from "./quote.ts";

const HOURS_PER_YEAR = 8_760;
const MINUTE_MS = 60_000;
const NEVER_MS = NOON_MS + 365 * 24 * 60 * MINUTE_MS;

/** One listing as needed by a scene. */
export interface Listing {
  readonly id: number;
  readonly exchange: ExchangeId;
  readonly base?: string;
  /** Percent per year. */
  readonly pct: number;
  /** Seconds after noon at which it was observed; by default the time of the observation. */
  readonly observedAt?: number;
  readonly blocked?: boolean;
  /** Of one unit; 100 by default. */
  readonly price?: number;
}

/** What is stored of a listing committed `second` seconds after noon. */
function legOf({ id, exchange, base = "BTC", pct, ...more }: Listing, second: number): LegRecord {
  return rowOf(exchange, base, {
    instrumentId: id,
    fundingRate: pct / 100,
    fundingIntervalHours: HOURS_PER_YEAR,
    nextFundingAtMs: NEVER_MS,
    observedAtMs: NOON_MS + (more.observedAt ?? second) * 1000,
    markPrice: more.price ?? 100,
    frozen: more.blocked === true,
  }).record;
}

type EnabledExchange = ReturnType<TrackerDeps["market"]["enabled"]>[number];

/** The stored market: what its last commits left, and when an exchange last answered. */
class SceneMarket {
  readonly #legs = new Map<ExchangeId, readonly LegRecord[]>();
  readonly #commits = new Map<ExchangeId, number>();
  okAt = 0;
  /** By exchange, in seconds; absent ones are disabled. */
  periods: Readonly<Record<string, number>> = Object.fromEntries(
    EXCHANGE_IDS.map((exchange) => [exchange, 60]),
  );

  commit(exchange: ExchangeId, listings: readonly Listing[], second: number): void {
    const own = listings.filter((listing) => listing.exchange === exchange);
    this.#legs.set(
      exchange,
      own.map((listing) => legOf(listing, second)),
    );
    this.#commits.set(exchange, (this.#commits.get(exchange) ?? 0) + 1);
  }

  enabled(): EnabledExchange[] {
    return EXCHANGE_IDS.flatMap((exchange) => {
      const seconds = this.periods[exchange];
      if (seconds === undefined) return [];
      const commitSeq = this.#commits.get(exchange) ?? 0;
      const lastOkAtMs = NOON_MS + this.okAt * 1000;
      return [{ exchange, commitSeq, periodMs: seconds * 1000, lastOkAtMs }];
    });
  }

  legs(exchange: ExchangeId): readonly LegRecord[] {
    return this.#legs.get(exchange) ?? [];
  }
}

/** Stored pairs by "long>short". Times are seconds after noon. */
export type Stored = Readonly<
  Record<string, { first: number; last: number; peak: number; unobserved: number }>
>;

export function storedOf(columns: OpportunityColumns): Stored {
  const book = bookOf(columns);
  const found: Record<string, Stored[string]> = {};
  for (const [index, longId] of columns.longIds.entries()) {
    const shortId = columns.shortIds[index] ?? Number.NaN;
    const opportunity = book.find(longId, shortId);
    if (opportunity !== null) found[`${longId}>${shortId}`] = inSeconds(opportunity);
  }
  return found;
}

function inSeconds(opportunity: Opportunity): Stored[string] {
  return {
    first: (opportunity.firstSeenMs - NOON_MS) / 1000,
    last: (opportunity.lastSeenMs - NOON_MS) / 1000,
    peak: opportunity.peakGrossPct,
    unobserved: opportunity.unobservedMs / 1000,
  };
}

/**
 * A collector's tracker with a store in memory, started at noon on what `stored` is; by default it writes after each
 * observation.
 */
export function trackerScene(
  storeEveryMs = 0,
  stored: OpportunityColumns | "unreadable" | null = null,
  clock: ManualClock = new ManualClock(NOON_MS),
  market: SceneMarket = new SceneMarket(),
) {
  const log = memoryLog();
  const writes: OpportunityColumns[] = [];
  const known: OpportunityStats[] = [];
  const store = {
    failure: null as Error | null,
    /** Another writer holds the database. */
    isBusy: false,
    /** Attempted writes. */
    tried: 0,
    load: () => stored,
    store: (_epoch: number, columns: OpportunityColumns): void => {
      store.tried += 1;
      if (store.failure !== null) throw store.failure;
      writes.push(columns);
    },
    takeOver: () => (store.failure = new EpochLost(1, 2)),
  };
  const tracker = new OpportunityTracker({
    epoch: 1,
    market,
    store,
    writes: {
      attempt: (work) => (store.isBusy ? null : work()),
      run: async (work) => work(),
    },
    clock,
    log,
    onStats: (stats) => known.push(stats),
    storeEveryMs,
  });
  /** Advances to that second; a step back is one of the wall time. */
  const goTo = async (second: number) => {
    const aheadMs = NOON_MS + second * 1000 - clock.nowMs();
    if (aheadMs >= 0) await clock.advance(aheadMs);
    else clock.setWall(NOON_MS + second * 1000);
  };
  /**
   * Lets the tracker observe at that second, after all exchanges committed: only `listings` exist then. `okAt` is when
   * an exchange last answered, by default just before.
   */
  const see = async (second: number, listings: readonly Listing[], okAt = second - 1) => {
    await goTo(second);
    market.okAt = okAt;
    for (const exchange of EXCHANGE_IDS) market.commit(exchange, listings, second);
    tracker.check();
  };
  return {
    clock,
    log,
    market,
    store,
    tracker,
    writes,
    goTo,
    see,
    /** What is tracked as of the last observation. */
    stats: () => known.at(-1),
    last: () => storedOf(writes.at(-1) ?? NO_COLUMNS),
  };
}

/** One asset on two exchanges, ten points of yield apart, and the names of the two in storage. */
export const OKX = { id: 1, exchange: "okx", pct: 2 } as const satisfies Listing;
export const BYBIT = { id: 2, exchange: "bybit", pct: 12 } as const satisfies Listing;
export const BOTH = [OKX, BYBIT];
export const PAIR = "1>2";

/** A scene in which the pair has been open since second 0, last seen at second 10. */
export async function opened() {
  const scene = trackerScene();
  await scene.see(0, BOTH);
  await scene.see(10, BOTH);
  return scene;
}
