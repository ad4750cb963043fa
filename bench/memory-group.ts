import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MB = 2 ** 20;
const CGROUP_1 = "/sys/fs/cgroup/memory";

/** A limit enforced by the kernel: a process that exceeds it is killed. */
export interface MemoryGroup {
  /** The prefix of a command that starts it in the group, so that all of its memory counts. */
  readonly start: readonly string[];
  [Symbol.dispose](): void;
}

/** A group of `limitMb`; null if this machine or this user cannot create one. */
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
    // Its processes have ended before; a group that is not empty cannot be removed.
    [Symbol.dispose]: () => rmdirSync(folder),
  };
}

/** The peak memory of a process in MB, as counted by the kernel. */
export function peakMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
