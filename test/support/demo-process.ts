import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./built.ts";
import { until } from "./service.ts";

const ROOT = join(import.meta.dir, "../..");

/** `make demo` as a separate process. */
export interface DemoProcess {
  /** The address that it printed for the user. */
  readonly address: string;
  /** Where its simulator listens. */
  readonly simulator: string;
  /** From the start of the process to the address on the terminal. */
  readonly readyMs: number;
  readonly pid: number;
  readonly exited: Promise<number>;
  kill(signal: "SIGTERM" | "SIGINT"): void;
  output(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the demo on free ports and waits for its address; by default without a past, and it reads none (BACKFILL_DAYS). Throws with its
 * output if it ends instead. `prepare` gets the simulator as soon as it listens, while the service starts.
 */
export async function startDemo(
  settings: Readonly<Record<string, string>>,
  prepare: (simulator: string) => Promise<void> = async () => {},
): Promise<DemoProcess> {
  ensureBuilt();
  const startedMs = performance.now();
  const child = Bun.spawn([process.execPath, join(ROOT, "scripts/demo.ts")], {
    cwd: ROOT,
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: "0",
      DEMO_PORT: "0",
      DEMO_PAST_DAYS: "0",
      BACKFILL_DAYS: "0",
      ...settings,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  const printed = async (pattern: RegExp): Promise<string> => {
    await until(
      () => pattern.test(output) || child.exitCode !== null,
      () => output,
    );
    const found = pattern.exec(output)?.[1];
    if (found !== undefined) return found;
    await Promise.race([reading, child.exited]);
    throw new Error(`the demo ended with ${child.exitCode}:\n${output}`);
  };
  const simulator = await printed(/exchange simulator: (http:\S+?)\/?\s/);
  await prepare(simulator);
  const address = await printed(/: open (http:\S+)/);
  const readyMs = performance.now() - startedMs;
  return {
    address,
    simulator,
    readyMs,
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    output: () => output,
    async [Symbol.asyncDispose]() {
      // SIGTERM: killed outright it could not end its children.
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** The direct children of `pid`. */
export function childrenOf(pid: number): number[] {
  return parents()
    .filter(({ parent }) => parent === pid)
    .map((one) => one.pid);
}

/** Whether a process exists; a zombie does not count. */
export function isRunning(pid: number): boolean {
  return parents().some((one) => one.pid === pid);
}

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
}

/** Every running process and its parent, from /proc if available, otherwise from ps. */
function parents(): ProcessLine[] {
  return existsSync("/proc/self/stat") ? fromProc() : fromPs();
}

function fromProc(): ProcessLine[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readIfThere(`/proc/${name}/stat`);
    // The name in brackets may contain anything; state and parent follow the last bracket.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return stat === "" || state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent) }];
  });
}

function fromPs(): ProcessLine[] {
  const { stdout } = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,state="]);
  return stdout
    .toString()
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [pid, parent, state = ""] = line.trim().split(/\s+/);
      return state.startsWith("Z") ? [] : [{ pid: Number(pid), parent: Number(parent) }];
    });
}

/** A process may end between the listing and the reading. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
