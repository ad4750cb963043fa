import { describe, expect, test } from "bun:test";
import { MarketReview } from "../../src/collector/market-review.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { flagNames } from "../../src/domain/flags.ts";
import type { Quote } from "../../src/domain/quote.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { Board } from "../../src/services/board/board.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

const factsOf = (id: ExchangeId): ExchangeFacts => EXCHANGES[id].facts;

/** Those whose documentation states an interest only for coins. */
const OF_COINS = EXCHANGE_IDS.filter((id) => factsOf(id).interestOf === "coins");

test("which exchanges document an interest only for coins; others publish it, or it was observed on all kinds", () => {
  const names = "bitget btse bybit deepcoin delta grvt hashkey lighter poloniex woox";
  expect(OF_COINS.toSorted().join(" ")).toBe(names);
});

describe.each(OF_COINS.filter((id) => factsOf(id).providedFields.includes("assetClass")))(
  "%s, which states classes",
  (id) => {
    test("has the documented interest as baseline on its coins, and on nothing else", async () => {
      const { quotes } = await EXCHANGES[id].refresh(simulatorSource(demoMarket(), id));
      const others = quotes.filter(({ assetClass }) => assetClass !== "crypto");
      expect(others.length).toBeGreaterThan(0);
      expect(others.filter(({ baselineRate }) => baselineRate !== null)).toEqual([]);
      const coins = quotes.filter(({ assetClass }) => assetClass === "crypto");
      expect(coins.some(({ baselineRate }) => baselineRate !== null)).toBe(true);
    });
  },
);

describe("an exchange with an interest for coins but without classes", () => {
  const RESTING: Partial<Quote> = { fundingRate: 0.0001, baselineRate: 0.0001, assetClass: null };

  /** The flags of `exchange`'s listings, while Bybit states that BTC is a coin and AAPL a share. */
  function flagsOn(exchange: ExchangeId): Record<string, readonly string[]> {
    using database = testDatabase();
    const epoch = startCollecting(database, ["bybit", exchange], NOON_MS);
    const commit = (id: ExchangeId, quotes: readonly Quote[]): void =>
      void database.writer.commit(acceptedBatch(id, epoch, NOON_MS, quotes));
    commit("bybit", [
      quoteOf("BTC", { assetClass: "crypto" }),
      quoteOf("AAPL", { assetClass: "stock" }),
    ]);
    commit(exchange, [quoteOf("BTC", RESTING), quoteOf("AAPL", RESTING), quoteOf("NEW", RESTING)]);
    // All get classes with the review of the prices.
    new MarketReview(new ReviewRepository(database.db, database.epochs)).run(epoch, NOON_MS);
    const { reader } = database;
    const board = new Board({ reader, clock: new ManualClock(NOON_MS), staleAfterMs: 900_000 });
    board.poll();
    const rows = board.current()?.rows.filter(({ record }) => record.exchange === exchange) ?? [];
    return Object.fromEntries(rows.map(({ record, flags }) => [record.base, flagNames(flags)]));
  }

  test("has no baseline on what others call a share, but on coins and unclassified assets", () => {
    expect(flagsOn("grvt")).toEqual({
      AAPL: [],
      BTC: ["pinned_baseline"],
      NEW: ["pinned_baseline"],
    });
  });

  test("one that publishes the interest of each contract is trusted for shares, too", () => {
    expect(flagsOn("orderly")).toMatchObject({ AAPL: ["pinned_baseline"] });
  });
});
