import { closeSync, constants, openSync, readFileSync } from "node:fs";

/** A pipe with a program that reads it, as the system's log reads ours. */
export interface LogReader {
  /** The path of the pipe. */
  readonly pipe: string;
  /** Stops the reader: what the pipe holds stays there. */
  stop(): void;
  goOn(): void;
  /** All that it has read. */
  text(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a pipe at `path` and starts a reader that keeps what it reads. */
export function startLogReader(path: string): LogReader {
  const { exitCode, stderr } = Bun.spawnSync(["mkfifo", path]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  const kept = `${path}.kept`;
  // Opened for both directions it is waited for by nobody, and the reader meets no end while writers come and go.
  const held = openSync(path, constants.O_RDWR);
  const child = Bun.spawn(["cat"], { stdin: held, stdout: Bun.file(kept), stderr: "ignore" });
  closeSync(held);
  return {
    pipe: path,
    stop: () => process.kill(child.pid, "SIGSTOP"),
    goOn: () => process.kill(child.pid, "SIGCONT"),
    text: () => readFileSync(kept, "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
