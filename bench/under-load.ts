/** The service in use while exchanges are refreshed, compared with a bare Bun.serve in the same run. */
import { atMost, type Figure, plain } from "./figure.ts";
import { startPortProcess } from "./port-process.ts";
import { ALL_SHOWN, type Ready, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";
import { type RequestLine, percentile, steadyLoad } from "./steady-load.ts";

/** By then all answers were requested once and the first sweeps are over. */
const WARM_UP_SECONDS = 10;

/** Popular answers of a few kilobytes, rebuilt after each snapshot. */
export const POPULAR_TARGETS = [
  "/api/funding/current?limit=30",
  "/api/funding/symbol/BTC",
  "/api/funding/arb?limit=20",
  "/api/funding/heatmap?limit=20",
  "/api/exchanges",
];

const MANY_PER_SECOND = 2_000;
const SECONDS = { full: 60, quick: 20 } as const;
const AIM_P90_MS = 3;
const AIM_P99_MS = 8;
const AIM_WORST_OVER_BARE_MS = 10;

/** Clients that show all rows request them about once per snapshot: so many readers are many. */
const LISTS_PER_SECOND = 30;
/** One client may read three large answers at the same time: they come from as many addresses. */
const LIST_READERS = 32;
const AIM_LIST_RATIO = 3;

interface Size {
  readonly isQuick: boolean;
}

/** 2,000 requests per second for small answers. */
export async function manyRequests({ isQuick }: Size): Promise<Figure[]> {
  const seconds = SECONDS[isQuick ? "quick" : "full"];
  const load = { perSecond: MANY_PER_SECOND, seconds };
  const bare = (share: number) =>
    bareLatencies(4_000, ["/"], { ...load, seconds: seconds * share });
  const before = await bare(0.5);
  const { latencies } = await serviceLatencies(POPULAR_TARGETS, load);
  // Half of it afterwards: the machine's other load changes meanwhile.
  const both = [...before, ...(await bare(0.5))];
  return [
    plain("requests per second", MANY_PER_SECOND, "1/s"),
    plain("p50", percentile(latencies, 0.5), "ms"),
    atMost("p90", percentile(latencies, 0.9), "ms", AIM_P90_MS),
    atMost("p99", percentile(latencies, 0.99), "ms", AIM_P99_MS),
    plain("p90 of a bare Bun.serve", percentile(both, 0.9), "ms"),
    plain("p99 of a bare Bun.serve", percentile(both, 0.99), "ms"),
    plain("worst of a bare Bun.serve", percentile(both, 1), "ms"),
    plain("worst", percentile(latencies, 1), "ms"),
    atMost(
      "worst, minus that of a bare Bun.serve",
      percentile(latencies, 1) - percentile(both, 1),
      "ms",
      AIM_WORST_OVER_BARE_MS,
    ),
  ];
}

/** The whole list, compressed. */
export async function compressedList({ isQuick }: Size): Promise<Figure[]> {
  const seconds = SECONDS[isQuick ? "quick" : "full"];
  const load = { perSecond: LISTS_PER_SECOND, seconds };
  const requests: RequestLine[] = Array.from({ length: LIST_READERS }, (_, reader) => ({
    target: "/api/funding/current",
    headers: {
      "Accept-Encoding": reader % 2 === 0 ? "gzip" : "zstd",
      "X-Forwarded-For": `10.0.0.${reader + 1}`,
    },
  }));
  const { latencies, bytes } = await serviceLatencies(requests, load);
  const bare = await bareLatencies(bytes, ["/"], load);
  const [ours, theirs] = [percentile(latencies, 0.99), percentile(bare, 0.99)];
  return [
    plain("requests per second, half for gzip, half for zstd", LISTS_PER_SECOND, "1/s"),
    plain("mean size of an answer", bytes, "bytes"),
    plain("p50", percentile(latencies, 0.5), "ms"),
    plain("p99", ours, "ms"),
    plain("worst", percentile(latencies, 1), "ms"),
    plain("p50 of a bare Bun.serve with as many bytes", percentile(bare, 0.5), "ms"),
    plain("p99 of a bare Bun.serve", theirs, "ms"),
    atMost("p99: ratio", ours / theirs, "x", AIM_LIST_RATIO),
  ];
}

interface Load {
  readonly perSecond: number;
  readonly seconds: number;
}

/** What differs between services under the same load. */
interface Variant {
  readonly settings?: Readonly<Record<string, string>>;
  readonly prepare?: NonNullable<Ready["prepare"]>;
  /** Called after the load, with the database of the running service. */
  readonly atEnd?: (databasePath: string) => void;
}

/** Latencies of the service with a moving market, and the mean size of an answer. */
export async function serviceLatencies(
  requests: readonly RequestLine[],
  load: Load,
  { settings = {}, atEnd = () => {}, ...more }: Variant = {},
) {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  const all = { TRUSTED_PROXIES: "127.0.0.1", ...settings };
  await using service = await startServiceProcess(simulator.origin, all, { ...ALL_SHOWN, ...more });
  const port = Number(new URL(service.origin).port);
  await steadyLoad(port, requests, { ...load, seconds: WARM_UP_SECONDS });
  let bytes = 0;
  const latencies = await steadyLoad(port, requests, load, (size) => (bytes += size));
  atEnd(service.databasePath);
  return { latencies, bytes: Math.round(bytes / latencies.length) };
}

/** The cost of the machine and of measuring: as many requests to a server that has nothing else to do. */
async function bareLatencies(bytes: number, requests: readonly RequestLine[], load: Load) {
  await using server = await startPortProcess("bare-server.ts", [String(bytes)]);
  return await steadyLoad(server.port, requests, load);
}
