import { join } from "node:path";

/** A server in its own process, so that its work does not delay the measurement. */
export interface PortProcess {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `script` of this folder, which sends its port as its first message. Rejects if it ends before that. */
export async function startPortProcess(
  script: string,
  args: readonly string[] = [],
): Promise<PortProcess> {
  const started = Promise.withResolvers<number>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, script), ...args], {
    stdout: "inherit",
    stderr: "inherit",
    ipc: (port: number) => started.resolve(port),
    onExit: (_, code) => started.reject(new Error(`${script} ended with ${code}`)),
  });
  return {
    port: await started.promise,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}
