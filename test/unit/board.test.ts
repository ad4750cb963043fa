import { describe, expect, test } from "bun:test";
import { marketFile } from "../../src/db/market/file.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { openDb } from "../../src/db/open.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagNames } from "../../src/domain/flags.ts";
import type { Snapshot } from "../../src/domain/market.ts";
import { Board } from "../../src/services/board/board.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const STALE_AFTER_MS = 900_000;

function setUp() {
  const database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const board = new Board({ reader: database.reader, clock, staleAfterMs: STALE_AFTER_MS });
  const epoch = startCollecting(database, ["okx", "bybit"], NOON_MS);
  const commit = (exchange: "okx" | "bybit", ...bases: string[]): void => {
    const quotes = bases.map((base) => quoteOf(base, { receivedAtMs: clock.nowMs() }));
    database.writer.commit(acceptedBatch(exchange, epoch, clock.nowMs(), quotes));
  };
  return {
    database,
    clock,
    board,
    epoch,
    commit,
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function symbols(snapshot: Snapshot | null): string[] | undefined {
  return snapshot?.rows.map(({ record }) => `${record.exchange}:${record.exchangeSymbol}`);
}

describe("the board", () => {
  test("has no snapshot until the first batch is stored", () => {
    using setup = setUp();
    setup.board.poll();
    expect(setup.board.current()).toBeNull();
    expect(setup.board.health().status).toBe("down");
  });

  test("knows a delisted asset under any of its names", () => {
    using setup = setUp();
    setup.commit("okx", "MATIC", "MUSTOCK");
    const { board } = setup;
    for (const name of ["MATIC", "POL", "MU", "MUSTOCK"])
      expect([name, board.knowsBase(name)]).toEqual([name, true]);
    for (const name of ["XAU", "S", "M"])
      expect([name, board.knowsBase(name)]).toEqual([name, false]);
  });

  test("publishes the first batch immediately, ordered by exchange and symbol, as of the commit", async () => {
    using setup = setUp();
    setup.commit("okx", "ETH", "BTC");
    setup.commit("bybit", "SOL");
    await setup.clock.advance(200);
    setup.board.poll();
    const snapshot = setup.board.current();
    expect(symbols(snapshot)).toEqual(["bybit:SOLUSDT", "okx:BTCUSDT", "okx:ETHUSDT"]);
    expect(snapshot?.id).toBe(`${setup.epoch}-2`);
    expect(snapshot?.asOfMs).toBe(NOON_MS);
  });

  test("batches commits: at most one snapshot in five seconds", async () => {
    using setup = setUp();
    const published: string[] = [];
    setup.board.onPublish((snapshot) => published.push(snapshot.id));
    for (let n = 0; n < 40; n += 1) {
      setup.commit(n % 2 === 0 ? "okx" : "bybit", "BTC");
      setup.board.poll();
      await setup.clock.advance(250);
    }
    expect(published).toEqual(["1-1", "1-21"]);
  });

  test("rows of an exchange that did not commit are the same objects in the next snapshot", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.commit("bybit", "BTC");
    setup.board.poll();
    const before = setup.board.current();
    await setup.clock.advance(6 * SECOND_MS);
    setup.commit("okx", "BTC");
    setup.board.poll();
    const after = setup.board.current();
    expect(after?.id).not.toBe(before?.id);
    expect(after?.rows[0]).toBe(before?.rows[0] as never);
    expect(after?.rows[1]).not.toBe(before?.rows[1] as never);
  });

  test("publishes with a reason when a row becomes stale without any commit", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.board.poll();
    const ids: string[] = [];
    setup.board.onPublish((snapshot) => ids.push(snapshot.id));
    for (let n = 0; n < 200 * 4; n += 1) {
      await setup.clock.advance(250);
      setup.board.poll();
    }
    // 180 s is the minimum staleness: the first publish period after it is the 37th.
    expect(ids).toEqual(["1-1.37"]);
    expect(flagNames(setup.board.current()?.rows[0]?.flags ?? 0)).toEqual(["stale"]);
  });

  test("visits its rows again only when one of them changes with time, however often it polls", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    let visits = 0;
    const { reader } = setup.database;
    const counting = {
      progress: () => reader.progress(),
      knowsBase: () => true,
      readExchange: (id: ExchangeId) => reader.readExchange(id),
      read: (wants: Parameters<typeof reader.read>[0]) => {
        const market = reader.read(wants);
        for (const record of market?.rows.get("okx") ?? []) {
          const { observedAtMs } = record;
          const get = (): number => {
            visits += 1;
            return observedAtMs;
          };
          Object.defineProperty(record, "observedAtMs", { get });
        }
        return market;
      },
    };
    const board = new Board({ reader: counting, clock: setup.clock, staleAfterMs: STALE_AFTER_MS });
    board.poll();
    expect(visits).toBeGreaterThan(0);
    visits = 0;
    for (let n = 0; n < 400; n += 1) {
      await setup.clock.advance(250);
      board.poll();
    }
    // 100 s are twenty periods; the row becomes stale after 180 s.
    expect(visits).toBe(0);
  });

  test("reads the commits of one exchange per poll, and publishes them without reading them again", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.commit("bybit", "BTC");
    const { reader } = setup.database;
    const read: string[] = [];
    const counting = {
      progress: () => reader.progress(),
      knowsBase: () => true,
      readExchange: (id: ExchangeId) => {
        read.push(`early ${id}`);
        return reader.readExchange(id);
      },
      read: (wants: Parameters<typeof reader.read>[0]) => {
        const market = reader.read(wants);
        for (const id of market?.rows.keys() ?? []) read.push(id);
        return market;
      },
    };
    const board = new Board({ reader: counting, clock: setup.clock, staleAfterMs: STALE_AFTER_MS });
    board.poll();
    expect(read.splice(0)).toEqual(["bybit", "okx"]);
    setup.commit("okx", "BTC", "ETH");
    setup.commit("bybit", "BTC", "SOL");
    for (let poll = 0; poll < 4; poll += 1) {
      await setup.clock.advance(250);
      board.poll();
    }
    expect(read.splice(0)).toEqual(["early bybit", "early okx"]);
    // It commits again before the snapshot: what was read early is from an outdated commit.
    setup.commit("okx", "ETH", "XRP");
    await setup.clock.advance(4 * SECOND_MS);
    board.poll();
    expect(read).toEqual(["okx"]);
    expect(symbols(board.current())).toEqual([
      "bybit:BTCUSDT",
      "bybit:SOLUSDT",
      "okx:BTCUSDT",
      "okx:ETHUSDT",
      "okx:XRPUSDT",
    ]);
  });

  test("a settlement that passes causes a new snapshot in which the row is settling", async () => {
    using setup = setUp();
    const nextFundingAtMs = NOON_MS + 30 * SECOND_MS;
    const quote = quoteOf("BTC", { nextFundingAtMs });
    setup.database.writer.commit(acceptedBatch("okx", setup.epoch, NOON_MS, [quote]));
    setup.board.poll();
    await setup.clock.advance(29 * SECOND_MS);
    setup.board.poll();
    expect(setup.board.current()?.id).toBe("1-1");
    await setup.clock.advance(SECOND_MS);
    setup.board.poll();
    expect(flagNames(setup.board.current()?.rows[0]?.flags ?? 0)).toEqual(["settling"]);
    // The next one by its interval, until the exchange sends it.
    const goesOnAtMs = nextFundingAtMs + 8 * HOUR_MS;
    expect(setup.board.current()?.rows[0]?.nextFundingAtMs).toBe(goesOnAtMs);
    await setup.clock.advance(4 * 60 * SECOND_MS);
    setup.board.poll();
    expect(flagNames(setup.board.current()?.rows[0]?.flags ?? 0)).toContain("expired");
    expect(setup.board.current()?.rows[0]?.nextFundingAtMs).toBeNull();
  });

  test("two processes on one file publish the same snapshot with the same id", async () => {
    using setup = setUp();
    const secondDb = openDb(marketFile(setup.database.path));
    const second = new Board({
      reader: new MarketReader(secondDb),
      clock: setup.clock,
      staleAfterMs: STALE_AFTER_MS,
    });
    for (let n = 0; n < 30; n += 1) {
      if (n % 7 === 0) setup.commit("okx", "BTC", "ETH");
      setup.board.poll();
      second.poll();
      await setup.clock.advance(1_700);
    }
    expect(second.current()).toEqual(setup.board.current());
    secondDb.close();
  });

  test.each([
    ["20 s", 20, false],
    ["120 s if a cursor points to it", 120, true],
  ])("a replaced snapshot is available for %s, then not", async (_how, seconds, isPinned) => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.board.poll();
    const first = setup.board.current();
    if (isPinned) setup.board.pin("1-1");
    await setup.clock.advance(6 * SECOND_MS);
    setup.commit("okx", "BTC");
    setup.board.poll();
    expect(setup.board.byId("1-1")).toBe(first);
    await setup.clock.advance((seconds - 1) * SECOND_MS);
    expect(setup.board.byId("1-1")).toBe(first);
    await setup.clock.advance(2 * SECOND_MS);
    expect(setup.board.byId("1-1")).toBeNull();
  });

  test("a disabled exchange leaves the board", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.commit("bybit", "BTC");
    setup.board.poll();
    await setup.clock.advance(6 * SECOND_MS);
    const epoch = startCollecting(setup.database, ["okx"], setup.clock.nowMs());
    setup.database.writer.commit(
      acceptedBatch("okx", epoch, setup.clock.nowMs(), [quoteOf("BTC")]),
    );
    setup.board.poll();
    expect(symbols(setup.board.current())).toEqual(["okx:BTCUSDT"]);
    expect(setup.board.current()?.exchanges.find((view) => view.exchange === "bybit")?.status).toBe(
      "off",
    );
  });
});

