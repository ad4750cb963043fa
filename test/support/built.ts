import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/**
 * Builds `dist/` unless it is newer than the sources, as `make` does before it starts anything: a test that is run
 * alone must not start an outdated build. Throws with make's output if the build fails.
 */
export function ensureBuilt(): void {
  const { exitCode, stderr } = Bun.spawnSync(["make", "--no-print-directory", "build"], {
    cwd: ROOT,
    env: { ...process.env, MAKEFLAGS: "" },
  });
  if (exitCode !== 0) throw new Error(`make build ended with ${exitCode}:\n${stderr.toString()}`);
}
