import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
/** By default it lists 15,000 instruments; the aims are for the 12,000 that all exchanges list. */
export const USUAL_SCALE = 0.8;

const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 50;

/** The exchange simulator in its own process, so that its work is not counted as ours. */
export interface SimulatorProcess {
  readonly origin: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts it on a free port and waits until it responds. */
export async function startSimulatorProcess(
  options: { readonly scale?: number; readonly seed?: number } = {},
): Promise<SimulatorProcess> {
  const port = freePort();
  const child = Bun.spawn(
    [
      process.execPath,
      join(ROOT, "src/simulator/main.ts"),
      `--port=${port}`,
      `--scale=${options.scale ?? 1}`,
      `--seed=${options.seed ?? 1}`,
    ],
    {
      stdout: "ignore",
      stderr: "inherit",
    },
  );
  const origin = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!(await answers(`${origin}/control/requests`))) {
    if (performance.now() > deadlineMs) throw new Error("the simulator does not answer");
    await Bun.sleep(ASK_EVERY_MS);
  }
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

export function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = probe;
  void probe.stop(true);
  if (port === undefined) throw new Error("no free port");
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
