/**
 * The service at 14,000 rows in 512 MB while one exchange sends what is meant to fill the memory: each hostile answer
 * for ten refreshes, and how the others fare.
 */
import type { Health } from "../src/http/api/health/schema.ts";
import { atLeast, atMost, type Figure, plain } from "./figure.ts";
import { memoryGroup, peakMb } from "./memory-group.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const LIMIT_MB = 512;
const LEAST_ROWS = 13_500;

/** A large exchange: its bounds are the widest. */
const VICTIM = "bybit";
const FAULTS = ["deep_json", "many_rows", "gzip_bomb", "huge_body"] as const;
const REFRESHES = 10;
const REFRESH_SECONDS = 6;

/** Exchanges that are asked instrument by instrument take up to a minute and a half by their own limits. */
const FRESH_WITHIN_SECONDS = 180;

const LOOK_EVERY_MS = 500;
const GIVE_UP_AFTER_MS = 300_000;

export async function hostile(): Promise<Figure[]> {
  using group = memoryGroup(LIMIT_MB);
  await using simulator = await startSimulatorProcess({ scale: 1 });
  await using service = await startServiceProcess(
    simulator.origin,
    { REFRESH_SECONDS: String(REFRESH_SECONDS) },
    { rows: LEAST_ROWS, withinMs: 180_000 },
    group?.start,
  );
  const control = async (command: string, body: object): Promise<void> => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${simulator.origin}/control/${command}`, init);
    if (!response.ok) throw new Error(`${command}: ${await response.text()}`);
  };
  const health = async (): Promise<Health["exchanges"]> =>
    ((await (await fetch(`${service.origin}/api/health`)).json()) as Health).exchanges;
  const figures = [
    plain("bound that the kernel enforces", group === null ? 0 : LIMIT_MB, "MB"),
    plain("peak before", peakMb(service.pid), "MB"),
  ];
  for (const fault of FAULTS) {
    const before = await asked(simulator.origin);
    await control("fault", { exchange: VICTIM, fault });
    await until(async () => (await asked(simulator.origin)) - before >= REFRESHES);
    const others = (await health()).filter(
      ({ exchange, status }) => exchange !== VICTIM && status !== "off",
    );
    const fresh = others.filter(
      ({ status, age_seconds: age }) =>
        status === "ok" && age !== null && age <= FRESH_WITHIN_SECONDS,
    );
    figures.push(
      atLeast(`${fault}: other exchanges that are well and fresh`, fresh.length, "", others.length),
      atMost(`${fault}: peak`, peakMb(service.pid), "MB", LIMIT_MB),
    );
    const startedMs = performance.now();
    await control("clear", { exchange: VICTIM });
    await until(async () =>
      (await health()).some(({ exchange, status }) => exchange === VICTIM && status === "ok"),
    );
    figures.push(plain(`${fault}: well again after`, (performance.now() - startedMs) / 1000, "s"));
  }
  return figures;
}

/** How often the request of the victim that is part of each refresh was answered. */
async function asked(simulator: string): Promise<number> {
  const requests = (await (await fetch(`${simulator}/control/requests`)).json()) as Record<
    string,
    number
  >;
  return Math.max(
    0,
    ...Object.entries(requests).flatMap(([name, times]) =>
      name.startsWith(`${VICTIM} `) ? [times] : [],
    ),
  );
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedMs > GIVE_UP_AFTER_MS) throw new Error("waited too long");
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
