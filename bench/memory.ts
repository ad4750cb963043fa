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

const CASES = [
  { what: "idle", settings: NO_RUNTIME_OPTIONS, isRead: false, aimMb: 150 },
  { what: "the list read every 10 s", settings: NO_RUNTIME_OPTIONS, isRead: true, aimMb: 180 },
  { what: "as installed, idle", settings: AS_INSTALLED, isRead: false, aimMb: 130 },
  {
    what: "as installed, the list read every 10 s",
    settings: AS_INSTALLED,
    isRead: true,
    aimMb: 160,
  },
] as const;

interface Watched {
  readonly what: string;
  readonly isRead: boolean;
  readonly aimMb: number;
  readonly service: ServiceProcess;
  readonly samples: number[];
}

/** `minutes` of refreshes, one per minute and exchange as in production: four services concurrently. */
export async function memory(minutes: number): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using services = new AsyncDisposableStack();
  const watched: Watched[] = [];
  for (const { what, settings, isRead, aimMb } of CASES) {
    const service = services.use(await startServiceProcess(simulator.origin, settings, ALL_SHOWN));
    watched.push({ what, isRead, aimMb, service, samples: [] });
  }
  const samplesWanted = Math.max(2, Math.round((minutes * 60_000) / SAMPLE_EVERY_MS));
  for (let sample = 0; sample < samplesWanted; sample += 1) {
    await Bun.sleep(SAMPLE_EVERY_MS);
    for (const { isRead, service, samples } of watched) {
      // Before the list is read: what is retained, not what one answer takes for a moment.
      samples.push(residentMb(service.pid));
      if (isRead) await readWholeList(service.origin);
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

async function readWholeList(origin: string): Promise<void> {
  const headers = { "Accept-Encoding": "gzip" };
  await (await fetch(`${origin}/api/funding/current`, { headers, decompress: false })).bytes();
}
