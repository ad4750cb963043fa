import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { MarketWriter } from "../../src/db/market/market-writer.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import type { Decision } from "../../src/domain/asset-cluster.ts";
import type { ExchangeListings } from "../../src/domain/market.ts";
import type { Quote } from "../../src/domain/quote.ts";
import {
  acceptedBatch,
  startCollecting,
  testDatabase,
  type TestDatabase,
} from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const EXCHANGES = ["okx", "gate"] as const;
type Exchange = (typeof EXCHANGES)[number];

const exchange = fc.constantFrom(...EXCHANGES);

/** Mostly the first value: batches of a real exchange differ mostly in their rates. */
function mostly<Value>(usual: Value, ...others: Value[]) {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

/** A quote of one of four symbols, or its absence. Z sorts after A, though it may be stored before it. */
function quote(symbol: string): fc.Arbitrary<Quote | null> {
  return fc
    .record({
      isListed: mostly(true, false),
      base: mostly(symbol, `${symbol}X`),
      settle: mostly("USDT", "USDC"),
      multiplier: mostly(1, 1_000),
      assetClass: mostly<Quote["assetClass"]>("crypto", "stock", null),
      listedAtMs: mostly<number | null>(null, 1_000, 2_000),
      fundingIntervalHours: mostly<number | null>(8, 4, null),
      markPrice: mostly(100, 900),
      fundingRate: fc.constantFrom(0.0001, 0.0002, -0.0003),
    })
    .map(({ isListed, base, markPrice, ...extra }) =>
      isListed
        ? quoteOf(base, { ...extra, exchangeSymbol: `${symbol}USDT`, markPrice, indexPrice: null })
        : null,
    );
}

const quotes = fc
  .tuple(quote("Z"), quote("M"), quote("A"), quote("B"))
  .map((all) => all.filter((one) => one !== null));

const decision = fc.record({
  assetId: fc.constantFrom("A", "A~2", null),
  identity: fc.constantFrom<Decision["identity"]>("confirmed", "probable", "conflict"),
  provenMultiplier: fc.constantFrom(null, 10),
  settledClass: fc.constantFrom(null, "stock" as const),
});

/** What may happen to the market's file between two reads. */
type Change = (database: TestDatabase, at: { readonly epoch: number; readonly ms: number }) => void;

const commit = fc.tuple(exchange, quotes).map(
  ([of, batch]): Change =>
    ({ writer }, { epoch, ms }) =>
      writer.commit(acceptedBatch(of, epoch, ms, batch)),
);

const brokenCommit = fc
  .tuple(exchange, quotes)
  .map(([of, batch]): Change => ({ writer }, { epoch, ms }) => {
    const broken = { ...quoteOf("C"), fundingRate: null as unknown as number };
    expect(() => writer.commit(acceptedBatch(of, epoch, ms, [...batch, broken]))).toThrow();
  });

const review = fc
  .tuple(decision, fc.integer({ min: 0, max: 3 }), fc.nat())
  .map(([decided, implausible, pick]): Change => ({ db, epochs }, { epoch, ms }) => {
    const repository = new ReviewRepository(db, epochs);
    const rows = repository.rows();
    const row = rows[pick % Math.max(1, rows.length)];
    if (row === undefined) return;
    const changes = {
      decisions: new Map([[row.instrumentId, decided]]),
      implausible: new Map([[row.instrumentId, implausible]]),
      rateScales: new Map(),
      exchanges: new Set([row.exchange]),
    };
    repository.store(epoch, changes, ms);
  });

const changes = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: commit },
    { weight: 1, arbitrary: brokenCommit },
    { weight: 2, arbitrary: review },
  ),
  { minLength: 2, maxLength: 14 },
);

function namesOf(listing: ExchangeListings[number]) {
  const { exchangeSymbol, base, quote: currency, assetId, multiplier, tickerMultiplier } = listing;
  return { exchangeSymbol, base, currency, assetId, multiplier, tickerMultiplier };
}

function listingSeq({ states }: TestDatabase, of: Exchange): number | undefined {
  return states.seqs(of)?.listingSeq;
}

describe("a reader that caches listings between commits", () => {
  test("reads after every change what a new reader would", () => {
    const run = fc.property(changes, fc.boolean(), (all, isNewCollector) => {
      using database = testDatabase();
      let epoch = startCollecting(database, EXCHANGES, NOON_MS);
      for (const [index, change] of all.entries()) {
        if (isNewCollector && index === 3)
          epoch = startCollecting(database, EXCHANGES, NOON_MS + 1);
        change(database, { epoch, ms: NOON_MS + index * MINUTE_MS });
        const fresh = new MarketReader(database.db);
        expect(database.reader.read(() => true)).toEqual(fresh.read(() => true));
        for (const of of EXCHANGES) {
          const read = database.reader.readExchange(of);
          expect(read).toEqual(fresh.readExchange(of));
          expect(read?.listings.map(namesOf)).toEqual(read?.rows.map(namesOf));
        }
      }
    });
    fc.assert(run, { numRuns: 40 });
  });

  test("reads all listings again when the ids with a quote change, whichever process wrote them", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const batch = ["A", "B"].map((base) => quoteOf(base));
    database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, batch));
    const bases = () => database.reader.readExchange("okx")?.rows.map(({ base }) => base);
    expect(bases()).toEqual(["A", "B"]);
    database.db.run("UPDATE instruments SET status = 'delisted' WHERE base = 'A'");
    expect(bases()).toEqual(["B"]);
    database.db.run("UPDATE instruments SET status = iif(base = 'A', 'listed', 'delisted')");
    expect(bases()).toEqual(["A"]);
  });
});

