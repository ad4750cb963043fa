import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Whether this thread runs a script in `dist`, where each program is one file (see `make build`). */
const IS_BUILT = Bun.main.endsWith(".js");

// In a bundle with bytecode import.meta is the path that this source file had when it was built.
const ROOT = rootAbove(IS_BUILT ? dirname(Bun.main) : import.meta.dir);

/** The absolute path of a file of this program, from the folder with its package.json; the same in `src` and in `dist`. */
export function projectFile(...parts: readonly string[]): string {
  return join(ROOT, ...parts);
}

/** The absolute path of a worker thread's script: `src/collector/worker.ts`, or `dist/worker.js` when built. */
export function threadScript(folder: string, name: string): string {
  return IS_BUILT ? join(ROOT, "dist", `${name}.js`) : join(ROOT, "src", folder, `${name}.ts`);
}

function rootAbove(folder: string): string {
  const above = dirname(folder);
  // At the root of the file system there is no parent; a missing file is reported by its reader.
  return existsSync(join(folder, "package.json")) || above === folder ? folder : rootAbove(above);
}
