import { createLog, errorText } from "../../lib/log.ts";
import type { LogOutput } from "../../lib/log-output.ts";
import { startFailure } from "../../lib/start-failure.ts";

/** Exit status after an unexpected error; a service manager restarts the process. */
const EXIT_CRASHED = 1;

/** Exits once the log is written, or after a second. */
export function exitAfter(output: LogOutput): (status: number) => void {
  return (status) => void output.flush().then(() => process.exit(status));
}

/**
 * Ends the process with the returned function, and for every uncaught error: a problem that the operator can fix is
 * printed as one line, anything else is logged with its stack.
 */
export function endOnError(
  output: LogOutput,
  exit: (status: number) => void,
): (error: unknown) => void {
  const end = (error: unknown): void => {
    const failure = startFailure(error);
    if (failure === null) {
      const stack = error instanceof Error ? error.stack : undefined;
      createLog("error", output).error("crashed", { reason: errorText(error), stack });
    } else output.write(`${failure.message}\n`);
    exit(failure?.exitStatus ?? EXIT_CRASHED);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  return end;
}
