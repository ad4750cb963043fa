import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { collect } from "../../src/collector/collector.ts";
import type { FromWorker } from "../../src/collector/protocol.ts";
import { BackfillRepository } from "../../src/db/history/backfill-repository.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { type Series, SeriesRepository } from "../../src/db/history/series-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { gapLedger } from "../../src/services/history/gap-ledger.ts";
import { intervalsInForce } from "../../src/domain/intervals-in-force.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { isExchangeName } from "../../src/simulator/listing.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { testDatabase, type TestDatabase } from "../support/database.ts";
import { memoryLog } from "../support/memory-log.ts";
import { LONG_MS } from "../support/patience.ts";
import { until } from "../support/service.ts";
import { type StoredSeries, storedSeries } from "../support/stored-history.ts";

/** Without limits, the pasts of hundreds of instruments are read in seconds. */
const FAST = { requests: 1_000, perMs: 1_000 };

/** A request for each payment or hour: their pasts would take as long as all others together. */
const SLOW: ReadonlySet<ExchangeId> = new Set(["bitfinex", "paradex"]);

function fast(exchange: Exchange): Exchange {
  const { facts, history } = exchange;
  if (history === undefined || history.kind === "none") return exchange;
  return {
    ...exchange,
    facts: { ...facts, pacing: FAST },
    history: { ...history, pacing: FAST },
  };
}

/** The markets of these tests are those of one day: of a listing shortly before their past, hours are missing. */
const BEGAN_MS = Date.UTC(2026, 10, 18, 9, 30) - performance.now();
const marketNowMs = (): number => Math.floor(BEGAN_MS + performance.now());

/** Collects from a simulator over real HTTP. */
function collecting(database: TestDatabase, exchanges: readonly Exchange[], origin: string) {
  const lifetime = new AbortController();
  const posted: FromWorker[] = [];
  const log = memoryLog();
  const ended = collect(
    {
      databasePath: database.path,
      exchanges: exchanges.map(({ facts }) => facts.id),
      periodMs: 60_000,
      exchangeOrigin: origin,
      logLevel: "silent",
    },
    {
      exchanges,
      clock: { ...systemClock, nowMs: marketNowMs },
      random: () => 0.1,
      log,
      post: (message) => posted.push(message),
      lifetime: lifetime.signal,
    },
  );
  return {
    log,
    posted,
    async [Symbol.asyncDispose]() {
      lifetime.abort();
      await ended;
    },
  };
}

/** Whether an instrument has a past: its exchange has one of its kind. */
function hasPast({ exchange, accrual }: Series): boolean {
  const kind = EXCHANGES[exchange].history?.kind;
  return kind === (accrual === "continuous" ? "accruals" : "settlements");
}

/** What is left to read, as "uid: failure"; also an exchange of which nothing is known yet. */
function unread(database: TestDatabase, exchanges: readonly ExchangeId[]): readonly string[] {
  using db = new Database(historyFile(database.path).path, { readonly: true });
  const all = new SeriesRepository(db).all();
  const backfills = new BackfillRepository(db);
  const unknown = exchanges.filter((id) => !all.some(({ exchange }) => exchange === id));
  const left = all.filter(hasPast).flatMap(({ id, uid }) => {
    const backfill = backfills.of(id);
    return backfill?.complete === true ? [] : [`${uid}: ${backfill?.failure ?? "not read yet"}`];
  });
  return [...unknown, ...left];
}

async function untilRead(database: TestDatabase, exchanges: readonly ExchangeId[]): Promise<void> {
  const left = () => unread(database, exchanges);
  await until(
    () => left().length === 0,
    () => left().slice(0, 10).join(", "),
    LONG_MS / 2,
  );
}

/** Slots that were charged, oldest first. */
function chargedSlots(market: Market, { series }: StoredSeries): readonly number[] {
  const { exchange, exchangeSymbol } = series;
  if (!isExchangeName(exchange)) return [];
  if (series.accrual === "continuous")
    return (market.accruals(exchange, exchangeSymbol) ?? []).map(({ endMs }) => endMs);
  return (market.payments(exchange, exchangeSymbol) ?? []).map(({ slotMs }) => slotMs);
}

