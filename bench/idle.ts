/** The cost of the service without any requests, as counted by the kernel. */
import { atMost, type Figure, plain } from "./figure.ts";
import { cpuSeconds } from "./process-usage.ts";
import { ALL_SHOWN, NO_RUNTIME_OPTIONS, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

/** The work of the start, including first sweeps, is not part of an idle hour. */
const SETTLE_MS = 45_000;
/** Whole refresh periods. */
const MEASURED_MS = { full: 120_000, quick: 60_000 } as const;

const AIM_SECONDS_PER_HOUR = 60;
const OFTEN = { REFRESH_SECONDS: "10" };
const AIM_SHARE_PCT = 15;

/** Three services concurrently: each is accounted separately. */
export async function idle({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using usual = await startServiceProcess(simulator.origin, {}, ALL_SHOWN);
  await using defaults = await startServiceProcess(simulator.origin, NO_RUNTIME_OPTIONS, ALL_SHOWN);
  await using often = await startServiceProcess(simulator.origin, OFTEN, ALL_SHOWN);
  await Bun.sleep(SETTLE_MS);
  const used = () => ({
    usual: cpuSeconds(usual.pid),
    defaults: cpuSeconds(defaults.pid),
    often: cpuSeconds(often.pid),
  });
  const [before, startedMs] = [used(), performance.now()];
  await Bun.sleep(MEASURED_MS[isQuick ? "quick" : "full"]);
  const after = used();
  const seconds = (performance.now() - startedMs) / 1000;
  const perHour = (name: keyof typeof after): number =>
    ((after[name] - before[name]) / seconds) * 3600;
  const sharePct = ((after.often - before.often) / seconds) * 100;
  return [
    plain("duration of the measurement", seconds, "s"),
    atMost("CPU per idle hour", perHour("usual"), "s", AIM_SECONDS_PER_HOUR),
    plain("CPU per idle hour with the runtime's defaults", perHour("defaults"), "s"),
    atMost("share of a core with refreshes every 10 s", sharePct, "%", AIM_SHARE_PCT),
  ];
}
