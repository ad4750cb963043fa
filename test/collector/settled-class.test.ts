import { describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { MarketReview } from "../../src/collector/market-review.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { AssetClass, Quote } from "../../src/domain/quote.ts";
import { Board } from "../../src/services/board/board.ts";
import {
  acceptedBatch,
  startCollecting,
  type TestDatabase,
  testDatabase,
} from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const IDS = ["binance", "bingx", "bybit", "gate"] as const;

const gold = (base: string, assetClass: AssetClass | null, extra: Partial<Quote> = {}): Quote =>
  quoteOf(base, { assetClass, indexPrice: 4_345, markPrice: 4_345, ...extra });

function setUp(database: TestDatabase) {
  const epoch = startCollecting(database, IDS, NOON_MS);
  const review = new MarketReview(new ReviewRepository(database.db, database.epochs));
  const store = (exchange: ExchangeId, quote: Quote, atMs = NOON_MS): void => {
    const quotes = [{ ...quote, receivedAtMs: atMs }];
    database.writer.commit(acceptedBatch(exchange, epoch, atMs, quotes));
  };
  return { epoch, review, store };
}

function records(reader: MarketReader): readonly MarketRecord[] {
  const rows = reader.read(() => true)?.rows ?? new Map<ExchangeId, readonly MarketRecord[]>();
  return IDS.flatMap((exchange) => rows.get(exchange) ?? []);
}

const classes = (database: TestDatabase) =>
  records(database.reader).map(({ exchange, assetClass }) => `${exchange} ${assetClass}`);

describe("the class of a confirmed asset", () => {
  test("is on all its rows after the review, and creates no other instrument and no event", () => {
    using database = testDatabase();
    const { epoch, review, store } = setUp(database);
    store("binance", gold("XAU", "metal"));
    store("bingx", gold("GOLD", "commodity"));
    store("gate", gold("GOLD", null));
    expect(classes(database)).toEqual(["binance metal", "bingx commodity", "gate null"]);
    const uids = records(database.reader).map(({ uid }) => uid);
    review.run(epoch, NOON_MS);
    expect(classes(database)).toEqual(["binance metal", "bingx metal", "gate metal"]);
    // The next batches state the same as before.
    const nextMs = NOON_MS + MINUTE_MS;
    const commits = database.states.list().map(({ commitSeq }) => commitSeq);
    store("bingx", gold("GOLD", "commodity"), nextMs);
    expect(review.run(epoch, nextMs)).toBe(0);
    expect(classes(database)).toEqual(["binance metal", "bingx metal", "gate metal"]);
    expect(records(database.reader).map(({ uid }) => uid)).toEqual(uids);
    const after = database.states.list().map(({ commitSeq }) => commitSeq);
    expect(after.map((seq, index) => seq - (commits[index] ?? 0)).toSorted()).toEqual([0, 0, 0, 1]);
    const count = database.db.query<{ n: number }, []>(
      "SELECT count(*) AS n FROM interval_changes",
    );
    expect(count.get()?.n).toBe(0);
  });

  test("follows its exchanges: a new statement by one of them changes the rows of all, under the same uids", () => {
    using database = testDatabase();
    const { epoch, review, store } = setUp(database);
    const fund = (exchange: ExchangeId, assetClass: AssetClass | null, atMs: number): void =>
      store(exchange, gold("EWX", assetClass), atMs);
    fund("binance", "stock", NOON_MS);
    fund("bingx", "stock", NOON_MS);
    fund("gate", "etf", NOON_MS);
    review.run(epoch, NOON_MS);
    expect(classes(database)).toEqual(["binance stock", "bingx stock", "gate stock"]);
    const uids = records(database.reader).map(({ uid }) => uid);
    const nextMs = NOON_MS + MINUTE_MS;
    fund("bingx", "etf", nextMs);
    expect(review.run(epoch, nextMs)).toBe(3);
    expect(classes(database)).toEqual(["binance etf", "bingx etf", "gate etf"]);
    expect(records(database.reader).map(({ uid }) => uid)).toEqual(uids);
  });

  test.each([
    "apex",
    "aster",
    "backpack",
    "bingx",
    "bybit",
    "gate",
    "hyperliquid",
    "phemex",
    "toobit",
    "whitebit",
  ] as const)(
    "is what another exchange states of an index that %s merely leaves unmarked",
    (exchange) => {
      using database = testDatabase();
      const ids = ["binance", "okx", exchange] as const;
      const epoch = startCollecting(database, ids, NOON_MS);
      const stated = (id: ExchangeId): readonly Quote[] => [
        gold("BASKET", id === "binance" ? "index" : "crypto"),
      ];
      const review = new MarketReview(new ReviewRepository(database.db, database.epochs));
      const shown = (...of: readonly ExchangeId[]): readonly (AssetClass | null)[] => {
        for (const id of of) database.writer.commit(acceptedBatch(id, epoch, NOON_MS, stated(id)));
        review.run(epoch, NOON_MS);
        const rows = database.reader.read(() => true)?.rows;
        return of.flatMap((id) => rows?.get(id)?.[0]?.assetClass ?? null);
      };
      expect(shown("binance", exchange)).toEqual(["index", "index"]);
      // OKX states coins explicitly and has a word for others: one against one, each keeps its own.
      expect(shown("binance", exchange, "okx")).toEqual(["index", "crypto", "crypto"]);
    },
  );

  test("is dropped with the asset when a ticker becomes another claim", () => {
    using database = testDatabase();
    const { epoch, review, store } = setUp(database);
    store("binance", gold("XAU", "metal"));
    store("bingx", gold("XAU", "commodity"));
    review.run(epoch, NOON_MS);
    const other = gold("XAUX", "stock", { exchangeSymbol: "XAUUSDT" });
    store("bingx", other, NOON_MS + MINUTE_MS);
    expect(records(database.reader)[1]).toMatchObject({ assetId: null, assetClass: "stock" });
  });

  test("is the same for every process that reads, in a snapshot with the same id", async () => {
    using database = testDatabase();
    const { epoch, review, store } = setUp(database);
    store("binance", gold("XAU", "metal"));
    store("bingx", gold("GOLD", "commodity"));
    const clock = new ManualClock(NOON_MS);
    const boardOf = (reader: MarketReader): Board =>
      new Board({ reader, clock, staleAfterMs: 180_000 });
    using own = new Database(database.path, { readonly: true });
    const boards = [boardOf(database.reader), boardOf(new MarketReader(own))];
    const shown = () =>
      boards.map((board) => {
        board.poll();
        const { id = "", rows = [] } = board.current() ?? {};
        return [id, ...rows.map(({ record }) => record.assetClass)];
      });
    const [before] = shown();
    expect(before?.slice(1)).toEqual(["metal", "commodity"]);
    review.run(epoch, NOON_MS);
    await clock.advance(10_000);
    const [left, right] = shown();
    expect(left?.slice(1)).toEqual(["metal", "metal"]);
    expect(right).toEqual(left);
    expect(left?.[0]).not.toBe(before?.[0]);
  });

  test("is added by the first review to a database written before it existed", () => {
    using database = testDatabase();
    const { epoch, review, store } = setUp(database);
    store("binance", gold("XAU", "metal"));
    store("bingx", gold("GOLD", "commodity"));
    review.run(epoch, NOON_MS);
    // The state after the migration.
    database.db.run("UPDATE instruments SET settled_class = NULL");
    migrateDb(database.db, marketFile(database.path));
    expect(classes(database)).toEqual(["binance metal", "bingx commodity"]);
    const again = new MarketReview(new ReviewRepository(database.db, database.epochs));
    // No new batch is needed.
    expect(again.run(epoch, NOON_MS + MINUTE_MS)).toBe(2);
    expect(classes(database)).toEqual(["binance metal", "bingx metal"]);
  });
});