/** The missing slots of a ledger. */
function missingSlots({ series, slots, backfill }: StoredSeries, nowMs: number): number[] {
  const intervals = intervalsInForce(slots);
  const { ranges } = gapLedger({
    slots: slots.map((slot, index) => ({ ...slot, intervalHours: intervals[index] ?? null })),
    listedAtMs: series.listedAt,
    firstSeenMs: series.firstSeen,
    endedAtMs: series.endedAt,
    nowMs,
    fromMs: null,
    backfill: backfill === null ? null : { ...backfill, isComplete: backfill.complete },
  });
  return ranges
    .filter(({ state }) => state === "missing")
    .flatMap(({ firstSlotMs, slots: count, intervalHours }) =>
      Array.from(
        { length: count ?? 0 },
        (_, n) => firstSlotMs + n * (intervalHours ?? 0) * 3_600_000,
      ),
    );
}

describe("the pasts of all exchanges", () => {
  test(
    "are read whole over HTTP, and the ledger names exactly the holes",
    async () => {
      using simulator = startSimulator({
        nowMs: marketNowMs,
        scale: 0.02,
        historyLimitFactor: 1e6,
      });
      const { market } = simulator;
      const startedMs = marketNowMs();
      const exchanges = Object.values(EXCHANGES)
        .filter(({ facts }) => !SLOW.has(facts.id))
        .map(fast);
      const ids = exchanges
        .filter(({ history }) => history !== undefined && history.kind !== "none")
        .map(({ facts }) => facts.id);
      // A payment in the middle of the newest days is missing from one instrument of each exchange.
      const holes = new Map<string, number>();
      for (const id of ids) {
        const symbol = market.truth(id).instruments[0]?.exchange_symbol ?? "";
        const slotMs = market.payments(id, symbol)?.at(-6)?.slotMs;
        if (slotMs !== undefined && market.makeHole(id, symbol, slotMs))
          holes.set(`${id} ${symbol}`, slotMs);
      }
      using database = testDatabase();
      await using _ = collecting(database, exchanges, simulator.origin);
      await untilRead(database, ids);
      const found = new Map<string, number>();
      for (const one of storedSeries(database.path).filter(({ series }) => hasPast(series))) {
        const { series, slots, backfill } = one;
        const name = `${series.exchange} ${series.exchangeSymbol}`;
        const stored = slots.map(({ slotMs }) => slotMs).filter((slotMs) => slotMs < startedMs);
        const oldestMs = stored[0] ?? Number.NaN;
        const charged = chargedSlots(market, one).filter(
          (slotMs) => slotMs < startedMs && slotMs !== holes.get(name),
        );
        expect([name, stored]).toEqual([name, charged.filter((slotMs) => slotMs >= oldestMs)]);
        // What is older is declared absent at the source.
        if (charged[0] !== oldestMs)
          expect([name, backfill?.availableFromMs]).toEqual([name, oldestMs]);
        for (const slotMs of missingSlots(one, startedMs)) found.set(name, slotMs);
      }
      expect([...found].toSorted()).toEqual([...holes].toSorted());
      expect(holes.size).toBeGreaterThan(30);
    },
    LONG_MS,
  );
});

describe("an exchange that bans whoever is too fast", () => {
  test(
    "is read at its own pace without a ban; every request is counted",
    async () => {
      using simulator = startSimulator({ nowMs: marketNowMs, scale: 0.02, maxPastRows: 50 });
      using database = testDatabase();
      await using run = collecting(database, [EXCHANGES.okx], simulator.origin);
      await untilRead(database, ["okx"]);
      const sent = simulator.market.requests()["okx /api/v5/public/funding-rate-history"];
      const counted = storedSeries(database.path).map(({ backfill }) => backfill?.requests ?? 0);
      expect(counted.reduce((sum, requests) => sum + requests, 0)).toBe(sent ?? Number.NaN);
      expect(sent).toBeGreaterThan(30);
      expect(run.log.events()).not.toContain("history_paused");
      expect(database.states.list()[0]).toMatchObject({ failureKind: null, failuresInRow: 0 });
    },
    LONG_MS,
  );
});
