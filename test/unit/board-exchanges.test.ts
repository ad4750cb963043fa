import { expect, test } from "bun:test";
import { writeTransaction } from "../../src/db/open.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { Board, PUBLISH_EVERY_MS } from "../../src/services/board/board.ts";
import { coverageOf } from "../../src/services/board/coverage.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

/** How often the service polls the database. */
const LOOK_MS = 250;

test("a start with an older database and other exchanges shows in the snapshot at the next poll: the new one is starting, the rows of the old one are gone", async () => {
  using database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const before = startCollecting(database, ["okx", "bybit"], NOON_MS);
  for (const id of ["okx", "bybit"] as const)
    database.writer.commit(acceptedBatch(id, before, NOON_MS, [quoteOf("BTC")]));
  const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
  const published: string[] = [];
  board.onPublish(({ id }) => published.push(id));
  board.poll();
  // As the collector does it: two transactions, and the board may poll between them.
  const epoch = database.epochs.takeOver(clock.nowMs());
  await clock.advance(LOOK_MS);
  board.poll();
  const enabled: readonly ExchangeId[] = ["okx", "dydx"];
  writeTransaction(database.db, () => {
    database.states.enableOnly(new Map(enabled.map((id) => [id, 60_000])));
    database.epochs.raiseSeq(clock.nowMs());
  });
  await clock.advance(LOOK_MS);
  board.poll();
  const snapshot = board.current();
  if (snapshot === null) throw new Error("nothing was published");
  expect(snapshot.rows.map(({ record }) => record.exchange)).toEqual(["okx"]);
  expect(coverageOf(snapshot, {}).missing).toMatchObject([
    { exchange: "dydx", status: "starting" },
  ]);
  expect(coverageOf(snapshot, { exchange: ["bybit"] }).missing).toMatchObject([
    { exchange: "bybit", status: "off" },
  ]);
  expect(coverageOf(snapshot, {}).asked).toBe(2);
  // Commits are batched as usual.
  for (let waitedMs = 0; waitedMs < PUBLISH_EVERY_MS - LOOK_MS; waitedMs += LOOK_MS) {
    database.writer.commit(acceptedBatch("okx", epoch, clock.nowMs(), [quoteOf("ETH")]));
    await clock.advance(LOOK_MS);
    board.poll();
  }
  expect(published).toHaveLength(2);
});
