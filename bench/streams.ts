/**
 * Five hundred readers of the stream and two thousand requests per second for a minute, alongside a refreshing
 * collector.
 */
import { join } from "node:path";
import { atMost, type Figure, plain } from "./figure.ts";
import { startPortProcess } from "./port-process.ts";
import { residentMb } from "./process-usage.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";
import { percentile, steadyLoad } from "./steady-load.ts";
import { POPULAR_TARGETS } from "./under-load.ts";
import type { StreamReport, ToReaders } from "./stream-readers.ts";

const READERS = 500;
const REQUESTS_PER_SECOND = 2_000;
const SECONDS = 60;
const WARM_UP_SECONDS = 20;
/** Snapshots come every 5 s: after this the readers have the latest one. */
const SETTLE_MS = 12_000;
const ASK_AGAIN_MS = 200;
/** Replaced snapshots are retained for two minutes: a service younger than this plus the samples is still growing. */
const GROWN_MS = 60_000;
/** The runtime collects garbage about once a minute: the minimum over this many seconds is what is retained. */
const MEMORY_SAMPLES = 90;

const AIM_P99_MS = 20;
const AIM_MEMORY_RATIO = 1.1;

/** Twenty typical filters: assets, exchanges, a whole class of large markets. */
const FILTERS = [
  ...["BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "LINK"].map((base) => `base=${base}`),
  ...["okx", "bybit", "hyperliquid", "deribit", "kraken", "dydx"].map((id) => `exchange=${id}`),
  "base=BTC,ETH&exchange=binance,okx,bybit",
  "quote=USDC&min_volume=10000000",
  "interval=1&min_volume=50000000",
  "min_volume=500000000",
  "flag=pinned_cap,pinned_floor",
  "asset_class=metal,commodity",
];

export async function streams(): Promise<Figure[]> {
  const bare = await bareLatencies();
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using service = await startServiceProcess(
    simulator.origin,
    { TRUSTED_PROXIES: "127.0.0.1" },
    ALL_SHOWN,
  );
  const port = Number(new URL(service.origin).port);
  const load = (seconds: number) =>
    steadyLoad(port, POPULAR_TARGETS, { perSecond: REQUESTS_PER_SECOND, seconds });
  await load(WARM_UP_SECONDS);
  await Bun.sleep(GROWN_MS);
  const beforeMb = await minResidentMb(service.pid);

  await using readers = startReaders();
  const targets = Array.from(
    { length: READERS },
    (_, n) => `/api/funding/stream?${FILTERS[n % FILTERS.length]}`,
  );
  await readers.ask({ type: "open", port, targets });
  const latencies = await load(SECONDS);
  const duringMb = residentMb(service.pid);
  const { reports, rowsMissed, behind } = await compared(readers, service.origin);
  await readers.stop();
  const afterMb = await minResidentMb(service.pid);

  return [
    plain("stream readers", reports.length, "readers"),
    plain("distinct filters", FILTERS.length, "filters"),
    plain("requests per second", latencies.length / SECONDS, "1/s"),
    plain("p50 of the requests", percentile(latencies, 0.5), "ms"),
    atMost("p99 of the requests", p99(latencies), "ms", AIM_P99_MS),
    plain("worst request", worst(latencies), "ms"),
    plain("p99 of the same requests on an otherwise idle bare Bun.serve", p99(bare), "ms"),
    plain("worst request there", worst(bare), "ms"),
    plain("change events read", sum(reports.map(({ ids }) => ids.length)), "events"),
    atMost(
      "readers that were disconnected",
      reports.filter(({ ended }) => ended !== null).length,
      "readers",
      0,
    ),
    atMost("readers that missed an event sent to others with their filter", behind, "readers", 0),
    atMost("rows in which a reader differs from the list", rowsMissed, "rows", 0),
    plain("minimum resident memory in the 90 s before", beforeMb, "MB"),
    plain("resident memory with the readers", duringMb, "MB"),
    atMost(
      "minimum in the 90 s afterwards, relative to before",
      afterMb / beforeMb,
      "x",
      AIM_MEMORY_RATIO,
    ),
  ];
}

/** The machine's own delays: as many requests to a server that has nothing else to do. */
async function bareLatencies(): Promise<number[]> {
  await using server = await startPortProcess("bare-server.ts");
  const load = { perSecond: REQUESTS_PER_SECOND, seconds: SECONDS };
  return await steadyLoad(server.port, ["/"], load);
}

/** Whether a reader has every event of the others with its filter since its own first one. */
function hasAllOf(report: StreamReport, reports: readonly StreamReport[]): boolean {
  const others = reports.filter(({ target }) => target === report.target);
  const longest = others.reduce((best, one) => (one.ids.length > best.ids.length ? one : best));
  const missing = longest.ids.slice(longest.ids.indexOf(report.ids[0] ?? ""));
  return report.ids.join() === missing.join();
}

/**
 * Repeats until the readers' rows are those of the list of one snapshot and no reader is behind another with the same
 * filter: while a snapshot is being sent, readers have only part of it. A remaining difference was missed.
 */
async function compared(
  readers: ReturnType<typeof startReaders>,
  origin: string,
): Promise<{ reports: readonly StreamReport[]; rowsMissed: number; behind: number }> {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const reports = await readers.ask<readonly StreamReport[]>({ type: "report" });
    const behind = reports.filter((report) => !hasAllOf(report, reports)).length;
    let rowsMissed = 0;
    for (const { target, rates } of reports) {
      if (rates !== null) rowsMissed += await differences(origin, target, rates);
    }
    const isSettled = rowsMissed === 0 && behind === 0;
    if (isSettled || performance.now() > deadlineMs) return { reports, rowsMissed, behind };
    await Bun.sleep(ASK_AGAIN_MS);
  }
}

async function differences(
  origin: string,
  target: string,
  rates: Readonly<Record<string, number>>,
): Promise<number> {
  const response = await fetch(origin + target.replace("/stream", "/current"));
  const { rows } = (await response.json()) as {
    readonly rows: readonly { readonly uid: string; readonly funding_rate: number }[];
  };
  const differing = rows.filter((row) => rates[row.uid] !== row.funding_rate).length;
  return differing + Math.max(0, Object.keys(rates).length - rows.length);
}

function startReaders() {
  let answer: (value: unknown) => void = () => {};
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "stream-readers.ts")], {
    // The runtime's own client has 256 connections unless configured otherwise.
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(2 * READERS) },
    stdout: "inherit",
    stderr: "inherit",
    serialization: "advanced",
    ipc: (message: unknown) => answer(message),
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  return {
    ask<T>(message: ToReaders): Promise<T> {
      const answered = Promise.withResolvers<unknown>();
      answer = answered.resolve;
      child.send(message);
      return answered.promise as Promise<T>;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The minimum resident memory over the next one and a half minutes. */
async function minResidentMb(pid: number): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < MEMORY_SAMPLES; sample += 1) {
    lowest = Math.min(lowest, residentMb(pid));
    await Bun.sleep(1_000);
  }
  return lowest;
}

function p99(latencies: readonly number[]): number {
  return percentile(latencies, 0.99);
}

function worst(latencies: readonly number[]): number {
  return latencies.reduce((max, one) => Math.max(max, one), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