describe("health", () => {
  test("is ok while all enabled exchanges are fresh and a collector is running, by the current time", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.commit("bybit", "BTC");
    setup.board.poll();
    setup.database.epochs.beat(setup.epoch, NOON_MS);
    expect(setup.board.health()).toMatchObject({
      status: "ok",
      dataAgeSeconds: 0,
      staleExchanges: [],
      totalRows: 2,
    });
    await setup.clock.advance(7 * SECOND_MS);
    expect(setup.board.health().dataAgeSeconds).toBe(7);
  });

  test("includes an answer or a failure before the next snapshot shows it", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.commit("bybit", "BTC");
    setup.board.poll();
    await setup.clock.advance(2 * SECOND_MS);
    setup.commit("okx", "BTC");
    const failure = { kind: "http", message: "HTTP 500", retryAtMs: setup.clock.nowMs() } as const;
    setup.database.writer.fail(setup.epoch, "bybit", { atMs: setup.clock.nowMs(), ...failure });
    setup.board.poll();
    expect(setup.board.current()?.id).toBe(`${setup.epoch}-2`);
    expect(setup.board.health().exchanges).toMatchObject([
      { exchange: "bybit", ageSeconds: 2, status: "degraded", lastError: "http: HTTP 500" },
      { exchange: "okx", ageSeconds: 0, status: "ok" },
    ]);
  });

  test("ages with the board: what is not shown does not count for long", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.board.poll();
    await setup.clock.advance(11 * SECOND_MS);
    setup.commit("okx", "BTC");
    expect(setup.board.health().dataAgeSeconds).toBe(11);
  });

  test("is degraded if one exchange is stale, down if all are, down without a collector", async () => {
    using setup = setUp();
    setup.commit("okx", "BTC");
    setup.board.poll();
    await setup.clock.advance(STALE_AFTER_MS - SECOND_MS);
    setup.commit("bybit", "BTC");
    await setup.clock.advance(2 * SECOND_MS);
    setup.database.epochs.beat(setup.epoch, setup.clock.nowMs());
    setup.board.poll();
    expect(setup.board.health()).toMatchObject({ status: "degraded", staleExchanges: ["okx"] });
    await setup.clock.advance(11 * SECOND_MS);
    expect(setup.board.health()).toMatchObject({ status: "down", collectorAlive: false });
    await setup.clock.advance(STALE_AFTER_MS);
    setup.database.epochs.beat(setup.epoch, setup.clock.nowMs());
    expect(setup.board.health()).toMatchObject({ status: "down", collectorAlive: true });
  });
});
