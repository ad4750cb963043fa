import { expect, test } from "bun:test";
import { MarketReview } from "../../src/collector/market-review.ts";
import { Sampler } from "../../src/collector/sampler.ts";
import { BoardStore } from "../../src/db/history/board-store.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { SampledListings } from "../../src/db/market/sampled-listings.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit, flagNames } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import {
  roundedAmount,
  roundedHours,
  roundedRate,
  roundedSeconds,
} from "../../src/domain/sample.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { pastBoard } from "../../src/services/history/past-board.ts";
import { pastSnapshot } from "../../src/services/history/past-snapshot.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { historyInMemory } from "../support/history-db.ts";
import { samplingInto } from "../support/sampled-market.ts";

const IDS = ["bybit", "deribit", "gate", "hyperliquid", "okx"] as const;
const MINUTE_MS = 60_000;
const PERIOD_MS = 60_000;
/** A quarter of an hour before many contracts settle. */
const START_MS = Date.UTC(2026, 10, 2, 15, 44);

/**
 * What a row shows of what samples keep, rounded as it is stored. Whether an exchange says that it is settling is not
 * kept; that a settlement has passed is known.
 */
function kept({ record, flags, nextFundingAtMs }: BoardRow) {
  const isSaid = record.settling && record.nextFundingAtMs === nextFundingAtMs;
  return {
    uid: record.uid,
    exchangeSymbol: record.exchangeSymbol,
    base: record.base,
    quote: record.quote,
    settle: record.settle,
    multiplier: record.multiplier,
    assetId: record.assetId,
    assetClass: record.assetClass,
    accrual: record.accrual,
    rate: roundedRate(record.fundingRate),
    intervalHours: roundedHours(record.fundingIntervalHours),
    nextS: roundedSeconds(nextFundingAtMs),
    markPrice: roundedAmount(record.markPrice),
    indexPrice: roundedAmount(record.indexPrice),
    openInterestUsd: roundedAmount(record.openInterestUsd),
    volume24hUsd: roundedAmount(record.volume24hUsd),
    flags: flagNames(isSaid ? flags & ~flagBit("settling") : flags),
  };
}

/** Real adapters, database, review and sampler on the simulator; and what a reader makes of the samples. */
function market() {
  const lab = exchangeLab(IDS, START_MS);
  const { clock, database } = lab;
  const db = historyInMemory();
  const store = samplingInto(db);
  const sampler = new Sampler({
    listings: new SampledListings(database.db),
    exchanges: Object.values(EXCHANGES),
    write: (exchange, atMs, refresh) =>
      Promise.resolve(store.writer.write(store.epoch, exchange, atMs, refresh)),
  });
  const sampled: Promise<unknown>[] = [];
  lab.onAccepted.push((accepted) => sampled.push(sampler.accepted(accepted)));
  const review = new MarketReview(
    new ReviewRepository(database.db, database.epochs),
    database.writer,
  );
  return {
    lab,
    store,
    review: () => review.run(database.epochs.read()?.epoch ?? 0, clock.nowMs()),
    async refresh(ids: readonly ExchangeId[]) {
      for (const exchange of ids) {
        await lab.cycle(exchange);
        const results = await Promise.all(sampled.splice(0));
        if (results.join("") !== "stored") throw new Error(`${exchange}: ${results.join(" ")}`);
      }
    },
    past(atMs: number): Snapshot {
      const known = new BoardStore(db);
      const periodsMs = Object.fromEntries(IDS.map((id) => [id, PERIOD_MS]));
      const board = atOnce(pastBoard(known, { atMs, periodsMs }));
      if (!("exchanges" in board)) throw new Error(`nothing at ${atMs}`);
      return atOnce(pastSnapshot(board, clock.nowMs()));
    },
  };
}

test("a snapshot that was served live is the one made of samples later, in all that they keep", async () => {
  const { lab, store, review, refresh, past } = market();
  using _ = lab;
  const { clock } = lab;
  await refresh(IDS);
  review();
  await clock.advance(2 * MINUTE_MS);
  await refresh(IDS);
  const served: Snapshot[] = [];
  const serve = async (afterMs: number): Promise<void> => {
    await clock.advance(afterMs);
    served.push(await lab.snapshot());
  };
  await serve(0);
  await serve(100_000);
  await serve(5 * MINUTE_MS);
  await clock.advance(Date.UTC(2026, 10, 2, 16, 0, 30) - clock.nowMs());
  await refresh(["okx", "gate"]);
  await serve(0);
  await serve(5 * MINUTE_MS);
  // Prices and amounts are sampled once in a quarter of an hour.
  await clock.advance(Date.UTC(2026, 10, 2, 16, 15, 1) - clock.nowMs());
  await refresh(IDS);
  await serve(MINUTE_MS);
  const compare = (): void => {
    for (const live of served) {
      const then = past(live.asOfMs);
      expect(then.asOfMs).toBe(live.asOfMs);
      expect(then.rows.map(kept)).toEqual(live.rows.map(kept));
      const symbols = (of: Snapshot) => of.exchanges.map((view) => [view.exchange, view.symbols]);
      expect(symbols(then)).toEqual(symbols(live));
    }
  };
  compare();
  for (const hours of [2, 26, 60]) {
    store.rollUpAll(clock.nowMs() / 1000 + hours * 3_600);
    compare();
  }
  const flags = new Set(served.flatMap(({ rows }) => rows.flatMap((row) => flagNames(row.flags))));
  for (const flag of ["stale", "expired", "settling", "thin", "pinned_baseline"] as const)
    expect([flag, flags.has(flag)]).toEqual([flag, true]);
  expect(served[0]?.rows.length).toBeGreaterThan(100);
  expect(served[0]?.rows.some(({ record }) => record.assetId !== null)).toBe(true);
});
