/** Resident memory of the whole service over minutes of refreshes, read from its own metrics. */
import { atMost, type Figure, median, plain } from "./figure.ts";
import { residentMb, startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const SAMPLE_EVERY_MS = 10_000;
const AIM_MB = 150;

/** The simulator lists 15,000 instruments; the aim is for 12,000. */
const SCALE = 0.8;

/** What grows after this is a leak; what grows before is what the runtime needs. */
const SETTLED_AFTER_MINUTES = 10;

/** `minutes` of refreshes, one a minute and exchange as in production, with a reader now and then. */
export async function memory(minutes: number): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: SCALE });
  await using service = await startServiceProcess(simulator.origin);
  const { origin } = service;
  const samples: number[] = [];
  let rows = 0;
  const samplesWanted = Math.max(2, Math.round((minutes * 60_000) / SAMPLE_EVERY_MS));
  for (let sample = 0; sample < samplesWanted; sample += 1) {
    await Bun.sleep(SAMPLE_EVERY_MS);
    // Before it is read: what one reader of the whole list costs is told apart.
    samples.push(await residentMb(origin));
    rows = await readWholeList(origin);
  }
  const withReader = await residentMb(origin);
  const perWindow = Math.min(samples.length, (SETTLED_AFTER_MINUTES * 60_000) / SAMPLE_EVERY_MS);
  const atEnd = median(samples.slice(-perWindow));
  const settled = samples.slice(perWindow, 2 * perWindow);
  return [
    plain("minutes of refreshes", minutes, "min"),
    plain("instruments", rows, "rows"),
    plain("resident memory, highest", Math.max(...samples), "MB"),
    atMost("resident memory, middle of the last ten minutes", atEnd, "MB", AIM_MB),
    plain("resident memory while the whole list is read", withReader, "MB"),
    ...(settled.length === 0
      ? []
      : [plain("growth since the second ten minutes", atEnd - median(settled), "MB")]),
  ];
}

/** Reads the list of all instruments and returns how many there are. */
async function readWholeList(origin: string): Promise<number> {
  const response = await fetch(`${origin}/api/funding/current`);
  const text = await response.text();
  return Number(/"total":(\d+)/.exec(text.slice(0, 200))?.[1]);
}
