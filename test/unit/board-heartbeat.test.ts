import { expect, test } from "bun:test";
import { Board } from "../../src/services/board/board.ts";
import { startCollecting, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS } from "../support/quote.ts";

test("a collector that sends heartbeats is alive, even if they cannot be stored", async () => {
  using database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const board = new Board({ reader: database.reader, clock, staleAfterMs: 900_000 });
  startCollecting(database, ["okx"], clock.nowMs());
  board.poll();
  const isAlive = (): boolean => board.health().collectorAlive;
  expect(isAlive()).toBe(true);
  await clock.advance(60_000);
  expect(isAlive()).toBe(false);
  board.noteHeartbeat();
  expect(isAlive()).toBe(true);
  await clock.advance(60_000);
  expect(isAlive()).toBe(false);
  database.epochs.beat(1, clock.nowMs());
  expect(isAlive()).toBe(true);
});
