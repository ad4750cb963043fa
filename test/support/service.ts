import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, SERVICE_SCRIPT } from "./built.ts";
import { PATIENCE_MS } from "./patience.ts";

const ROOT = join(import.meta.dir, "../..");

/** How often a condition is checked. */
const LOOK_EVERY_MS = 50;

/** A service as a separate process, as an operator would start it. */
export interface ServiceProcess {
  readonly origin: string;
  readonly pid: number;
  readonly exited: Promise<number>;
  /** Everything it has logged so far. */
  log(): string;
  kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the built service with `settings`, through the command `through` if given, and waits until it listens. Throws
 * with its log if it ends instead. It reads no pasts unless `settings` say so: that takes as much of the processor as the
 * rest of a test.
 */
export async function startService(
  settings: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): Promise<ServiceProcess> {
  ensureBuilt();
  const child = Bun.spawn([...through, process.execPath, SERVICE_SCRIPT], {
    cwd: ROOT,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOST: "127.0.0.1",
      PORT: "0",
      BACKFILL_DAYS: "0",
      ...settings,
    },
    // It writes nothing there; inherited it would hold the runner's own output open.
    stdout: "ignore",
    stderr: "pipe",
  });
  let logged = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) logged += decoder.decode(chunk, { stream: true });
  })();
  const address = /"address":"(http:[^"]+)"/;
  await until(
    () => address.test(logged) || child.exitCode !== null,
    () => logged,
  );
  const origin = address.exec(logged)?.[1];
  if (origin === undefined) {
    await reading;
    throw new Error(`the service ended with ${child.exitCode}:\n${logged}`);
  }
  return {
    origin,
    pid: child.pid,
    exited: child.exited,
    log: () => logged,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/**
 * Waits for a condition, checking often unless a check is expensive; throws with `describe()` if it stays false for
 * `patienceMs`.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  describe: () => string = () => "the condition stayed false",
  patienceMs = PATIENCE_MS,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs)
      throw new Error(`waited ${patienceMs} ms in vain: ${describe()}`);
    await Bun.sleep(lookEveryMs);
  }
}

/** A folder that is removed at the end, with a path for a database in it. */
export function temporaryDatabasePath(): { readonly path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-test-"));
  return {
    path: join(folder, "service.db"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
