import { expect, test } from "bun:test";
import fc from "fast-check";
import { type ExchangeId, isMissing } from "../../src/domain/exchange.ts";
import {
  boardRow,
  type BoardRow,
  type ExchangeView,
  type MarketRecord,
} from "../../src/domain/market.ts";
import { Board, PUBLISH_EVERY_MS } from "../../src/services/board/board.ts";
import { missingReason } from "../../src/services/board/coverage.ts";
import { exchangeTerms } from "../../src/services/board/exchange-terms.ts";
import { exchangeStatus } from "../../src/services/board/health.ts";
import { rowOf } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MarketInMemory } from "../support/market-in-memory.ts";
import { NOON_MS } from "../support/quote.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const STALE_AFTER_MS = 900_000;
const EXCHANGES = ["bybit", "gate", "okx"] as const;

type Change =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "setWall"; readonly byMs: number }
  | { readonly kind: "commit"; readonly exchange: ExchangeId; readonly rows: readonly Row[] }
  | { readonly kind: "period"; readonly exchange: ExchangeId; readonly periodMs: number }
  | { readonly kind: "enabled"; readonly exchange: ExchangeId; readonly isEnabled: boolean }
  | { readonly kind: "fail"; readonly exchange: ExchangeId }
  | { readonly kind: "restart" };

/** What determines when a row changes; times from its commit. */
interface Row {
  readonly age: number;
  readonly next: number | null;
  readonly hours: number | null;
  readonly frozen: boolean;
  readonly continuous: boolean;
}

/** Moments around those at which something changes, so that many cases coincide to the millisecond. */
const EDGES_MS = [0, 1, 250, 2_500, 5_000, 60_000, 180_000, 240_000, HOUR_MS];
const edgeMs = fc
  .tuple(fc.constantFrom(...EDGES_MS), fc.constantFrom(-1, 0, 1, 250, 4_999))
  .map(([edge, by]) => Math.max(0, edge + by));
const anyExchange = fc.constantFrom(...EXCHANGES);
const row: fc.Arbitrary<Row> = fc.record({
  age: edgeMs,
  next: fc.option(
    edgeMs.map((ms) => ms - 5_000),
    { freq: 5 },
  ),
  hours: fc.option(fc.constantFrom(1, 4, 8), { freq: 5 }),
  frozen: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  continuous: fc.boolean(),
});

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.oneof(fc.constant(250), fc.constant(250), edgeMs, fc.constant(HOUR_MS)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      exchange: anyExchange,
      rows: fc.array(row, { maxLength: 4 }),
    }),
  },
  fc.record({
    kind: fc.constant("setWall" as const),
    byMs: fc.constantFrom(-HOUR_MS, -61_000, -3, 3, 61_000),
  }),
  fc.record({
    kind: fc.constant("period" as const),
    exchange: anyExchange,
    // In the last one a rate is valid beyond its next settlement.
    periodMs: fc.constantFrom(10_000, 60_000, 90_000, HOUR_MS),
  }),
  fc.record({
    kind: fc.constant("enabled" as const),
    exchange: anyExchange,
    isEnabled: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("fail" as const), exchange: anyExchange }),
  fc.record({ kind: fc.constant("restart" as const) }),
);

function recordsOf(exchange: ExchangeId, rows: readonly Row[], nowMs: number): MarketRecord[] {
  return rows.map(({ age, next, hours, frozen, continuous }, n) => {
    const { record } = rowOf(exchange, `B${n}`, {
      observedAtMs: nowMs - age,
      nextFundingAtMs: next === null ? null : nowMs + next,
      fundingIntervalHours: hours,
      frozen,
      accrual: continuous ? "continuous" : "periodic",
    });
    return record;
  });
}

/** The expected snapshot of the stored market at this moment, computed row by row. */
function plainSnapshot(market: MarketInMemory, nowMs: number) {
  const { progress, states, rows: records } = market.read(({ enabled }) => enabled);
  const { epoch, seq, changedAtMs } = progress;
  const periods = Math.max(0, Math.floor((nowMs - changedAtMs) / PUBLISH_EVERY_MS));
  const asOfMs = changedAtMs + periods * PUBLISH_EVERY_MS;
  const rows: BoardRow[] = [];
  const exchanges = states.map((state) => {
    const own = records.get(state.exchange) ?? [];
    const terms = exchangeTerms(state.exchange, state.periodMs);
    rows.push(...own.map((record) => boardRow(record, asOfMs, terms)));
    const isFrozen = own.length > 0 && own.filter(({ frozen }) => frozen).length >= own.length / 2;
    const status = exchangeStatus(state, asOfMs, STALE_AFTER_MS, isFrozen);
    const newestMs = Math.max(...own.map(({ observedAtMs }) => observedAtMs));
    return {
      exchange: state.exchange,
      status,
      missingBecause: isMissing(status) ? missingReason(status, state.failureKind, isFrozen) : null,
      symbols: own.length,
      ageSeconds:
        own.length === 0 ? null : Math.max(0, Math.floor((asOfMs - newestMs) / SECOND_MS)),
      state,
    };
  });
  const id = periods === 0 ? `${epoch}-${seq}` : `${epoch}-${seq}.${periods}`;
  const listings = states.flatMap(({ exchange }) => {
    const own = records.get(exchange);
    return own === undefined ? [] : [own];
  });
  return { id, asOfMs, storedAtMs: changedAtMs, rows, listings, exchanges };
}

