import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./simulator.ts";

const ROOT = join(import.meta.dir, "..");
const ASK_EVERY_MS = 100;

/** The whole service in its own process and with its own database. */
export interface ServiceProcess {
  readonly origin: string;
  readonly databasePath: string;
  readonly pid: number;
  /** Ends the process like the service manager would; its database remains until this is disposed of. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Every exchange of a simulator at the usual scale was refreshed once; on a busy machine that takes a while. */
export const ALL_SHOWN = { rows: 12_000, withinMs: 180_000 } as const;

/** As in the unit file: what is measured is what is installed. */
const UNIT = readFileSync(join(ROOT, "systemd/funding-finder.service"), "utf8");
const RUNTIME_OPTIONS = Object.fromEntries(
  [...UNIT.matchAll(/^Environment=(BUN_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
);
/** Settings that remove them: the runtime's defaults. */
export const NO_RUNTIME_OPTIONS = Object.fromEntries(
  Object.keys(RUNTIME_OPTIONS).map((name) => [name, undefined]),
);

/** Additional settings; undefined removes one that it would have. */
type Settings = Readonly<Record<string, string | undefined>>;

/** Only its process, as installed, on a simulator; its command is preceded by `through`. */
export function spawnService(
  simulator: string,
  place: { readonly port: number; readonly databasePath: string },
  settings: Settings = {},
  through: readonly string[] = [],
): Bun.Subprocess {
  return Bun.spawn([...through, process.execPath, join(ROOT, "dist/main.js")], {
    cwd: ROOT,
    env: {
      PATH: process.env["PATH"] ?? "",
      ...RUNTIME_OPTIONS,
      PORT: String(place.port),
      DATABASE_PATH: place.databasePath,
      EXCHANGE_ORIGIN: simulator,
      LOG_LEVEL: "error",
      ...settings,
    },
    stdout: "ignore",
    stderr: "inherit",
  });
}

/** When a service is ready, and what is done before it starts. */
export interface Ready {
  /** Instruments that it shows. */
  readonly rows: number;
  readonly withinMs: number;
  /** May write files beside the database, which does not exist yet. */
  readonly prepare?: (databasePath: string) => void;
}

/** Starts it with a new database and waits until it is ready. */
export async function startServiceProcess(
  simulator: string,
  settings: Settings = {},
  ready: Ready = { rows: 1, withinMs: 30_000 },
  through: readonly string[] = [],
): Promise<ServiceProcess> {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-bench-"));
  const databasePath = join(folder, "bench.db");
  ready.prepare?.(databasePath);
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = spawnService(simulator, { port, databasePath }, settings, through);
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  const dispose = async (): Promise<void> => {
    await stop();
    rmSync(folder, { recursive: true });
  };
  const deadlineMs = performance.now() + ready.withinMs;
  for (let shown = 0; shown < ready.rows; shown = await rowsShown(origin)) {
    if (performance.now() > deadlineMs) {
      await dispose();
      throw new Error(`the service shows ${shown} instruments, not ${ready.rows}`);
    }
    await Bun.sleep(ASK_EVERY_MS);
  }
  return { origin, databasePath, pid: child.pid, stop, [Symbol.asyncDispose]: dispose };
}

/** How many instruments are served; 0 while there are none. */
async function rowsShown(origin: string): Promise<number> {
  try {
    const response = await fetch(`${origin}/api/funding/current?limit=1`);
    const body = (await response.json()) as { total?: number };
    return body.total ?? 0;
  } catch {
    return 0;
  }
}
