import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./simulator.ts";

const ROOT = join(import.meta.dir, "..");
const ASK_EVERY_MS = 100;

/** The whole service in a process and with a database of its own. */
export interface ServiceProcess {
  readonly origin: string;
  readonly databasePath: string;
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** As the unit file has it: what is measured is what is installed. */
const UNIT = readFileSync(join(ROOT, "systemd/funding-finder.service"), "utf8");
const [ASSUMED_RAM = ""] = /(?<=^Environment=BUN_JSC_forceRAMSize=)\d+$/m.exec(UNIT) ?? [];

/** Starts it on a simulator, its command behind the words of `through`, and waits until it shows `rows` instruments. */
export async function startServiceProcess(
  simulator: string,
  settings: Readonly<Record<string, string>> = {},
  ready: { readonly rows: number; readonly withinMs: number } = { rows: 1, withinMs: 30_000 },
  through: readonly string[] = [],
): Promise<ServiceProcess> {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-bench-"));
  const databasePath = join(folder, "bench.db");
  const origin = `http://127.0.0.1:${freePort()}`;
  const child = Bun.spawn([...through, process.execPath, join(ROOT, "dist/main.js")], {
    cwd: ROOT,
    env: {
      PATH: process.env["PATH"] ?? "",
      BUN_JSC_forceRAMSize: ASSUMED_RAM,
      PORT: new URL(origin).port,
      DATABASE_PATH: databasePath,
      EXCHANGE_ORIGIN: simulator,
      LOG_LEVEL: "error",
      ...settings,
    },
    stdout: "ignore",
    stderr: "inherit",
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
    rmSync(folder, { recursive: true });
  };
  const deadlineMs = performance.now() + ready.withinMs;
  while ((await rowsShown(origin)) < ready.rows) {
    if (performance.now() > deadlineMs) {
      await stop();
      throw new Error(`the service does not show ${ready.rows} instruments`);
    }
    await Bun.sleep(ASK_EVERY_MS);
  }
  return { origin, databasePath, pid: child.pid, [Symbol.asyncDispose]: stop };
}

/** What a service's process holds in memory, as it says itself. */
export async function residentMb(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6;
}

/** How many instruments are served; 0 while nothing is. */
async function rowsShown(origin: string): Promise<number> {
  try {
    const response = await fetch(`${origin}/api/funding/current?limit=1`);
    const body = (await response.json()) as { total?: number };
    return body.total ?? 0;
  } catch {
    return 0;
  }
}
