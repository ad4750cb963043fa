/** Resident memory of the whole service over minutes of refreshes, as counted by the kernel. */
import { atMost, type Figure, median, note, plain } from "./figure.ts";
import { residentMb } from "./process-usage.ts";
import {
  ALL_SHOWN,
  NO_RUNTIME_OPTIONS,
  type ServiceProcess,
  startServiceProcess,
} from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

const SAMPLE_EVERY_MS = 10_000;

/** Growth after this is a leak; growth before is what the runtime needs. */
const SETTLED_AFTER_MINUTES = 10;
/** How much the median of ten minutes varies with the garbage collector's cycles. */
const AIM_GROWTH_MB = 5;

/** With the unit file's settings. */
const AS_INSTALLED = {};

/** Requests that are sent to a service every ten seconds. */
type Asks = (origin: string) => readonly string[];

const NOTHING: Asks = () => [];
const THE_LIST: Asks = (origin) => [`${origin}/api/funding/current`];
/** Of the last minutes as well: whole boards are made of samples. */
const THE_PAST: Asks = (origin) => [
  `${origin}/api/funding/history/BTC`,
  `${origin}/api/funding/cumulative?base=ETH&range=30d`,
  `${origin}/api/funding/current?limit=100&as_of=${Math.floor(Date.now() / 1000) - 60}`,
];

const CASES = [
  { what: "idle", settings: NO_RUNTIME_OPTIONS, asks: NOTHING, aimMb: 150 },
  { what: "the list read every 10 s", settings: NO_RUNTIME_OPTIONS, asks: THE_LIST, aimMb: 180 },
  { what: "as installed, idle", settings: AS_INSTALLED, asks: NOTHING, aimMb: 130 },
  {
    what: "as installed, the list read every 10 s",
    settings: AS_INSTALLED,
    asks: THE_LIST,
    aimMb: 160,
  },
  {
    what: "as installed, three questions about the past every 10 s",
    settings: AS_INSTALLED,
    asks: THE_PAST,
    aimMb: 165,
  },
] as const;

interface Watched {
  readonly what: string;
  readonly asks: Asks;
  readonly aimMb: number;
  readonly service: ServiceProcess;
  readonly samples: number[];
}

/** `minutes` of refreshes, one per minute and exchange as in production: five services concurrently. */
export async function memory(minutes: number): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using services = new AsyncDisposableStack();
  const watched: Watched[] = [];
  for (const { what, settings, asks, aimMb } of CASES) {
    const service = services.use(await startServiceProcess(simulator.origin, settings, ALL_SHOWN));
    watched.push({ what, asks, aimMb, service, samples: [] });
  }
  const samplesWanted = Math.max(2, Math.round((minutes * 60_000) / SAMPLE_EVERY_MS));
  for (let sample = 0; sample < samplesWanted; sample += 1) {
    await Bun.sleep(SAMPLE_EVERY_MS);
    for (const { asks, service, samples } of watched) {
      // Before anything is requested: what is retained, not what one answer takes for a moment.
      samples.push(residentMb(service.pid));
      for (const url of asks(service.origin)) await read(url);
    }
  }
  return [plain("minutes of refreshes", minutes, "min"), ...watched.flatMap(figuresOf)];
}

/** The median of the last ten minutes, or of the last half if there are fewer. */
function figuresOf({ what, aimMb, samples }: Watched): Figure[] {
  const tenMinutes = (SETTLED_AFTER_MINUTES * 60_000) / SAMPLE_EVERY_MS;
  const atEnd = median(samples.slice(-Math.min(tenMinutes, Math.ceil(samples.length / 2))));
  const second = samples.slice(tenMinutes, 2 * tenMinutes);
  return [
    atMost(`${what}: median`, atEnd, "MB", aimMb),
    plain(`${what}: maximum`, Math.max(...samples), "MB"),
    samples.length < 3 * tenMinutes
      ? note(`${what}: growth since the second ten minutes`, "needs 30 minutes")
      : atMost(
          `${what}: growth since the second ten minutes`,
          atEnd - median(second),
          "MB",
          AIM_GROWTH_MB,
        ),
  ];
}

/** A refusal must not count as read: it takes no memory. */
async function read(url: string): Promise<void> {
  const headers = { "Accept-Encoding": "gzip" };
  const response = await fetch(url, { headers, decompress: false });
  await response.bytes();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
