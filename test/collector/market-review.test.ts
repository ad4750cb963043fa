import { describe, expect, test } from "bun:test";
import { MarketReview } from "../../src/collector/market-review.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { Quote } from "../../src/domain/quote.ts";
import {
  acceptedBatch,
  startCollecting,
  type TestDatabase,
  testDatabase,
} from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const IDS = ["binance", "bybit", "okx", "gate"] as const;

const priced = (base: string, price: number | null, extra: Partial<Quote> = {}): Quote =>
  quoteOf(base, { indexPrice: price, markPrice: price, ...extra });

/** A database in which four exchanges store given quotes, and a review of it. */
function setUp() {
  const database = testDatabase();
  const epoch = startCollecting(database, IDS, NOON_MS);
  const review = new MarketReview(
    new ReviewRepository(database.db, database.epochs),
    database.writer,
  );
  const store = (exchange: ExchangeId, quotes: readonly Quote[], atMs = NOON_MS): void => {
    const observed = quotes.map((quote) => ({ ...quote, receivedAtMs: atMs }));
    database.writer.commit(acceptedBatch(exchange, epoch, atMs, observed));
  };
  return { database, epoch, review, store };
}

function record(database: TestDatabase, exchange: ExchangeId, base: string): MarketRecord {
  const rows = database.reader.read(() => true)?.rows.get(exchange) ?? [];
  const found = rows.find((row) => row.base === base);
  if (found === undefined) throw new Error(`${exchange} has no ${base}`);
  return found;
}

describe("a review of the market", () => {
  test("assigns every listing its asset, detects conflicts, and makes readers reload the rows", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("BTC", 80_000), priced("LIT", 0.34)]);
    store("bybit", [priced("BTC", 80_100), priced("LIT", 2.71)]);
    store("okx", [priced("BTC", 79_900), priced("LIT", 2.7)]);
    const before = database.states.list().map(({ commitSeq }) => commitSeq);
    const seq = database.epochs.read()?.seq ?? 0;
    expect(review.run(epoch, NOON_MS)).toBe(6);
    expect(record(database, "okx", "BTC")).toMatchObject({ assetId: "BTC", identity: "confirmed" });
    expect(record(database, "binance", "LIT")).toMatchObject({
      assetId: "LIT~2",
      identity: "conflict",
    });
    expect(record(database, "bybit", "LIT")).toMatchObject({
      assetId: "LIT",
      identity: "confirmed",
    });
    const after = database.states.list().map(({ commitSeq }) => commitSeq);
    expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([1, 1, 0, 1]);
    expect(database.epochs.read()?.seq).toBe(seq + 1);
  });

  test("without changes writes nothing", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("BTC", 80_000)]);
    store("bybit", [priced("BTC", 80_100)]);
    review.run(epoch, NOON_MS);
    const seq = database.epochs.read()?.seq;
    expect(review.run(epoch, NOON_MS + 1)).toBe(0);
    expect(database.epochs.read()?.seq).toBe(seq);
  });

  test("survives a restart: decided listings stay, though prices drift apart by less than 10 %", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("BTC", 80_000)]);
    store("bybit", [priced("BTC", 80_100)]);
    review.run(epoch, NOON_MS);
    store("bybit", [priced("BTC", 87_000)], NOON_MS + MINUTE_MS);
    const restarted = new MarketReview(new ReviewRepository(database.db, database.epochs));
    expect(restarted.run(epoch, NOON_MS + MINUTE_MS)).toBe(0);
  });

  test("does not compare prices that are over two minutes apart in time", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("LIT", 2.7)]);
    store("bybit", [priced("LIT", 9)], NOON_MS + 3 * MINUTE_MS);
    review.run(epoch, NOON_MS + 3 * MINUTE_MS);
    expect(record(database, "binance", "LIT").assetId).toBeNull();
    expect(record(database, "bybit", "LIT")).toMatchObject({
      assetId: "LIT",
      identity: "probable",
    });
  });

  test("uses no price from a frozen feed", () => {
    const { database, epoch, review } = setUp();
    using _ = database;
    const batch = (exchange: ExchangeId, price: number, frozen: ReadonlySet<string>) =>
      database.writer.commit(
        acceptedBatch(exchange, epoch, NOON_MS, [priced("LIT", price)], { frozen }),
      );
    batch("binance", 2.7, new Set());
    batch("okx", 9, new Set(["LITUSDT"]));
    review.run(epoch, NOON_MS);
    expect(record(database, "okx", "LIT").assetId).toBeNull();
    expect(record(database, "binance", "LIT").identity).toBe("probable");
  });

  test("uses the last trade if an exchange has neither mark nor index, without showing it as a price", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("BTC", 80_000)]);
    store("okx", [priced("BTC", null, { lastPrice: 80_200 })]);
    review.run(epoch, NOON_MS);
    expect(record(database, "okx", "BTC")).toMatchObject({
      assetId: "BTC",
      identity: "confirmed",
      markPrice: null,
      indexPrice: null,
    });
  });

  test("reverts a multiplier that prices contradict", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("PEPE", 0.000004)]);
    store("bybit", [priced("PEPE", 0.00000401)]);
    store("okx", [priced("PEPE", 0.00000399, { multiplier: 1000 })]);
    review.run(epoch, NOON_MS);
    expect(record(database, "okx", "PEPE")).toMatchObject({
      assetId: "PEPE",
      multiplier: 1,
      tickerMultiplier: 1000,
    });
  });

  test("of a collector whose epoch is over writes nothing", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", [priced("BTC", 80_000)]);
    database.epochs.takeOver(NOON_MS);
    expect(() => review.run(epoch, NOON_MS)).toThrow(EpochLost);
    expect(record(database, "binance", "BTC").assetId).toBeNull();
  });
});

