/**
 * A process with two servers on one history file: the application with its reader thread, and a handler that queries
 * SQLite and serialises for every request.
 */
import { Database } from "bun:sqlite";
import { EXCHANGE_IDS } from "../src/domain/exchange.ts";
import { feeTable } from "../src/domain/fees.ts";
import { createApp } from "../src/http/app.ts";
import { createMetrics } from "../src/http/metrics/metrics.ts";
import { startServer } from "../src/http/server.ts";
import { EVENT_DATA } from "../src/http/stream/events.ts";
import { StreamHub } from "../src/http/stream/hub.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createLog } from "../src/lib/log.ts";
import { ReaderClient, startReaderThread } from "../src/reader/reader-client.ts";
import { ServedBoard } from "../src/services/board/served-board.ts";
import { AssetGroups } from "../src/services/finder/asset-groups.ts";
import { intervalChanges } from "../src/services/finder/interval-changes.ts";
import { NO_PAST_MARKET } from "../src/services/history/past-market.ts";
import { healthOf, INFOS } from "../test/support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../test/support/board.ts";
import { HistoryInFolder, seriesOf } from "../test/support/history.ts";
import { HistoryWriter } from "../test/support/history-db.ts";
import { END_S, HOURS_OF_YEAR } from "./past-range.ts";

const HOUR_S = 3600;

/** A year of one asset: hourly on the first exchange, every eight hours on 29 others. */
export function fill(past: HistoryInFolder): void {
  const writer = new HistoryWriter(past.db);
  for (const [place, exchange] of EXCHANGE_IDS.slice(0, 30).entries()) {
    const hours = place === 0 ? 1 : 8;
    const uid = `${exchange}:BTCUSDT:1`;
    const firstSeen = (END_S - HOURS_OF_YEAR * HOUR_S) * 1000;
    const series = seriesOf("BTC", { uid, exchange, exchangeSymbol: "BTCUSDT", firstSeen });
    const paid = Array.from({ length: HOURS_OF_YEAR / hours }, (_, n) => ({
      slot: END_S - n * hours * HOUR_S,
      rate: (Math.sin(n + place) / 5_000).toFixed(8),
    }));
    past.db.transaction(() => writer.add(series, paid)).immediate();
  }
}

/** What the plain handler sends: the fields of our rows, from one statement. */
const SELECT = `SELECT s.uid, s.exchange, s.exchange_symbol, s.base || s.quote AS symbol, s.base, s.quote, s.accrual,
    p.slot AS slot_at, p.slot + p.offset_seconds AS settled_at, p.rate / 64 AS funding_rate,
    p.interval_hours AS funding_interval_hours, p.mark_price, p.origin, p.estimate AS estimated_rate
  FROM series s JOIN settlements p ON p.series_id = s.id
  WHERE s.base = 'BTC' AND s.exchange = ? AND p.slot >= ? AND p.slot < ? ORDER BY p.slot`;

function plainServer(path: string): number | undefined {
  const points = new Database(path, { readonly: true }).query(SELECT);
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch(request) {
      const { searchParams } = new URL(request.url);
      const [from, to] = [searchParams.get("from"), searchParams.get("to")].map(Number);
      const rows = points.all(searchParams.get("exchange"), from ?? 0, to ?? 0);
      return Response.json({ count: rows.length, rows });
    },
  }).port;
}

function ourServer(past: HistoryInFolder): number {
  const rows = EXCHANGE_IDS.slice(0, 30).map((exchange) => rowOf(exchange, "BTC"));
  const board = new TestBoard(snapshotOf("1-1", rows, END_S * 1000 + 15_000));
  const health = () => healthOf(board);
  const log = createLog("warn", { write: (line) => void process.stderr.write(line) });
  const streams = new StreamHub({ board, clock: systemClock, log, data: EVENT_DATA });
  const history = new ReaderClient({
    settings: { databasePath: `${past.folder}/test.db`, withHistory: [] },
    startReader: startReaderThread,
    clock: systemClock,
    log,
  });
  const app = createApp({
    board: new ServedBoard(board, systemClock),
    health,
    readiness: () => null,
    exchanges: INFOS,
    groups: new AssetGroups(),
    fees: feeTable(null),
    history,
    pastMarket: NO_PAST_MARKET,
    intervalChanges: intervalChanges({ newest: () => null, has: () => false, between: () => [] }),
    askForOrigin: () => Promise.resolve("not_in_memory"),
    streams,
    metrics: createMetrics({ board, health, clock: systemClock, streams: () => streams.stats() }),
    clock: systemClock,
    log,
    trustedProxies: [],
    publicUrl: null,
  });
  return Number(startServer(app, { host: "127.0.0.1", port: 0 }, log).url.port);
}

if (import.meta.main) {
  const past = new HistoryInFolder();
  process.on("exit", () => past[Symbol.dispose]());
  process.on("SIGTERM", () => process.exit(0));
  fill(past);
  process.send?.({ ours: ourServer(past), theirs: plainServer(past.file.path) });
}
