import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import type { Opportunity } from "../../src/domain/opportunity.ts";
import {
  bookOf,
  longIdOf,
  NO_COLUMNS,
  type OpportunityColumns,
  shortIdOf,
} from "../../src/domain/opportunity-columns.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { OpportunityTracker } from "../../src/services/opportunities/tracker.ts";
import { rowOf, snapshotOf } from "./board.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryLog } from "./memory-log.ts";
import { NOON_MS } from "./quote.ts";

const HOURS_PER_YEAR = 8_760;

/** One listing as a scene needs it. */
export interface Listing {
  readonly id: number;
  readonly exchange: ExchangeId;
  readonly base?: string;
  /** Percent a year. */
  readonly pct: number;
  /** Seconds after noon at which it was observed; as of the snapshot unless told. */
  readonly observedAt?: number;
  readonly blocked?: boolean;
  /** Of one unit; 100 unless told. */
  readonly price?: number;
}

/** A snapshot `second` seconds after noon; `okAt` is when an exchange last answered, just before unless told. */
export function snapshotAt(
  second: number,
  listings: readonly Listing[],
  okAt = second - 1,
): Snapshot {
  const rows = listings.map(({ id, exchange, base = "BTC", pct, ...more }): BoardRow =>
    rowOf(
      exchange,
      base,
      {
        instrumentId: id,
        exchangeSymbol: `${base}-${id}`,
        fundingRate: pct / 100,
        fundingIntervalHours: HOURS_PER_YEAR,
        observedAtMs: NOON_MS + (more.observedAt ?? second) * 1000,
        markPrice: more.price ?? 100,
      },
      more.blocked === true ? flagBit("stale") : 0,
    ),
  );
  const snapshot = snapshotOf(`1-${second}`, rows, NOON_MS + second * 1000);
  const exchanges = snapshot.exchanges.map((view) => ({
    ...view,
    state: { ...view.state, enabled: true, lastOkAtMs: NOON_MS + okAt * 1000 },
  }));
  return { ...snapshot, exchanges };
}

/** Stored pairs by "long>short". Times are seconds after noon. */
export type Stored = Readonly<
  Record<string, { first: number; last: number; peak: number; unobserved: number }>
>;

export function storedOf(columns: OpportunityColumns): Stored {
  const book = bookOf(columns);
  const found: Record<string, Stored[string]> = {};
  for (const key of columns.keys.subarray(0, columns.count)) {
    const opportunity = book.find(longIdOf(key), shortIdOf(key));
    if (opportunity !== null) found[`${longIdOf(key)}>${shortIdOf(key)}`] = inSeconds(opportunity);
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

/** A tracker at noon with a store in memory; it writes after each snapshot unless told otherwise. */
export function trackerScene(storeEveryMs = 0) {
  const clock = new ManualClock(NOON_MS);
  const log = memoryLog();
  const writes: { readonly epoch: number; readonly columns: OpportunityColumns }[] = [];
  const store = {
    /** What is there at a start. */
    stored: NO_COLUMNS as OpportunityColumns | "unreadable" | null,
    currentEpoch: 1,
    failure: null as Error | null,
    /** Writes that were tried. */
    tried: 0,
    load: () => store.stored,
    store: async (epoch: number, columns: OpportunityColumns): Promise<boolean> => {
      store.tried += 1;
      if (store.failure !== null) throw store.failure;
      if (epoch !== store.currentEpoch) return false;
      writes.push({ epoch, columns: copyOf(columns) });
      return true;
    },
  };
  const tracker = new OpportunityTracker({
    groups: new AssetGroups(),
    store,
    clock,
    log,
    storeEveryMs,
  });
  /** Lets the tracker take in a snapshot of `listings` at that second; the clock goes there first. */
  const see = async (second: number, listings: readonly Listing[], okAt?: number) => {
    const aheadMs = NOON_MS + second * 1000 - clock.nowMs();
    if (aheadMs > 0) await clock.advance(aheadMs);
    await tracker.observe(snapshotAt(second, listings, okAt));
  };
  return {
    clock,
    log,
    store,
    tracker,
    writes,
    see,
    last: () => storedOf(writes.at(-1)?.columns ?? NO_COLUMNS),
  };
}

function copyOf(columns: OpportunityColumns): OpportunityColumns {
  const { count } = columns;
  return {
    count,
    keys: columns.keys.slice(0, count),
    firstSeen: columns.firstSeen.slice(0, count),
    lastSeen: columns.lastSeen.slice(0, count),
    peak: columns.peak.slice(0, count),
    unobserved: columns.unobserved.slice(0, count),
  };
}

/** One asset on two exchanges, ten points of yield apart, and how the two are named where they are stored. */
export const OKX = { id: 1, exchange: "okx", pct: 2 } as const satisfies Listing;
export const BYBIT = { id: 2, exchange: "bybit", pct: 12 } as const satisfies Listing;
export const BOTH = [OKX, BYBIT];
export const PAIR = "1>2";

/** A scene in which the pair has been open since second 0, last seen at second 10. */
export async function opened() {
  const scene = trackerScene();
  scene.tracker.begin(1);
  await scene.see(0, BOTH);
  await scene.see(10, BOTH);
  return scene;
}
