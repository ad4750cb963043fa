import { expect, test } from "bun:test";
import { InstrumentDescriptions } from "../../src/db/market/instrument-descriptions.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;

test("a reused ticker divides its past at the time when the earlier listing was last seen", () => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], NOON_MS);
  // A new listing time with each is a new listing.
  for (const nth of [0, 1, 2]) {
    const atMs = NOON_MS + nth * MINUTE_MS;
    const quotes = [quoteOf("BTC", { listedAtMs: atMs, receivedAtMs: atMs })];
    database.writer.commit(acceptedBatch("okx", epoch, atMs, quotes));
  }
  const descriptions = new InstrumentDescriptions(database.db);
  const timesOf = ({
    listedAt,
    symbolFreeAt,
    symbolTakenAt,
    fundingIntervalHours,
  }: ReturnType<InstrumentDescriptions["listed"]>[number]) => [
    listedAt,
    symbolFreeAt,
    symbolTakenAt,
    fundingIntervalHours,
  ];
  const [firstMs, secondMs, thirdMs] = [NOON_MS, NOON_MS + MINUTE_MS, NOON_MS + 2 * MINUTE_MS];
  expect(descriptions.listed("okx").map(timesOf)).toEqual([[thirdMs, secondMs, null, 8]]);
  expect(descriptions.endedSince("okx", firstMs).map(timesOf)).toEqual([
    [firstMs, null, firstMs, 8],
    [secondMs, firstMs, secondMs, 8],
  ]);
  expect(descriptions.endedSince("okx", secondMs).map(timesOf)).toHaveLength(1);
  expect(descriptions.endedSince("bybit", firstMs)).toEqual([]);
});

test("the listings of an exchange come by the volume of their assets on all exchanges", () => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx", "bybit"], NOON_MS);
  const commit = (exchange: "okx" | "bybit", volumes: Readonly<Record<string, number | null>>) =>
    database.writer.commit(
      acceptedBatch(
        exchange,
        epoch,
        NOON_MS,
        Object.entries(volumes).map(([base, volume24hUsd]) =>
          quoteOf(base, { volume24hUsd, receivedAtMs: NOON_MS }),
        ),
      ),
    );
  commit("okx", { SMALL: 5e6, LARGE: 1e6, NONE: null });
  commit("bybit", { LARGE: 9e9, SMALL: 1e6, OTHER: 8e9 });
  const basesOf = (exchange: "okx" | "bybit") =>
    new InstrumentDescriptions(database.db).listed(exchange).map(({ base }) => base);
  expect(basesOf("okx")).toEqual(["LARGE", "SMALL", "NONE"]);
  expect(basesOf("bybit")).toEqual(["LARGE", "OTHER", "SMALL"]);
});