/** A statement for each column of a listing that may change, as any version of the service may execute it. */
const WRITES = [
  "base = 'OTHER'",
  "quote = 'USDC'",
  "settle = 'USDC'",
  "multiplier = 1000",
  "asset_class = 'stock'",
  "accrual = 'continuous'",
  "listed_at = 1",
  "first_seen = 1",
  "interval_changed_at = 1",
  "asset_id = 'OTHER'",
  "identity = 'confirmed'",
  "proven_multiplier = 10",
  "settled_class = 'stock'",
  "doubts = 1",
];

test.each(WRITES)("a listing is read again after %s, whichever process wrote it", (write) => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], NOON_MS);
  database.writer.commit(acceptedBatch("okx", epoch, NOON_MS, [quoteOf("BTC")]));
  const before = database.reader.readExchange("okx");
  database.db.run(`UPDATE instruments SET ${write}`);
  const after = database.reader.readExchange("okx");
  expect(after).toEqual(new MarketReader(database.db).readExchange("okx"));
  expect(after).not.toEqual(before);
});

const DECIDED: Decision = {
  assetId: "BTC",
  identity: "confirmed",
  provenMultiplier: null,
  settledClass: null,
};

test("listings are the same array until one of them changes", () => {
  using database = testDatabase();
  const epoch = startCollecting(database, EXCHANGES, NOON_MS);
  const btc = quoteOf("BTC");
  const listingsAfter = (of: Exchange, batch: readonly Quote[], ms: number) => {
    database.writer.commit(acceptedBatch(of, epoch, ms, batch));
    return database.reader.readExchange("okx")?.listings;
  };
  const first = listingsAfter("okx", [btc], NOON_MS);
  expect(first).toHaveLength(1);
  expect(listingsAfter("okx", [{ ...btc, fundingRate: 0.0009 }], NOON_MS + 1)).toBe(first);
  expect(listingsAfter("gate", [btc], NOON_MS + 2)).toBe(first);
  expect(listingsAfter("okx", [{ ...btc, base: "XBT" }], NOON_MS + 3)).not.toBe(first);
});

describe("the version of an exchange's listings", () => {
  test("stays when only quotes change, and increases with a changed listing, interval or decision", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, EXCHANGES, NOON_MS);
    let atMs = NOON_MS;
    const commitOf = (...batch: Quote[]): number | undefined => {
      database.writer.commit(acceptedBatch("okx", epoch, (atMs += MINUTE_MS), batch));
      return listingSeq(database, "okx");
    };
    const [btc, eth] = [quoteOf("BTC"), quoteOf("ETH")];
    expect(commitOf(btc, eth)).toBe(0);
    expect(commitOf({ ...btc, fundingRate: 0.0009, markPrice: 101 }, eth)).toBe(0);
    expect(commitOf({ ...btc, settle: "USDC" }, eth)).toBe(1);
    expect(commitOf({ ...btc, settle: "USDC", fundingIntervalHours: 4 }, eth)).toBe(2);
    const reviews = new ReviewRepository(database.db, database.epochs);
    const [row] = reviews.rows();
    const decisions = new Map([[row?.instrumentId ?? 0, DECIDED]]);
    const none = { implausible: new Map(), rateScales: new Map() };
    reviews.store(epoch, { ...none, decisions, exchanges: new Set(["okx"]) }, atMs);
    expect(listingSeq(database, "okx")).toBe(3);
    expect(listingSeq(database, "gate")).toBe(0);
  });

  test("increases only when a batch is stored, not when it is rolled back", () => {
    using database = testDatabase();
    const epoch = startCollecting(database, ["okx"], NOON_MS);
    const broken = { ...quoteOf("ETH"), fundingRate: null as unknown as number };
    const { db, epochs, states, writer } = database;
    const [btc, eth] = [quoteOf("BTC"), quoteOf("ETH")];
    const changed = { ...btc, settle: "USDC" };
    writer.commit(acceptedBatch("okx", epoch, NOON_MS, [btc, eth]));
    expect(() => writer.commit(acceptedBatch("okx", epoch, NOON_MS, [changed, broken]))).toThrow();
    expect(listingSeq(database, "okx")).toBe(0);
    writer.commit(acceptedBatch("okx", epoch, NOON_MS, [changed, eth]));
    expect(listingSeq(database, "okx")).toBe(1);
    new MarketWriter(db, epochs, states).commit(
      acceptedBatch("okx", epoch, NOON_MS + 1, [changed, eth]),
    );
    expect(listingSeq(database, "okx")).toBe(1);
  });
});
