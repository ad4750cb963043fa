import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { AccrualRepository } from "../../src/db/history/accrual-repository.ts";
import {
  type Backfill,
  BackfillRepository,
  NOT_STARTED,
} from "../../src/db/history/backfill-repository.ts";
import { LedgerReader } from "../../src/db/history/ledger-reader.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import { SettlementRepository } from "../../src/db/history/settlement-repository.ts";
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
    const btc = series.ensure(seriesOf("BTC"));
    series.ensure(seriesOf("ETH"));
    backfills.save(btc, HALF_READ);
    backfills.save(series.ensure(seriesOf("SOL", { exchange: "gate" })), READ);
    expect([...backfills.ofExchange("okx")]).toEqual([
      ["okx-BTC", { seriesId: btc, ...HALF_READ }],
    ]);
  });
});

describe("the reads of the gap ledger", () => {
  function scene() {
    const history = new HistoryInFolder();
    const series = new SeriesRepository(history.db);
    const settlements = new SettlementRepository(history.db);
    const btc = series.ensure(seriesOf("BTC"));
    const perpetual = seriesOf("ETH", { exchange: "deribit", accrual: "continuous" });
    const eth = series.ensure(perpetual);
    series.ensure(seriesOf("SOL"));
    for (const [hours, origin] of [
      [0, "estimated"],
      [-8, "exchange"],
      [-24, "row"],
    ] as const) {
      const atMs = NOON_MS + hours * HOUR_MS;
      settlements.put(btc, { atMs, rate: "0.1", intervalHours: 8, markPrice: null }, origin);
    }
    const hour = { hourEndMs: NOON_MS, amount: "0.1", unit: "fraction" } as const;
    new AccrualRepository(history.db).put(eth, hour);
    new BackfillRepository(history.db).save(btc, HALF_READ);
    return history;
  }

  test("give each series with its slots in order and its progress, through a read-only connection", () => {
    using history = scene();
    using db = new Database(history.file.path, { readonly: true });
    const records = [...new LedgerReader(db).all()];
    expect(records.map(({ series }) => series.uid)).toEqual(["okx-BTC", "okx-ETH", "okx-SOL"]);
    const [btc, eth, sol] = records;
    expect(btc?.series).toEqual({ id: 1, ...seriesOf("BTC") });
    expect(btc?.slots).toEqual([
      { slotMs: NOON_MS - 24 * HOUR_MS, intervalHours: 8, origin: "row" },
      { slotMs: NOON_MS - 8 * HOUR_MS, intervalHours: 8, origin: "exchange" },
      { slotMs: NOON_MS, intervalHours: 8, origin: "estimated" },
    ]);
    expect(btc?.backfill).toEqual(HALF_READ);
    expect(eth?.slots).toEqual([{ slotMs: NOON_MS, intervalHours: 1, origin: null }]);
    expect([sol?.slots, sol?.backfill]).toEqual([[], null]);
  });

  test("are limited to an exchange or to one instrument", () => {
    using history = scene();
    const ledger = new LedgerReader(history.db);
    const uids = [...ledger.all("okx")].map(({ series }) => series.uid);
    expect(uids).toEqual(["okx-BTC", "okx-SOL"]);
    expect(ledger.of("okx-ETH")?.slots).toHaveLength(1);
    expect(ledger.of("okx-XRP")).toBeNull();
  });

  test("read nothing ahead: a walk that is not finished sees what was written meanwhile", () => {
    using history = scene();
    const walk = new LedgerReader(history.db).all("okx");
    expect(walk.next().value?.series.uid).toBe("okx-BTC");
    const atMs = NOON_MS - HOUR_MS;
    new SettlementRepository(history.db).put(
      3,
      { atMs, rate: "0.1", intervalHours: null, markPrice: null },
      "row",
    );
    expect(walk.next().value?.slots).toHaveLength(1);
    expect(walk.next().done).toBe(true);
  });
});
