import { expect, test } from "bun:test";
import { MarketReview } from "../../src/collector/market-review.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import type { Decision } from "../../src/domain/asset-cluster.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { LEAVE_AFTER_CYCLES } from "../../src/domain/identity.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const IDS = ["binance", "bybit", "okx", "gate", "bingx", "lbank", "weex"] as const;

interface Stored {
  readonly exchange: ExchangeId;
  readonly base: string;
  readonly price: number;
  readonly assetClass: Quote["assetClass"];
  /** The decisions of an earlier version. */
  readonly before: readonly [assetId: string, identity: Decision["identity"]];
  readonly after: string;
}

const confirmed = "confirmed" as const;
/**
 * Classes separated gold and its token, letters separated gold again, and two assets with one ticker were both in
 * conflict.
 */
const STORED: readonly Stored[] = [
  {
    exchange: "binance",
    base: "PAXG",
    price: 4_346,
    assetClass: "crypto",
    before: ["PAXG~2", confirmed],
    after: "PAXG",
  },
  {
    exchange: "weex",
    base: "PAXG",
    price: 4_345,
    assetClass: "crypto",
    before: ["PAXG~2", confirmed],
    after: "PAXG",
  },
  {
    exchange: "gate",
    base: "PAXG",
    price: 4_347,
    assetClass: "metal",
    before: ["PAXG", confirmed],
    after: "PAXG",
  },
  {
    exchange: "okx",
    base: "PAXG",
    price: 4_344,
    assetClass: "metal",
    before: ["PAXG", confirmed],
    after: "PAXG",
  },
  {
    exchange: "bybit",
    base: "PAXG",
    price: 4_345,
    assetClass: "metal",
    before: ["PAXG", confirmed],
    after: "PAXG",
  },
  {
    exchange: "gate",
    base: "XAU",
    price: 4_345,
    assetClass: "metal",
    before: ["XAU", confirmed],
    after: "XAU",
  },
  {
    exchange: "weex",
    base: "XAU",
    price: 4_346,
    assetClass: "metal",
    before: ["XAU", confirmed],
    after: "XAU",
  },
  {
    exchange: "bybit",
    base: "XAU",
    price: 4_346,
    assetClass: "stock",
    before: ["XAU~2", "conflict"],
    after: "XAU",
  },
  {
    exchange: "bingx",
    base: "GOLD",
    price: 4_341,
    assetClass: "commodity",
    before: ["GOLD", confirmed],
    after: "XAU",
  },
  {
    exchange: "lbank",
    base: "GOLD",
    price: 4_340,
    assetClass: null,
    before: ["GOLD", confirmed],
    after: "XAU",
  },
  {
    exchange: "binance",
    base: "CAT",
    price: 818,
    assetClass: "stock",
    before: ["CAT", "conflict"],
    after: "CAT",
  },
  {
    exchange: "gate",
    base: "CAT",
    price: 817,
    assetClass: "stock",
    before: ["CAT", "conflict"],
    after: "CAT",
  },
  {
    exchange: "okx",
    base: "CAT",
    price: 2.12e-6,
    assetClass: "crypto",
    before: ["CAT~2", "conflict"],
    after: "CAT~2",
  },
  {
    exchange: "weex",
    base: "CAT",
    price: 2.13e-6,
    assetClass: "crypto",
    before: ["CAT~2", "conflict"],
    after: "CAT~2",
  },
];

test("a database with older decisions reaches the new ones within ten cycles", () => {
  using database = testDatabase();
  const epoch = startCollecting(database, IDS, NOON_MS);
  const repository = new ReviewRepository(database.db, database.epochs);
  const commit = (atMs: number): void => {
    for (const [exchange, those] of Map.groupBy(STORED, (one) => one.exchange)) {
      const quotes = those.map(({ base, price, assetClass }) =>
        quoteOf(base, { assetClass, indexPrice: price, markPrice: price, receivedAtMs: atMs }),
      );
      database.writer.commit(acceptedBatch(exchange, epoch, atMs, quotes));
    }
  };
  const rowOf = ({ exchange, base }: Stored) => {
    const row = repository.rows().find((one) => one.exchange === exchange && one.base === base);
    if (row === undefined) throw new Error(`${exchange} has no ${base}`);
    return row;
  };
  commit(NOON_MS);
  const decisions = new Map(
    STORED.map((one) => {
      const [assetId, identity] = one.before;
      return [
        rowOf(one).instrumentId,
        { assetId, identity, provenMultiplier: null, settledClass: null },
      ];
    }),
  );
  const nothing = {
    implausible: new Map(),
    rateScales: new Map(),
    exchanges: new Set<ExchangeId>(),
  };
  repository.store(epoch, { ...nothing, decisions }, NOON_MS);

  const review = new MarketReview(repository);
  for (let cycle = 1; cycle <= LEAVE_AFTER_CYCLES; cycle += 1) {
    const atMs = NOON_MS + cycle * MINUTE_MS;
    commit(atMs);
    review.run(epoch, atMs);
  }
  for (const one of STORED)
    expect(rowOf(one)).toMatchObject({ assetId: one.after, identity: "confirmed" });
});
