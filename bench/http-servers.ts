/** A process with two servers: the application on a board of made-up rows, and one that sends given bytes. */
import { EXCHANGE_IDS } from "../src/domain/exchange.ts";
import { EVENT_DATA } from "../src/http/stream/events.ts";
import { AssetGroups } from "../src/services/finder/asset-groups.ts";
import { ServedBoard } from "../src/services/board/served-board.ts";
import { intervalChanges } from "../src/services/finder/interval-changes.ts";
import { NO_PAST_MARKET } from "../src/services/history/past-market.ts";
import { feeTable } from "../src/domain/fees.ts";
import { createApp } from "../src/http/app.ts";
import { startServer } from "../src/http/server.ts";
import { createLog } from "../src/lib/log.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createMetrics } from "../src/http/metrics/metrics.ts";
import { StreamHub } from "../src/http/stream/hub.ts";
import { historyOf } from "../test/support/history-db.ts";
import { healthOf, INFOS } from "../test/support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../test/support/board.ts";

const ROWS = 12_000;

/** The one response of the plain server, whatever is requested. */
export interface PlainAnswer {
  readonly status: number;
  readonly bytes: ArrayBuffer;
}

function rows() {
  return Array.from({ length: ROWS }, (_, n) => {
    const exchange = EXCHANGE_IDS[n % EXCHANGE_IDS.length] ?? "okx";
    const spread = Math.sin(n) / 1000;
    return rowOf(exchange, `C${Math.floor(n / EXCHANGE_IDS.length)}`, {
      fundingRate: spread,
      markPrice: 100 + spread * 7,
      indexPrice: 100 + spread * 9,
      openInterestUsd: 1_000_000 + n * 17,
      volume24hUsd: 2_000_000 + n * 31,
    });
  });
}

if (import.meta.main) {
  const board = new TestBoard(snapshotOf("1-1", rows()));
  const health = () => healthOf(board);
  const log = createLog("info", { write: (line) => void process.stderr.write(line) });
  const streams = new StreamHub({ board, clock: systemClock, log, data: EVENT_DATA });
  const app = createApp({
    board: new ServedBoard(board, systemClock),
    health,
    readiness: () => null,
    exchanges: INFOS,
    groups: new AssetGroups(),
    pastMarket: NO_PAST_MARKET,
    fees: feeTable(null),
    history: historyOf(() => []),
    intervalChanges: intervalChanges({ newest: () => null, has: () => false, between: () => [] }),
    askForOrigin: () => Promise.resolve("not_in_memory"),
    streams,
    metrics: createMetrics({ board, health, clock: systemClock, streams: () => streams.stats() }),
    clock: systemClock,
    log,
    trustedProxies: [],
    publicUrl: null,
  });
  const served = startServer(app, { host: "127.0.0.1", port: 0 }, log);
  let status = 200;
  let body: Blob | null = null;
  const plain = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: () => new Response(body, { status }),
  });
  process.on("message", (answer: PlainAnswer) => {
    status = answer.status;
    body = answer.status === 304 ? null : new Blob([answer.bytes]);
    process.send?.("ready");
  });
  process.send?.({ app: served.port, plain: plain.port });
}
