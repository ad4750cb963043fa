import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** The built service: it starts with a third of the processor time that the sources take. */
export const SERVICE_SCRIPT = join(ROOT, "dist/main.js");

let isBuilt = false;

/**
 * Builds `dist/` unless it is newer than the sources, as `make` does before it starts anything: a test that is run
 * alone must not start an outdated build. Throws with make's output if the build fails.
 */
export function ensureBuilt(): void {
  if (isBuilt) return;
  const { exitCode, stderr } = Bun.spawnSync(["make", "--no-print-directory", "build"], {
    cwd: ROOT,
    env: { ...process.env, MAKEFLAGS: "" },
  });
  if (exitCode !== 0) throw new Error(`make build ended with ${exitCode}:\n${stderr.toString()}`);
  isBuilt = true;
}
