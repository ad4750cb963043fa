import { expect, test } from "bun:test";
import type { BoardRow } from "../../src/domain/market.ts";
import { type AssetGroup, AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A millisecond passes between two reads: work that checks whether a pause is due pauses every few times. */
class TickingClock extends ManualClock {
  #nowMs = 0;
  override monotonicMs(): number {
    return (this.#nowMs += 1);
  }
}

const EXCHANGES = ["bybit", "gate", "okx"] as const;
const ASSETS = 1_200;
/** Of 3,600: a few dozen assets or a chunk of rows, or the legs of 512 pairs, which are sorted at once. */
const MAX_ROWS_PER_TURN = 1_100;

/** Rows that report each access to their records; some are negative, no two are equal. */
function watchedRows(onLook: (uid: string) => void): BoardRow[] {
  return EXCHANGES.flatMap((exchange, place) =>
    Array.from({ length: ASSETS }, (_, n) => {
      const fundingRate = ((n * 7 + place * 3) % 101) / 100_000 - 0.0005;
      const row = rowOf(exchange, `A${n}`, { fundingRate, volume24hUsd: 1_000_000 + n });
      const record = new Proxy(row.record, {
        get: (target, name, receiver) => {
          onLook(target.uid);
          return Reflect.get(target, name, receiver);
        },
      });
      return { ...row, record };
    }),
  );
}

/** Legs that report each access to their rate or volume: most queries by asset need nothing from the row itself. */
function watchLegs(groups: readonly AssetGroup[], onLook: (uid: string) => void): void {
  for (const { trusted, refused } of groups)
    for (const leg of [...trusted, ...refused]) {
      const { annualizedPct, volume24hUsd } = leg;
      const { uid } = leg.row.record;
      for (const [name, value] of Object.entries({ annualizedPct, volume24hUsd }))
        Object.defineProperty(leg, name, {
          get: () => {
            onLook(uid);
            return value;
          },
        });
    }
}

/** The maximum number of rows visited between two turns of the event loop while `work` runs. */
async function maxRowsPerTurn(looked: Set<string>, work: Promise<unknown>): Promise<number> {
  let max = 0;
  const ended = new AbortController();
  const done = work.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    max = Math.max(max, looked.size);
    looked.clear();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  return Math.max(max, looked.size);
}

test.each([
  ["/api/funding/current"],
  ["/api/funding/current?format=csv"],
  ["/api/funding/current?format=ndjson&min_volume=1000100"],
  ["/api/funding/current?sort=annualized_pct&order=desc&limit=10"],
  ["/api/funding/current?since=0-0&sort=annualized_pct"],
  ["/api/funding/current?base=A1USDT"],
  ["/api/funding/symbol/A1"],
  ["/api/funding/arb?min_yield=0"],
  ["/api/funding/divergence?min_lasted=0"],
  ["/api/funding/heatmap"],
  ["/api/funding/heatmap?format=csv&sort=spread"],
  ["/api/funding/heatmap?format=ndjson&sort=base"],
  ["/api/funding/sentiment"],
  ["/api/funding/sentiment?format=csv&sort=median_annualized_pct"],
  ["/api/funding/by_volume"],
  ["/api/funding/extremes"],
  ["/api/funding/market"],
  ["/api/funding/calendar?hours=24&limit=100"],
  ["/api/funding/calendar/slots"],
  ["/api/instruments?identity=confirmed"],
  ["/api/assets?q=a1"],
  ["/api/quality"],
  ["/?sort=annualized_pct"],
])("%s is built in steps that visit a part of the rows", async (target) => {
  const looked = new Set<string>();
  const board = new TestBoard();
  const groups = new AssetGroups();
  const snapshot = snapshotOf(
    "1-1",
    watchedRows((uid) => looked.add(uid)),
  );
  board.publish(snapshot);
  watchLegs(groups.of(snapshot), (uid) => looked.add(uid));
  const app = testApp(board, { clock: new TickingClock(), groups });
  const respond = async (): Promise<void> => {
    const response = await app.fetch(
      new Request(`http://finder.test${target}`, { headers: { "accept-encoding": "gzip" } }),
    );
    expect(response.status).toBe(200);
    expect((await response.bytes()).byteLength).toBeGreaterThan(100);
  };
  looked.clear();
  const max = await maxRowsPerTurn(looked, respond());
  expect(max).toBeGreaterThan(0);
  expect(max).toBeLessThanOrEqual(MAX_ROWS_PER_TURN);
});
