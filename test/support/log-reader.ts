import { closeSync, constants, openSync, readFileSync } from "node:fs";

/** A pipe with a program that reads it, like the system's log service. */
export interface LogReader {
  /** The path of the pipe. */
  readonly pipe: string;
  /** Stops the reader: what is in the pipe stays there. */
  stop(): void;
  goOn(): void;
  /** Everything that it has read. */
  text(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Creates a pipe at `path` and starts a reader that stores what it reads. */
export function startLogReader(path: string): LogReader {
  const { exitCode, stderr } = Bun.spawnSync(["mkfifo", path]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  const stored = `${path}.stored`;
  // Opened for both directions, so that no open blocks and the reader sees no end of file while writers come and go.
  const held = openSync(path, constants.O_RDWR);
  const child = Bun.spawn(["cat"], { stdin: held, stdout: Bun.file(stored), stderr: "ignore" });
  closeSync(held);
  return {
    pipe: path,
    stop: () => process.kill(child.pid, "SIGSTOP"),
    goOn: () => process.kill(child.pid, "SIGCONT"),
    text: () => readFileSync(stored, "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
