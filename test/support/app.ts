import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { intervalChanges } from "../../src/services/finder/interval-changes.ts";
import { feeTable } from "../../src/domain/fees.ts";
import { createApp, type App, type AppDeps } from "../../src/http/app.ts";
import { healthReport, type HealthReport } from "../../src/services/board/health.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { BoardView } from "../../src/services/board/board-view.ts";
import { ServedBoard } from "../../src/services/board/served-board.ts";
import { createMetrics } from "../../src/http/metrics/metrics.ts";
import { type StreamStats, StreamHub } from "../../src/http/stream/hub.ts";
import { TestBoard } from "./board.ts";
import { Contract } from "./contract.ts";
import { historyOf } from "./history-db.ts";
import { ManualClock } from "./manual-clock.ts";
import { sampledAlways } from "./samples-in-memory.ts";
import { memoryLog, type MemoryLog } from "./memory-log.ts";

export const INFOS: AppDeps["exchanges"] = EXCHANGE_IDS.map((id) => ({
  id,
  name: id.toUpperCase(),
  kind: id === "hyperliquid" ? "decentralised" : "centralised",
  accrual: "periodic",
  documentation: `https://docs.invalid/${id}`,
  rateRule: `The rate of ${id} is a fraction.`,
  intervalRule: `The interval of ${id} is published.`,
  caveats: [],
}));

export interface TestApp extends App {
  readonly board: TestBoard;
  readonly log: MemoryLog;
  /** Sends a GET to `target`. */
  get(target: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, target: string, headers?: Record<string, string>): Promise<Response>;
}

/** The figures of a service whose stream has no readers. */
export const noStreams = (): StreamStats =>
  new StreamHub({
    board: new TestBoard(),
    clock: new ManualClock(),
    log: memoryLog(),
    data: EVENT_DATA,
  }).stats();

const ORIGIN = "http://finder.test";

/** Health with the board's exchanges, at the snapshot's own time. */
export function healthOf(board: TestBoard): HealthReport {
  const snapshot = board.current();
  return healthReport({
    states: snapshot?.exchanges.map(({ state }) => state) ?? [],
    frozen: new Set(),
    collectorHeartbeatMs: snapshot?.asOfMs ?? null,
    totalRows: snapshot?.rows.length ?? 0,
    nowMs: snapshot?.asOfMs ?? 0,
    staleAfterMs: 900_000,
  });
}

/** A board whose snapshots are served as soon as they are published, unless it controls that itself. */
function servedView(board: BoardView, clock: Clock): ServedBoard {
  return board instanceof ServedBoard ? board : new ServedBoard(board, clock, 0);
}

/** The real application on a board owned by the test. Every answer of `send` is checked against the document. */
export function testApp(
  board: TestBoard,
  more: Partial<Omit<AppDeps, "board">> & { readonly board?: BoardView } = {},
): TestApp {
  const clock = new ManualClock();
  const log = memoryLog();
  const health = (): HealthReport => healthOf(board);
  const streams = new StreamHub({ board, clock, log, data: EVENT_DATA });
  const metrics = createMetrics({ board, health, clock, streams: () => streams.stats() });
  const deps = {
    board,
    health,
    readiness: () => null,
    exchanges: INFOS,
    groups: new AssetGroups(),
    fees: feeTable(null),
    history: historyOf(() => board.current()?.rows ?? []),
    intervalChanges: intervalChanges({ newest: () => null, has: () => false, between: () => [] }),
    pastMarket: sampledAlways(board),
    askForOrigin: () => Promise.resolve("not_in_memory" as const),
    streams,
    metrics,
    clock,
    log,
    trustedProxies: [],
    publicUrl: null,
  };
  const app = createApp({
    ...deps,
    ...more,
    board: servedView(more.board ?? board, more.clock ?? clock),
  });
  const send = async (
    method: string,
    target: string,
    headers: Record<string, string> = {},
  ): Promise<Response> => {
    const response = await app.fetch(new Request(ORIGIN + target, { method, headers }));
    // A 304 has no body to protect; the client keeps the headers that came with it.
    for (const name of response.status === 304 ? ["x-request-id"] : ALWAYS_SENT) {
      if (!response.headers.has(name)) throw new Error(`${method} ${target} lacks ${name}`);
    }
    contract ??= Contract.served();
    await (await contract).check(method, target, response);
    return response;
  };
  return {
    ...app,
    board,
    log,
    send,
    get: (target, headers) => send("GET", target, headers),
  };
}

/** Headers that every answer of any kind has. */
const ALWAYS_SENT = ["x-request-id", "x-content-type-options", "content-security-policy"];

/** The document is the same for every application here; it is built once per test process. */
let contract: Promise<Contract> | undefined;
