/** From the start of the process to the first answer, with a database of 12,000 instruments, as after a deploy. */
import { join } from "node:path";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { cpuSeconds } from "./process-usage.ts";
import { ALL_SHOWN, spawnService, startServiceProcess } from "./service.ts";
import { freePort, startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

/** Every exchange has stored what it lists, and most have been reviewed. */
const SETTLE_MS = 15_000;
const STARTS = { full: 15, quick: 7 } as const;
const ASK_EVERY_MS = 2;
const GIVE_UP_AFTER_MS = 20_000;
const AIM_MS = 250;

interface Start {
  readonly tookMs: number;
  readonly cpuMs: number;
}

export async function start({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  // Its database is filled by one that is then stopped normally; the folder goes with it.
  await using first = await startServiceProcess(simulator.origin, {}, ALL_SHOWN);
  await Bun.sleep(SETTLE_MS);
  await first.stop();
  const service: Start[] = [];
  const bare: Start[] = [];
  for (let round = 0; round < STARTS[isQuick ? "quick" : "full"]; round += 1) {
    bare.push(await oneStart("/", startBare));
    service.push(
      await oneStart("/api/funding/current?limit=1", (port) =>
        spawnService(simulator.origin, { port, databasePath: first.databasePath }),
      ),
    );
  }
  const medianOf = (of: readonly Start[], name: keyof Start): number =>
    median(of.map((one) => one[name]));
  return [
    plain("starts", service.length, ""),
    atMost("startup to the first row, median", medianOf(service, "tookMs"), "ms", AIM_MS),
    plain("CPU until then, all threads, median", medianOf(service, "cpuMs"), "ms"),
    plain("startup of a bare Bun.serve, median", medianOf(bare, "tookMs"), "ms"),
  ];
}

function startBare(port: number): Bun.Subprocess {
  const script = join(import.meta.dir, "bare-server.ts");
  return Bun.spawn([process.execPath, script, "100", String(port)], {
    stdout: "ignore",
    stderr: "inherit",
  });
}

async function oneStart(target: string, spawn: (port: number) => Bun.Subprocess): Promise<Start> {
  const port = freePort();
  const startedMs = performance.now();
  const child = spawn(port);
  try {
    while (!(await answers(`http://127.0.0.1:${port}${target}`))) {
      if (performance.now() - startedMs > GIVE_UP_AFTER_MS) throw new Error("it does not answer");
      await Bun.sleep(ASK_EVERY_MS);
    }
    const tookMs = performance.now() - startedMs;
    return { tookMs, cpuMs: cpuSeconds(child.pid) * 1000 };
  } finally {
    child.kill();
    await child.exited;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
