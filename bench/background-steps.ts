import { atMost, type Figure, plain } from "./figure.ts";

/** The steps of background work that a service has measured since its start. */
export interface BackgroundSteps {
  readonly count: number;
  readonly overTarget: number;
  readonly seconds: number;
}

const NAME = "background_step_duration_seconds";

export async function backgroundSteps(origin: string): Promise<BackgroundSteps> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const sum = (series: RegExp): number =>
    text.matchAll(series).reduce((total, [, value]) => total + Number(value), 0);
  const count = sum(new RegExp(`^${NAME}_count\\{.*\\} (\\S+)$`, "gm"));
  const within = sum(new RegExp(`^${NAME}_bucket\\{.*le="0.005".*\\} (\\S+)$`, "gm"));
  const seconds = sum(new RegExp(`^${NAME}_sum\\{.*\\} (\\S+)$`, "gm"));
  return { count, overTarget: count - within, seconds };
}

/** The steps between two measurements: without the first snapshots, whose code is cold. */
export function backgroundFigures(before: BackgroundSteps, after: BackgroundSteps): Figure[] {
  const count = after.count - before.count;
  return [
    plain("background steps in that time", count, ""),
    plain("mean of those steps", ((after.seconds - before.seconds) / count) * 1000, "ms"),
    atMost("those over 5 ms", after.overTarget - before.overTarget, "", 0),
  ];
}
