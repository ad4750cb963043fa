/** What the service costs while nobody asks it anything, by the kernel's count. */
import { atMost, type Figure, plain } from "./figure.ts";
import { cpuSeconds } from "./process-usage.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const SCALE = 0.8;
const READY = { rows: 12_000, withinMs: 90_000 };

/** The work of the start, first sweeps included, is no part of an idle hour. */
const SETTLE_MS = 45_000;
/** Whole periods of refreshing. */
const MEASURED_MS = { full: 120_000, quick: 60_000 } as const;

const AIM_SECONDS_PER_HOUR = 60;
const OFTEN = { REFRESH_SECONDS: "10" };
const AIM_SHARE_PCT = 15;

/** Two services beside each other: what they are charged is counted for each alone. */
export async function idle({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: SCALE });
  await using usual = await startServiceProcess(simulator.origin, {}, READY);
  await using often = await startServiceProcess(simulator.origin, OFTEN, READY);
  await Bun.sleep(SETTLE_MS);
  const used = (): [number, number] => [cpuSeconds(usual.pid), cpuSeconds(often.pid)];
  const [before, startedMs] = [used(), performance.now()];
  await Bun.sleep(MEASURED_MS[isQuick ? "quick" : "full"]);
  const after = used();
  const seconds = (performance.now() - startedMs) / 1000;
  const perHour = ((after[0] - before[0]) / seconds) * 3600;
  const sharePct = ((after[1] - before[1]) / seconds) * 100;
  return [
    plain("seconds for which it was watched", seconds, "s"),
    atMost("CPU of an hour in which nobody asks", perHour, "s", AIM_SECONDS_PER_HOUR),
    atMost("share of a core where all is refreshed every 10 s", sharePct, "%", AIM_SHARE_PCT),
  ];
}
