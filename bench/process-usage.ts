/** Process statistics from the kernel, so that a measured service has no extra request to answer. */
import { readFileSync } from "node:fs";

/** The unit of process times on Linux, on every architecture. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process, all its threads and its children since its start; to a hundredth. */
export function cpuSeconds(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children
    .split(" ")
    .filter((text) => text !== "")
    .reduce(
      (sum, child) => sum + cpuSeconds(Number(child)),
      cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8")),
    );
}

/**
 * User and system time from a line of /proc/PID/stat. Its second field is a name, which may contain spaces and
 * brackets.
 */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 of proc(5); the third is the first here.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Current resident memory of a process, MB of 1,000,000 bytes. */
export function residentMb(pid: number): number {
  return residentMbOf(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** The same from the text of /proc/PID/status. */
export function residentMbOf(status: string): number {
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}
