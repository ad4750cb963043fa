import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { historyFile } from "../../src/db/history/file.ts";
import { slotMsOf } from "../../src/domain/settlement.ts";
import { isExchangeName } from "../../src/simulator/listing.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { LONG_MS } from "../support/patience.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { type StoredSeries, storedSeries } from "../support/stored-history.ts";

/** How often it is killed; BACKFILL_KILLS=50 for a longer run. */
const KILLS = Number(process.env["BACKFILL_KILLS"] ?? 8);

/** By time, by page, and by page in the smallest pages. */
const EXCHANGES = "bybit,bitget,htx";

/** Within this time after a page was stored, the next ones are on their way, stored or being stored. */
const KILL_WITHIN_MS = 600;

/** Requests of all backfills that are stored as done; 0 before the file exists. */
function requestsOf(path: string): number {
  try {
    using db = new Database(historyFile(path).path, { readonly: true });
    return (
      db.query<{ n: number | null }, []>("SELECT sum(requests) AS n FROM backfills").get()?.n ?? 0
    );
  } catch {
    return 0;
  }
}

function integrityOf(path: string): unknown {
  // Not read-only: this is the first to open the log of a killed process.
  using db = new Database(historyFile(path).path);
  return db.query("PRAGMA integrity_check").all();
}

const linesOf = ({ series, settlements }: StoredSeries): string[] =>
  settlements
    .filter(({ origin }) => origin === "exchange")
    .map(({ slotMs, rate }) => `${series.uid} ${slotMs} ${rate}`);

/** Everything between the marks of its progress is stored, exactly once, and nothing that was not charged. */
function expectAsRead(market: Market, one: StoredSeries): void {
  const { series, settlements, backfill } = one;
  if (!isExchangeName(series.exchange)) throw new Error(series.exchange);
  const charged = market.payments(series.exchange, series.exchangeSymbol) ?? [];
  const { readFromMs = null, readToMs = null } = backfill ?? {};
  const isKnown = (slotMs: number): boolean =>
    readFromMs !== null && readToMs !== null && slotMs >= slotMsOf(readFromMs) && slotMs < readToMs;
  const stored = settlements.filter(({ slotMs }) => isKnown(slotMs)).map(({ slotMs }) => slotMs);
  const due = charged.map(({ slotMs }) => slotMs).filter(isKnown);
  expect([series.uid, stored]).toEqual([series.uid, due]);
}

test(
  `kill -9 in the middle of a backfill, ${KILLS} times: nothing is lost or doubled, and it is finished afterwards`,
  async () => {
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: 0.02, maxPastRows: 60 });
    using temporary = temporaryDatabasePath();
    const { path } = temporary;
    const settings = {
      DATABASE_PATH: path,
      EXCHANGES,
      EXCHANGE_ORIGIN: simulator.origin,
      REFRESH_SECONDS: "2",
      BACKFILL_DAYS: "730",
    };
    let lines = new Set<string>();
    let unfinished = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = requestsOf(path);
      {
        await using service = await startService(settings);
        const isOver = () => requestsOf(path) > before || isRead(path);
        await until(isOver, () => service.log());
        await Bun.sleep(Math.random() * KILL_WITHIN_MS);
        service.kill("SIGKILL");
        await service.exited;
      }
      expect(integrityOf(path)).toEqual([{ integrity_check: "ok" }]);
      const all = storedSeries(path);
      for (const one of all) expectAsRead(simulator.market, one);
      const now = new Set(all.flatMap(linesOf));
      expect([...lines].filter((line) => !now.has(line))).toEqual([]);
      expect(now.size).toBeGreaterThanOrEqual(lines.size);
      lines = now;
      unfinished += isRead(path) ? 0 : 1;
    }
    expect(unfinished).toBeGreaterThan(Math.min(KILLS, 8) / 2);
    await using service = await startService(settings);
    await until(
      () => isRead(path),
      () => service.log(),
    );
    const all = storedSeries(path);
    expect(all.length).toBeGreaterThan(30);
    for (const one of all) {
      expectAsRead(simulator.market, one);
      const [charged] =
        simulator.market.payments(
          isExchangeName(one.series.exchange) ? one.series.exchange : "okx",
          one.series.exchangeSymbol,
        ) ?? [];
      expect(one.settlements[0]?.slotMs).toBe(charged?.slotMs ?? Number.NaN);
    }
    expect(service.log()).not.toContain("history_paused");
  },
  LONG_MS,
);

/** Whether there is any past, and all of them are complete. */
function isRead(path: string): boolean {
  try {
    using db = new Database(historyFile(path).path, { readonly: true });
    const row = db
      .query<{ total: number; complete: number }, []>(
        `SELECT count(*) AS total, count(*) FILTER (WHERE complete) AS complete
         FROM series LEFT JOIN backfills ON series_id = id`,
      )
      .get();
    return row !== null && row.total > 0 && row.total === row.complete;
  } catch {
    return false;
  }
}