describe("implausible numbers", () => {
  const bases = Array.from({ length: 25 }, (_, index) => `COIN${index}`);
  const listings = (change: (base: string) => Partial<Quote> = () => ({})): Quote[] =>
    bases.map((base) => priced(base, 10, change(base)));

  test("a quantity in another unit is implausible and shown as unknown until it is right again", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    store("binance", listings());
    store("bybit", listings());
    const wrong = (base: string) => (base === "COIN3" ? { openInterestUsd: 400_000_000 } : {});
    store("okx", listings(wrong));
    review.run(epoch, NOON_MS);
    expect(record(database, "okx", "COIN3")).toMatchObject({
      openInterestUsd: null,
      implausible: 2,
    });
    expect(record(database, "okx", "COIN4")).toMatchObject({
      openInterestUsd: 5e6,
      implausible: 0,
    });
    store("okx", listings(), NOON_MS + MINUTE_MS);
    review.run(epoch, NOON_MS + MINUTE_MS);
    expect(record(database, "okx", "COIN3")).toMatchObject({
      openInterestUsd: 5e6,
      implausible: 0,
    });
  });

  test("an exchange with rates in percent is implausible as a whole, and its scale is reported", () => {
    const { database, epoch, review, store } = setUp();
    using _ = database;
    for (const id of ["binance", "bybit", "okx"] as const) store(id, listings());
    store(
      "gate",
      listings(() => ({ fundingRate: 0.03 })),
    );
    expect(review.run(epoch, NOON_MS)).toBeGreaterThanOrEqual(bases.length);
    const scales = new Map(
      database.states.list().map(({ exchange, rateScale }) => [exchange, rateScale]),
    );
    expect([scales.get("gate"), scales.get("okx")]).toEqual([100, 1]);
    const gate = database.reader.read(() => true)?.rows.get("gate") ?? [];
    expect(gate.every(({ implausible }) => implausible === 4)).toBe(true);
    expect(record(database, "okx", "COIN0").implausible).toBe(0);
  });

  test("a volume contradicted by its own open interest is unknown immediately, and so is the open interest", () => {
    const { database, store } = setUp();
    using _ = database;
    store("okx", [priced("BTC", 10, { volume24hUsd: 100, openInterestUsd: 1_000_000 })]);
    expect(record(database, "okx", "BTC")).toMatchObject({
      volume24hUsd: null,
      openInterestUsd: null,
      implausible: 3,
    });
  });
});
