import { describe, expect, test } from "bun:test";
import {
  type Backfill,
  BackfillRepository,
  NOT_STARTED,
} from "../../src/db/history/backfill-repository.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

const HALF_READ: Backfill = {
  readFromMs: NOON_MS - 8 * HOUR_MS,
  readToMs: NOON_MS,
  page: 3,
  complete: false,
  availableFromMs: null,
  requests: 2,
  failuresInRow: 1,
  failure: "HTTP 500",
  attemptedAtMs: NOON_MS + 5_000,
};

const READ: Backfill = {
  ...HALF_READ,
  page: null,
  complete: true,
  availableFromMs: NOON_MS - HOUR_MS,
  failuresInRow: 0,
  failure: null,
};

describe("the progress of a backfill", () => {
  test("is read as it was saved, and saved again", () => {
    using history = new HistoryInFolder();
    const backfills = new BackfillRepository(history.db);
    expect(backfills.of(1)).toBeNull();
    for (const progress of [NOT_STARTED, HALF_READ, READ]) {
      backfills.save(1, progress);
      expect(backfills.of(1)).toEqual(progress);
    }
  });

  test("is listed by exchange, under the uids of its series", () => {
    using history = new HistoryInFolder();
    const series = new SeriesRepository(history.db);
    const backfills = new BackfillRepository(history.db);
    const btc = series.ensure(seriesOf("BTC")).id;
    series.ensure(seriesOf("ETH"));
    backfills.save(btc, HALF_READ);
    backfills.save(series.ensure(seriesOf("SOL", { exchange: "gate" })).id, READ);
    expect([...backfills.ofExchange("okx")]).toEqual([
      ["okx-BTC", { seriesId: btc, ...HALF_READ }],
    ]);
  });
});
