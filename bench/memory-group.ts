import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MB = 2 ** 20;
const CGROUP_1 = "/sys/fs/cgroup/memory";

/** A bound that the kernel enforces: whoever exceeds it is ended. */
export interface MemoryGroup {
  /** Words before a command that start it in the group, so that all it ever takes counts. */
  readonly start: readonly string[];
  [Symbol.dispose](): void;
}

/** A group of `limitMb`; null where this machine or this user cannot make one. */
export function memoryGroup(limitMb: number): MemoryGroup | null {
  const folder = join(CGROUP_1, `funding-finder-${process.pid}`);
  if (!existsSync(join(CGROUP_1, "memory.limit_in_bytes"))) return null;
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, "memory.limit_in_bytes"), String(limitMb * MB));
  } catch {
    return null;
  }
  return {
    start: ["sh", "-c", `echo $$ > ${join(folder, "cgroup.procs")} && exec "$0" "$@"`],
    // Its processes have ended before; the kernel keeps a group that is not empty.
    [Symbol.dispose]: () => rmdirSync(folder),
  };
}

/** The most that a process has held at once, in MB, as the kernel counts it. */
export function peakMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