test("every snapshot equals the one computed row by row, and none is missing when a row has changed", async () => {
  let published = 0;
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 10, maxLength: 60 }), async (changes) => {
      const clock = new ManualClock(NOON_MS);
      const market = new MarketInMemory(EXCHANGES, NOON_MS);
      const start = () => new Board({ reader: market, clock, staleAfterMs: STALE_AFTER_MS });
      let board = start();
      let publishedAtMs = Number.NEGATIVE_INFINITY;
      let hasNewRows = false;
      for (const one of changes) {
        if (one.kind === "wait") await clock.advance(one.ms);
        else if (one.kind === "restart") {
          board = start();
          publishedAtMs = Number.NEGATIVE_INFINITY;
        } else apply(one, market, clock);
        if (["commit", "enabled", "restart"].includes(one.kind)) hasNewRows = true;
        const before = board.current();
        board.poll();
        const after = board.current();
        const isDue = clock.monotonicMs() - publishedAtMs >= PUBLISH_EVERY_MS;
        if (after === before && (before === null || !isDue)) continue;
        const plain = plainSnapshot(market, clock.nowMs());
        if (after !== before) {
          published += 1;
          publishedAtMs = clock.monotonicMs();
          expect(after).toMatchObject(plain);
          if (!hasNewRows) expect(shownBy(after)).not.toEqual(shownBy(before));
          hasNewRows = false;
          const previous = new Map(before?.rows.map((shown) => [shown.record, shown]));
          for (const shown of after?.rows ?? []) {
            const known = previous.get(shown.record) ?? shown;
            if (Bun.deepEquals(known, shown)) expect(shown).toBe(known);
          }
        } else {
          unchanged += 1;
          expect(shownBy(after)).toEqual(shownBy(plain));
        }
      }
    }),
    { numRuns: 1_500 },
  );
  expect([published > 5_000, unchanged > 500]).toEqual([true, true]);
});

/** Changes that cause a new snapshot. */
function shownBy(
  snapshot: {
    readonly rows: readonly BoardRow[];
    readonly exchanges: readonly Pick<ExchangeView, "status" | "missingBecause">[];
  } | null,
) {
  const statuses = snapshot?.exchanges.map(({ status, missingBecause }) => [
    status,
    missingBecause,
  ]);
  return { rows: snapshot?.rows, statuses };
}

function apply(
  one: Exclude<Change, { readonly kind: "wait" | "restart" }>,
  market: MarketInMemory,
  clock: ManualClock,
): void {
  const nowMs = clock.nowMs();
  switch (one.kind) {
    case "setWall":
      return clock.setWall(nowMs + one.byMs);
    case "commit":
      return market.commit(one.exchange, recordsOf(one.exchange, one.rows, nowMs), nowMs);
    case "period":
      return market.change(one.exchange, { periodMs: one.periodMs }, nowMs);
    case "enabled":
      return market.change(one.exchange, { enabled: one.isEnabled }, nowMs);
    case "fail":
      return market.change(one.exchange, { failureKind: "http", failuresInRow: 1 }, nowMs);
  }
}

const MANY = ["bybit", "gate", "kucoin", "mexc", "okx"] as const;

/** Rows that settle at noon; `onLook` is called with each row that is checked for changes with time. */
function manyRecords(exchange: ExchangeId, atMs: number, onLook: (uid: string) => void) {
  return Array.from({ length: 900 }, (_, n) => {
    const { record } = rowOf(exchange, `B${n}`, { observedAtMs: atMs });
    const get = (): number => {
      onLook(record.uid);
      return NOON_MS;
    };
    return Object.defineProperty({ ...record }, "nextFundingAtMs", { get, enumerable: true });
  });
}

test.each([
  ["and nothing is committed", false],
  ["while exchanges are committed", true],
])(
  "when a settlement of all exchanges passes %s, no poll visits all rows, and the publishing one visits none",
  async (_how, isBusy) => {
    const clock = new ManualClock(NOON_MS - 60 * SECOND_MS);
    const market = new MarketInMemory([...MANY, "woox"], clock.nowMs());
    const looked = new Set<string>();
    const commit = (id: ExchangeId): void =>
      market.commit(
        id,
        manyRecords(id, clock.nowMs(), (uid) => looked.add(uid)),
        clock.nowMs(),
      );
    for (const id of MANY) commit(id);
    const board = new Board({ reader: market, clock, staleAfterMs: STALE_AFTER_MS });
    board.poll();
    const maxVisited = { between: 0, publishing: 0 };
    while (clock.nowMs() < NOON_MS + 10 * SECOND_MS) {
      await clock.advance(250);
      if (isBusy && clock.nowMs() % SECOND_MS === 0) market.commit("woox", [], clock.nowMs());
      if (isBusy && clock.nowMs() === NOON_MS - 3 * SECOND_MS) commit("okx");
      looked.clear();
      const before = board.current();
      board.poll();
      const kind = board.current() === before ? "between" : "publishing";
      maxVisited[kind] = Math.max(maxVisited[kind], looked.size);
    }
    // At most 2,000, and those of one exchange.
    expect(maxVisited).toEqual({ between: 2_700, publishing: 0 });
    const shown = new Set(board.current()?.rows.map(({ nextFundingAtMs }) => nextFundingAtMs));
    expect([...shown]).toEqual([NOON_MS + 8 * HOUR_MS]);
  },
);
